"""Show all that was measured of experiments on one page, with audio.

Systems with intervals, floors and ceiling, groups, confusion, stability, calibration, interventions, reasons,
embeddings, the most confident errors and utterances drawn at random. What was not measured is a line with the command
that does. The page is one HTML file, which needs neither network nor other files.

Examples:
  c2ser report exp
  c2ser report exp/fold1 exp/fold2 exp/fold3 --output report.html --samples 40
  c2ser report exp/alm_base_implicit exp/alm_base_implicit_stability --dump_dir dump
"""

from c2ser.cli import command, non_negative_int


def add_arguments(parser) -> None:
    parser.add_argument(
        "exp_dir",
        nargs="+",
        help="experiment folders, below which all results are found; those whose names differ in numbers alone are "
        "folds or seeds, and are scored together",
    )
    parser.add_argument("--output", help="the page; by default report.html in the first folder")
    parser.add_argument(
        "--samples", type=non_negative_int, default=24, help="utterances to listen to, half of them the worst errors"
    )
    parser.add_argument("--dump_dir", help="folder of the data directories, where it is not found by itself")


def run(args) -> None:
    from c2ser.report.page import write_report

    print(
        write_report(args.exp_dir, args.output, samples=args.samples, dump_dir=args.dump_dir, command=args.command_line)
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
