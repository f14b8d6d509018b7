"""Recognise the emotion of audio files with a packed model.

Prints file, emotion and answer, separated by tabs, for each file, in the order given. Files of similar length are
answered together. A file that cannot be used is named on stderr; the others are still answered, and the command exits
with 1.

Examples:
  c2ser infer --model exp/packed a.wav b.flac
  c2ser infer --model exp/packed --mode explicit --ngpu 1 a.wav
  c2ser infer --model exp/packed --language en a.wav
  c2ser infer --model exp/packed --mode explicit --reasons measured --asr openai/whisper-base a.wav
  c2ser infer --model exp/packed --num_beams 4 --repetition_penalty 1.05 a.wav
  c2ser infer --model exp/packed --mode explicit --prompt "Describe the speaker's voice." a.wav
"""

import sys

from c2ser.cli import (
    UsageError,
    answer_arguments,
    answer_options,
    batch_arguments,
    batch_samples,
    command,
    device,
    device_arguments,
    features_arguments,
    given_features,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="folder of a packed model, or its id on the Hugging Face hub")
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="files that libsndfile or ffmpeg reads")
    answer_arguments(parser)
    parser.add_argument(
        "--asr",
        metavar="MODEL",
        help="hub id or folder of a Whisper that recognises the words of measured reasons; by default the one that the "
        "packed model has the encoder of, if that has a hub id; without any, words and speaking rate are left out",
    )
    features_arguments(parser, name="the file's name without suffix")
    batch_arguments(parser, seconds=60)
    device_arguments(parser)


def run(args) -> None:
    options = answer_options(args)
    if args.asr and args.reasons != "measured":
        raise UsageError("--asr recognises the words of measured reasons; give --reasons measured")

    from c2ser import C2SER
    from c2ser.emotions import INVALID
    from c2ser.errors import InputError

    model = C2SER.from_pretrained(args.model, asr=args.asr, **options).to(device(args))
    features = given_features(args, model.emotion2vec.dim)
    recognitions = model.recognize_files(
        args.audio, args.mode, batch_samples=batch_samples(args), features=features, language=args.language
    )
    failed = False
    for path, recognition in zip(args.audio, recognitions, strict=True):
        if isinstance(recognition, InputError):
            print(f"error: {recognition}", file=sys.stderr)
            failed = True
        else:
            text = " ".join(recognition.text.split())  # no tab or line break, which separate columns and rows
            print(path, recognition.emotion or INVALID, text, sep="\t", flush=True)
    if failed:
        sys.exit(1)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
