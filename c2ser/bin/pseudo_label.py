"""Stage 3: labels an unlabelled set where a teacher that listens and a teacher that reads agree.

Without held-out labels (--held_out_dir) nobody knows how good the result is; report.txt tells what they say.
"""

import argparse
import logging
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    args = parse_arguments()

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
    logging.info("pseudo-labels:\n%s", report_text(report))


def label_set(args: argparse.Namespace) -> list[str]:
    from c2ser.emotions import EMOTIONS, read_emotions
    from c2ser.pseudo_label.teacher import read_labels

    if args.emotions:
        return read_emotions(args.emotions)
    found = set(read_labels(args.train_dir).values())
    return [emotion for emotion in EMOTIONS if emotion in found]


def acoustic_teacher(args: argparse.Namespace, emotions: list[str]):
    from c2ser.pseudo_label.acoustic import head_teacher, probe_teacher, statistics_teacher

    cache_dir, device = args.output_dir / "vectors", "cuda" if args.ngpu else "cpu"
    if args.acoustic == "statistics":
        return statistics_teacher(args.train_dir, cache_dir)
    if args.acoustic == "probe":
        return probe_teacher(args.train_dir, cache_dir, args.acoustic_model, device)
    return head_teacher(emotions, cache_dir, args.acoustic_model, device)


def text_teacher(args: argparse.Namespace, emotions: list[str]):
    from c2ser.lm.chat import load_chat_model
    from c2ser.pseudo_label.text import classifier_teacher, llm_teacher, read_prompts

    if args.text == "classifier":
        return classifier_teacher(args.train_dir)
    prompts = read_prompts(args.prompt)
    device = "cuda" if args.ngpu else "cpu"
    model = load_chat_model(args.llm, args.llm_url, cache_dir=args.output_dir / "answers", device=device)
    return llm_teacher(model, prompts, emotions)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--unlabelled_dir", required=True, type=Path, help="set of stage 2 to label")
    parser.add_argument("--output_dir", required=True, type=Path, help="becomes that set with utt2emo, and the report")
    parser.add_argument("--train_dir", type=Path, help="labelled set of stage 2, that teachers learn from")
    parser.add_argument("--held_out_dir", type=Path, help="labelled set of other speakers, only to report on")
    parser.add_argument("--reference", type=Path, help="table of true emotions of the unlabelled set, to report on")
    parser.add_argument("--emotions", type=Path, help="the label set's file; without it the emotions of --train_dir")
    parser.add_argument("--max_per_class", type=int, help="labels of an emotion at most, the surest; without it all")
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU")

    acoustic = parser.add_argument_group("the teacher that listens")
    acoustic.add_argument(
        "--acoustic",
        choices=("statistics", "probe", "head", "none"),
        default="statistics",
        help="logistic regression on statistics of the log-mel spectrogram, or on the vectors of --acoustic_model; the "
        "classes that --acoustic_model, an emotion2vec+, brings along; or none",
    )
    acoustic.add_argument("--acoustic_model", help="what extract_emotion2vec takes; a probe also what probe takes")
    acoustic.add_argument("--acoustic_threshold", type=float, default=0.5, help="confidence that its answer needs")

    text = parser.add_argument_group("the teacher that reads")
    text.add_argument(
        "--text",
        choices=("classifier", "llm", "none"),
        default="classifier",
        help="logistic regression on the characters of transcripts, a chat model that is asked, or none",
    )
    text.add_argument("--llm", help="hub id or folder of a chat model; with --llm_url the server's name for it")
    text.add_argument("--llm_url", help="of a server with OpenAI's interface, up to /v1")
    text.add_argument("--prompt", help="YAML file of what the chat model is asked, such as conf/text_teacher.yaml")
    text.add_argument("--text_threshold", type=float, default=0.5, help="confidence that its answer needs")

    args = parser.parse_args()
    if args.acoustic == args.text == "none":
        parser.error("--acoustic none and --text none leave no teacher")
    if args.train_dir is None and (args.acoustic in ("statistics", "probe") or args.text == "classifier"):
        parser.error("the teachers learn from --train_dir; give it")
    if args.train_dir is None and args.emotions is None:
        parser.error("give the label set, --emotions, or a --train_dir that has it")
    if args.acoustic in ("probe", "head") and args.acoustic_model is None:
        parser.error(f"--acoustic {args.acoustic} needs --acoustic_model")
    if args.text == "llm" and (args.llm is None or args.prompt is None):
        parser.error("--text llm needs --llm and --prompt")
    for name in ("acoustic_threshold", "text_threshold"):
        if not 0 <= getattr(args, name) <= 1:
            parser.error(f"--{name} {getattr(args, name)}: a probability, from 0 to 1")
    if args.max_per_class is not None and args.max_per_class < 1:
        parser.error(f"--max_per_class {args.max_per_class}: 1 or more")
    return args


if __name__ == "__main__":
    run_command(main)
