"""Collect all scores of a recipe's experiments in one Markdown file, and print it.

Examples:
  c2ser results --exp_dir exp --output exp/RESULTS.md
  c2ser results --exp_dir exp/seed1 exp/seed2 exp/seed3 --output exp/RESULTS.md
  c2ser results --exp_dir exp/fold1 exp/fold2 --output exp/RESULTS.md --command ./run.sh
  c2ser results --exp_dir exp --not_run 'Qwen2-Audio-7B-Instruct/zero_shot=c2ser recognize --system qwen2_audio ...'
"""

from argparse import ArgumentTypeError

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--exp_dir", nargs="+", default=["exp"], help="experiment folder, or one per fold and seed")
    parser.add_argument("--output", default="exp/RESULTS.md", help="the Markdown file")
    parser.add_argument("--command", help="what made the results, for the footer; by default this command line")
    parser.add_argument(
        "--not_run",
        nargs="+",
        default=[],
        type=not_run,
        metavar="MODEL/MODE=COMMAND",
        help="systems that have a row in any case: without figures, and with this command, where they were not scored",
    )


def not_run(text: str) -> tuple[str, str, str]:
    """Type of an option: model, mode and command of a system."""
    system, _, command_line = text.partition("=")
    model, _, mode = system.partition("/")
    if not (model and mode and command_line):
        raise ArgumentTypeError(f"'{text}' is not MODEL/MODE=COMMAND")
    return model, mode, command_line


def run(args) -> None:
    from c2ser.scoring.results import write_results

    command_line = args.command or args.command_line
    print(write_results(args.exp_dir, args.output, command=command_line, not_run=args.not_run), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
