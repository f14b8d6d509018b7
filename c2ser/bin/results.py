"""Collect all scores of a recipe's experiments in one Markdown file, and print it.

Examples:
  c2ser results --exp_dir exp --output exp/RESULTS.md
  c2ser results --exp_dir exp/seed1 exp/seed2 exp/seed3 --output exp/RESULTS.md
  c2ser results --exp_dir exp/fold1 exp/fold2 --output exp/RESULTS.md --command ./run.sh
"""

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--exp_dir", nargs="+", default=["exp"], help="experiment folder, or one per fold and seed")
    parser.add_argument("--output", default="exp/RESULTS.md", help="the Markdown file")
    parser.add_argument("--command", help="what made the results, for the footer; by default this command line")


def run(args) -> None:
    from c2ser.scoring.results import write_results

    print(write_results(args.exp_dir, args.output, command=args.command or args.command_line), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
