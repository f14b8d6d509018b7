"""Collects all scores of a recipe's experiments into one Markdown file, and prints it."""

import shlex
import sys

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--exp_dir", nargs="+", default=["exp"], help="experiment folder, or one a fold")
    parser.add_argument("--output", default="exp/RESULTS.md", help="the Markdown file")
    parser.add_argument("--command", help="what made the results, for the footer; without it this command line")
    args = parser.parse_args()
    from c2ser.scoring.results import write_results

    own_command = shlex.join(["python", "-m", "c2ser.bin.results", *sys.argv[1:]])
    print(write_results(args.exp_dir, args.output, args.command or own_command), end="")


if __name__ == "__main__":
    run_command(main)
