"""Trains a linear classifier on frozen features and scores it on another set."""

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--train_dir", required=True, help="data directory to train on: its labelled utterances")
    parser.add_argument("--test_dir", required=True, help="data directory to score on")
    parser.add_argument(
        "--dev_dir", help="data directory to choose the regularisation on; without it folds of the training speakers"
    )
    parser.add_argument("--features", default="emotion2vec_s.scp", help="name of the scp file in each directory")
    parser.add_argument("--output_dir", required=True, help="where probe.safetensors, utt2emo and the scores go")
    args = parser.parse_args()
    from c2ser.probe.probe import probe_features
    from c2ser.scoring.score import result_text

    result = probe_features(args.train_dir, args.test_dir, args.features, args.output_dir, args.dev_dir)
    print(result_text(result), end="")


if __name__ == "__main__":
    run_command(main)
