"""Recognize the emotions of a data directory with a classifier or another system.

Writes utt2emo, utt2scores and text (what the system said), as alm_inference does, for score, calibration, faithfulness
and results: what is in exp/NAME/inference_KIND/SET is a row of the table. An interrupted command resumes.

Examples:
  c2ser recognize --system classifier --model exp/wavlm_finetuned --data_dir dump/test
      --output_dir exp/wavlm_finetuned/inference_finetuned/test
"""

from c2ser.cli import (
    audio_arguments,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
    journal_arguments,
)

SYSTEMS = {"classifier": "what finetune trained"}


def add_arguments(parser) -> None:
    models = "; ".join(f"{name}: {what}" for name, what in SYSTEMS.items())
    parser.add_argument("--system", choices=sorted(SYSTEMS), required=True, help="what recognizes")
    parser.add_argument("--model", required=True, help=f"of the system. {models}")
    parser.add_argument("--data_dir", required=True, help="data directory to answer")
    parser.add_argument("--output_dir", required=True, help="where utt2emo, utt2scores and text go")
    parser.add_argument(
        "--corpus_emotions",
        help="label sets of corpora, one '<corpus> <emotion> <emotion> ...' per line: an utterance is answered with an "
        "emotion of its corpus (utt2corpus)",
    )
    audio_arguments(parser)
    journal_arguments(parser, default="answers/1.jsonl")
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    from c2ser.systems.inference import answer_data_dir
    from c2ser.systems.recognizer import load_recognizer

    answer_data_dir(
        load_recognizer(args.system, args.model, device=device(args)),
        args.data_dir,
        output_dir=args.output_dir,
        mode="implicit",
        batch_samples=batch_samples(args),
        corpus_emotions=args.corpus_emotions,
        journal=args.journal,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
