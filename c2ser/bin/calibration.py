"""Measure how far the probabilities of a system can be trusted.

Takes what alm_inference --scores and probe write: calibration error, Brier score, likelihood, whether confidence tells
right from wrong, and how much is wrong among the most confident answers. With a dev set a temperature is fitted.

Examples:
  c2ser calibration --ref dump/test/utt2emo --scores out/utt2scores --output_dir out/calibration
  c2ser calibration --ref dump/test/utt2emo --scores out/test/utt2scores --dev_ref dump/dev/utt2emo
      --dev_scores out/dev/utt2scores --error_rate 0.1 --output_dir out/calibration
"""

from pathlib import Path

from c2ser.cli import UsageError, command, positive_int, probability


def add_arguments(parser) -> None:
    parser.add_argument("--ref", required=True, help="true emotions: <utt> <emotion> per line")
    parser.add_argument("--scores", required=True, help="<utt> <emotion>=<probability> ... per line")
    parser.add_argument("--dev_ref", help="true emotions of a dev set, on which a temperature is fitted")
    parser.add_argument("--dev_scores", help="probabilities of the dev set")
    parser.add_argument("--output_dir", required=True, help="where result.json, result.txt and reliability.png go")
    parser.add_argument("--num_bins", type=positive_int, default=15, help="bins of the calibration error")
    parser.add_argument(
        "--error_rate",
        type=probability,
        help="answer with sets of emotions, of which at most this share may lack the true one (conformal prediction, "
        "by the dev set)",
    )


def run(args) -> None:
    if bool(args.dev_ref) != bool(args.dev_scores):
        raise UsageError("--dev_ref and --dev_scores go together")
    if args.error_rate is not None and not args.dev_ref:
        raise UsageError("--error_rate needs a dev set; give --dev_ref and --dev_scores")

    from c2ser.data.commands import note_command
    from c2ser.scoring.calibration_files import measure_calibration
    from c2ser.scoring.calibration_text import calibration_text

    result = measure_calibration(
        args.ref,
        args.scores,
        output_dir=args.output_dir,
        dev_ref=args.dev_ref,
        dev_scores=args.dev_scores,
        num_bins=args.num_bins,
        error_rate=args.error_rate,
    )
    note_command(args.output_dir, args.command_line, data_dir=Path(args.ref).parent)
    print(calibration_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
