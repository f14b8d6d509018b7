"""Answer the utterances of a data directory with an audio language model, in batches.

Writes text (the raw answers), utt2emo (the emotion found in each, or <invalid>) and, with --scores, utt2scores.
An interrupted command resumes when repeated.

Examples:
  c2ser alm_inference --model exp/alm_base_implicit --data_dir dump/test --output_dir exp/answers
  c2ser alm_inference --model exp/alm_base_implicit --checkpoint 9epoch --data_dir dump/test --output_dir exp/answers
  c2ser alm_inference --model exp/packed --data_dir dump/test --output_dir exp/answers --mode explicit --ngpu 1
  c2ser alm_inference --model exp/packed --data_dir dump/test --output_dir exp/answers --scores --constrained
  c2ser alm_inference --model exp/packed --data_dir data/test --output_dir out --features npy emotion2vec_s
  c2ser alm_inference --model exp/packed --data_dir dump/test --output_dir out --mode explicit --reasons measured
"""

from c2ser.cli import (
    answer_arguments,
    answer_options,
    audio_arguments,
    batch_arguments,
    batch_samples,
    checkpoint_argument,
    command,
    corpus_emotions_argument,
    device,
    device_arguments,
    features_arguments,
    given_features,
    journal_arguments,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="an experiment of alm_train, or a packed model")
    checkpoint_argument(parser)
    parser.add_argument(
        "--data_dir",
        required=True,
        help="data directory with emotion2vec_s.scp, or without it and --features; --reasons measured takes text or "
        "text_asr, and attributes where the model was packed with thresholds, otherwise attribute_levels",
    )
    parser.add_argument("--output_dir", required=True, help="where text, utt2emo and utt2scores go")
    parser.add_argument(
        "--scores",
        action="store_true",
        help="write utt2scores, the probability of each emotion; with --mode explicit, given the reasons",
    )
    corpus_emotions_argument(parser)
    answer_arguments(parser)
    features_arguments(parser, name="the utterance")
    audio_arguments(parser)
    journal_arguments(parser, default="answers/1.jsonl")
    batch_arguments(parser, seconds=120)
    device_arguments(parser)


def run(args) -> None:
    options = answer_options(args)

    from c2ser.systems.inference import answer_data_dir
    from c2ser.systems.recognizer import load_recognizer

    options |= {"scores": args.scores, "checkpoint": args.checkpoint}
    recognizer = load_recognizer("c2ser", args.model, device=device(args), **options)
    answer_data_dir(
        recognizer,
        args.data_dir,
        output_dir=args.output_dir,
        mode=args.mode,
        batch_samples=batch_samples(args),
        features=given_features(args, recognizer.model.config.acoustic_width),
        language=args.language,
        corpus_emotions=args.corpus_emotions,
        journal=args.journal,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
