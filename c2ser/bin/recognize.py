"""Recognize the emotions of a data directory with a classifier or another system.

Writes utt2emo, utt2scores and text (what the system said), as alm_inference does, for score, calibration, compare and
results: what is in exp/NAME/inference_KIND/SET is a row of the table, under which system.json is told. The systems
text and chat see the transcripts alone (text, or text_asr as transcribe writes it): what words tell without the voice.
An interrupted command resumes.

Examples:
  c2ser recognize --system classifier --model exp/wavlm_finetuned --data_dir dump/test
      --output_dir exp/wavlm_finetuned/inference_finetuned/test
  c2ser recognize --system emotion2vec_plus --model emotion2vec_plus_large --emotions data/emotions --ngpu 1
      --data_dir dump/test --output_dir exp/emotion2vec_plus_large/inference_head/test
  c2ser recognize --system sensevoice --model SenseVoiceSmall --emotions data/emotions --data_dir dump/test
      --output_dir exp/sensevoice/inference_tags/test
  c2ser recognize --system text --model dump/train --data_dir dump/test --output_dir exp/words/inference_text/test
  c2ser recognize --system chat --model Qwen/Qwen2-7B-Instruct --prompt egs/TEMPLATE/conf/text_teacher.yaml
      --emotions data/emotions --data_dir dump/test --output_dir exp/qwen2/inference_text/test
  c2ser recognize --system qwen2_audio --model Qwen/Qwen2-Audio-7B-Instruct --prompt egs/TEMPLATE/conf/qwen2_audio.yaml
      --emotions data/emotions --data_dir dump/test --output_dir exp/qwen2_audio/inference_zero_shot/test --ngpu 1
"""

from c2ser.cli import (
    UsageError,
    audio_arguments,
    batch_arguments,
    batch_samples,
    command,
    corpus_emotions_argument,
    device,
    device_arguments,
    journal_arguments,
)

SYSTEMS = {
    "audio_chat": "what audio_chat_train trained",
    "classifier": "what finetune trained",
    "emotion2vec_plus": "what extract_emotion2vec takes, with a classifier",
    "sensevoice": "folder of SenseVoiceSmall; needs FunASR",
    "text": "a data directory with transcripts, on which a classifier of words is trained",
    "qwen2_audio": "hub id or folder of a Qwen2-Audio",
    "qwen2_5_omni": "hub id or folder of a Qwen2.5-Omni",
    "chat": "hub id or folder of a chat model, or with --llm_url the server's name for it",
}
# Options that a system needs, and those that it may have, beside --model; it has no others of OPTIONS.
OPTIONS = ("emotions", "prompt", "llm_url")
NEEDED = {
    "chat": ("emotions", "prompt"),
    "emotion2vec_plus": ("emotions",),
    "qwen2_5_omni": ("emotions", "prompt"),
    "qwen2_audio": ("emotions", "prompt"),
    "sensevoice": ("emotions",),
}
OPTIONAL = {"chat": ("llm_url",)}


def add_arguments(parser) -> None:
    models = "; ".join(f"{name}: {what}" for name, what in SYSTEMS.items())
    parser.add_argument("--system", choices=sorted(SYSTEMS), required=True, help="what recognizes")
    parser.add_argument("--model", required=True, help=f"of the system. {models}")
    parser.add_argument("--data_dir", required=True, help="data directory to answer")
    parser.add_argument("--output_dir", required=True, help="where utt2emo, utt2scores, text and system.json go")
    corpus_emotions_argument(parser)
    chosen = parser.add_argument_group("of systems that do not know the label set")
    chosen.add_argument("--emotions", help=f"the label set's file; of {', '.join(NEEDED)}")
    chosen.add_argument(
        "--prompt",
        help="YAML file: of chat the prompt in each language, as conf/text_teacher.yaml; of qwen2_audio prompt and "
        "words of answers, as conf/qwen2_audio.yaml; of qwen2_5_omni the same, as conf/qwen2_5_omni.yaml",
    )
    chosen.add_argument("--llm_url", help="of chat: address of a server with OpenAI's interface, up to /v1")
    audio_arguments(parser)
    journal_arguments(parser, default="answers/1.jsonl")
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    check_options(args)
    options = system_options(args)

    from c2ser.data.commands import note_command
    from c2ser.scoring.origins import Origin, write_origin
    from c2ser.systems.inference import answer_data_dir
    from c2ser.systems.recognizer import SEEN, TRANSCRIPT, load_recognizer

    origin = Origin(args.system, args.model, seen=SEEN.get(args.system, ""))
    origin = origin.with_file(args.prompt) if args.prompt else origin
    recognizer = load_recognizer(args.system, args.model, device=device(args), **options)
    if TRANSCRIPT in recognizer.needs:
        check_transcripts(args.data_dir)
    answer_data_dir(
        recognizer,
        args.data_dir,
        output_dir=args.output_dir,
        mode="implicit",
        batch_samples=batch_samples(args),
        corpus_emotions=args.corpus_emotions,
        journal=args.journal,
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )
    note_command(args.output_dir, args.command_line, data_dir=args.data_dir)
    write_origin(args.output_dir, origin)


def check_options(args) -> None:
    needed = NEEDED.get(args.system, ())
    if not all(getattr(args, name) for name in needed):
        raise UsageError(f"--system {args.system} needs {' and '.join(f'--{name}' for name in needed)}")
    known = (*needed, *OPTIONAL.get(args.system, ()))
    if outside := [name for name in OPTIONS if getattr(args, name) and name not in known]:
        raise UsageError(f"--{outside[0]} is not for --system {args.system}")


def system_options(args) -> dict:
    """Keywords of the system's class."""
    options = {}
    if args.emotions:
        from c2ser.emotions import read_emotions

        options["emotions"] = read_emotions(args.emotions)
    if args.system in ("qwen2_audio", "qwen2_5_omni"):
        from c2ser.systems.questions import read_question

        options["question"] = read_question(args.prompt)
    if args.system == "chat":
        from c2ser.systems.transcript import read_prompts

        options |= {"prompts": read_prompts(args.prompt), "url": args.llm_url, "cache_dir": f"{args.output_dir}/chat"}
    return options


def check_transcripts(data_dir: str) -> None:
    from c2ser.data.transcripts import read_texts
    from c2ser.errors import InputError

    if not read_texts(data_dir):
        raise InputError(f"{data_dir}: no transcript in text or text_asr; add some, or make them with c2ser transcribe")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
