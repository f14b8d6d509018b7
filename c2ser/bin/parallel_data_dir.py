"""Run a command on the parts of a data directory in parallel and merge what they write.

In the command, {input} and {output} are the directories of a part, and {job} is its number.

Examples:
  c2ser parallel_data_dir --data_dir data/train --output_dir dump/train --nj 4 --name attributes --merge all --
      python -m c2ser.bin.extract_attributes --data_dir {input} --output_dir {output}
"""

import shlex
import sys
from pathlib import Path

from c2ser.cli import command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, type=Path, help="the set")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the jobs work and tables are merged")
    parser.add_argument("--nj", required=True, type=positive_int, help="number of jobs; at most one per utterance")
    parser.add_argument("--launcher", default="run.py", help="program that starts the jobs, with its options")
    parser.add_argument("--name", required=True, help="the logs are log/NAME.<job>.log in --output_dir")
    parser.add_argument("--merge", nargs="+", metavar="TABLE", help="tables to merge, or all; without it none")
    parser.add_argument("--keep_split", action="store_true", help="use the parts of an earlier call with the same --nj")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what each job runs; follows --")


def run(args) -> None:
    from c2ser.data.parallel import ParallelJobs

    jobs = ParallelJobs(args.data_dir, args.output_dir, num_jobs=args.nj)
    if not args.keep_split:
        jobs.split()
    code = jobs.launch(shlex.split(args.launcher), args.name, command=args.command)
    if code != 0:
        sys.exit(code)
    if args.merge:
        jobs.merge(None if args.merge == ["all"] else args.merge)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
