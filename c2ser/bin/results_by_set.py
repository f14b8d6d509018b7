"""Collect the scores of trainings in one table with a column per test set, and print it.

Examples:
  c2ser results_by_set --exp_dir exp/joint exp/without_urdu --output exp/RESULTS.md
  c2ser results_by_set --exp_dir exp/joint --published conf/published.yaml --output exp/RESULTS.md
"""

from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--exp_dir", nargs="+", required=True, help="experiment folder of each training")
    parser.add_argument("--published", type=Path, help="YAML file of published figures, which are put beside")
    parser.add_argument("--output", default="exp/RESULTS.md", help="the Markdown file")
    parser.add_argument("--command", help="what made the results, for the footer; by default this command line")


def run(args) -> None:
    from c2ser.scoring.by_set import read_published, write_by_set

    published = read_published(args.published) if args.published else []
    command_line = args.command or args.command_line
    print(write_by_set(args.exp_dir, args.output, published=published, command=command_line), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
