"""Label the utterances on which an acoustic and a text teacher agree.

Without held-out labels (--held_out_dir) the quality of the result is unknown; report.txt summarises what they show.

Examples:
  c2ser pseudo_label --unlabelled_dir dump/unlabelled --train_dir dump/train --output_dir dump/unlabelled_pseudo
  c2ser pseudo_label --unlabelled_dir dump/unlabelled --emotions data/emotions --output_dir out --acoustic head
      --acoustic_model emotion2vec_plus_large --text llm --llm Qwen/Qwen2.5-7B-Instruct --prompt conf/text_teacher.yaml
"""

import logging
from pathlib import Path

from c2ser.cli import UsageError, command, device, device_arguments, positive_int, probability

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--unlabelled_dir", type=Path, required=True, help="set to label, with audio and transcripts")
    parser.add_argument("--output_dir", type=Path, required=True, help="receives that set with utt2emo, and the report")
    parser.add_argument("--train_dir", type=Path, help="labelled set that the teachers learn from")
    parser.add_argument("--held_out_dir", type=Path, help="labelled set of other speakers, only to report on")
    parser.add_argument("--reference", type=Path, help="table of true emotions of the unlabelled set, to report on")
    parser.add_argument("--emotions", type=Path, help="the label set's file; by default the emotions of --train_dir")
    parser.add_argument(
        "--max_per_class",
        type=positive_int,
        help="limit per emotion, the most confident labels; by default all",
    )
    device_arguments(parser)
    acoustic_arguments(parser.add_argument_group("acoustic teacher"))
    text_arguments(parser.add_argument_group("text teacher"))


def acoustic_arguments(group) -> None:
    group.add_argument(
        "--acoustic",
        choices=("statistics", "probe", "head", "none"),
        default="statistics",
        help="logistic regression on statistics of the log-mel spectrogram, or on the vectors of --acoustic_model; the "
        "classifier that --acoustic_model, an emotion2vec+, includes; or none",
    )
    group.add_argument(
        "--acoustic_model", help="what extract_emotion2vec takes; for --acoustic probe also what probe takes"
    )
    group.add_argument("--acoustic_threshold", type=probability, default=0.5, help="minimum confidence of its answer")


def text_arguments(group) -> None:
    group.add_argument(
        "--text",
        choices=("classifier", "llm", "none"),
        default="classifier",
        help="logistic regression on the characters of transcripts, a prompted chat model, or none",
    )
    group.add_argument("--llm", help="hub id or folder of a chat model; with --llm_url the server's name for it")
    group.add_argument("--llm_url", help="address of a server with OpenAI's interface, up to /v1")
    group.add_argument("--prompt", help="YAML file of the chat model's prompts, such as conf/text_teacher.yaml")
    group.add_argument("--text_threshold", type=probability, default=0.5, help="minimum confidence of its answer")


def run(args) -> None:
    check_usage(args)

    from c2ser.pseudo_label.labelling import Panel, pseudo_label
    from c2ser.pseudo_label.report import report_text

    emotions = label_set(args)
    teachers, thresholds = {}, {}
    if args.acoustic != "none":
        teachers["acoustic"] = acoustic_teacher(args, emotions)
        thresholds["acoustic"] = args.acoustic_threshold
    if args.text != "none":
        teachers["text"] = text_teacher(args, emotions)
        thresholds["text"] = args.text_threshold
    report = pseudo_label(
        Panel(teachers, thresholds, emotions, args.max_per_class),
        args.unlabelled_dir,
        output_dir=args.output_dir,
        held_out_dir=args.held_out_dir,
        train_dir=args.train_dir,
        reference=args.reference,
    )
    logger.info("pseudo-labels:\n%s", report_text(report))


def check_usage(args) -> None:
    if args.acoustic == args.text == "none":
        raise UsageError("--acoustic none and --text none leave no teacher")
    if args.train_dir is None and (args.acoustic in ("statistics", "probe") or args.text == "classifier"):
        raise UsageError("these teachers learn from --train_dir; give it")
    if args.train_dir is None and args.emotions is None:
        raise UsageError("give the label set, --emotions, or a --train_dir that has it")
    if args.acoustic in ("probe", "head") and args.acoustic_model is None:
        raise UsageError(f"--acoustic {args.acoustic} needs --acoustic_model")
    if args.text == "llm" and (args.llm is None or args.prompt is None):
        raise UsageError("--text llm needs --llm and --prompt")


def label_set(args) -> list[str]:
    from c2ser.emotions import EMOTIONS, read_emotions
    from c2ser.pseudo_label.teacher import read_labels

    if args.emotions:
        return read_emotions(args.emotions)
    found = set(read_labels(args.train_dir).values())
    return [emotion for emotion in EMOTIONS if emotion in found]


def acoustic_teacher(args, emotions: list[str]):
    from c2ser.pseudo_label.acoustic import head_teacher, probe_teacher, statistics_teacher

    cache_dir = args.output_dir / "vectors"
    if args.acoustic == "statistics":
        return statistics_teacher(args.train_dir, cache_dir)
    if args.acoustic == "probe":
        return probe_teacher(args.train_dir, cache_dir, model=args.acoustic_model, device=device(args))
    return head_teacher(emotions, cache_dir, model=args.acoustic_model, device=device(args))


def text_teacher(args, emotions: list[str]):
    from c2ser.lm.chat import load_chat_model
    from c2ser.pseudo_label.text import classifier_teacher, llm_teacher
    from c2ser.systems.transcript import read_prompts

    if args.text == "classifier":
        return classifier_teacher(args.train_dir)
    prompts = read_prompts(args.prompt)
    chosen = "cpu" if args.llm_url else device(args)
    model = load_chat_model(args.llm, args.llm_url, cache_dir=args.output_dir / "answers", device=chosen)
    return llm_teacher(model, prompts, emotions=emotions)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
