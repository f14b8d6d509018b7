"""Find audio, speakers and sentences of test sets in the sets that are trained on.

Audio is compared by its samples, so that a copy under another name, with another header or as FLAC is found. Audio of a
test set in what is trained on is an error; the rest is reported. leaks.txt has the report and leaks.json its figures;
one line per test set is printed.

Examples:
  c2ser check_leaks --train_dirs dump/train --dev_dir dump/dev --test_dirs dump/test --output_dir dump
  c2ser check_leaks --train_dirs data/train --test_dirs data/test --output_dir leaks --speakers_apart
"""

from pathlib import Path

from c2ser.cli import command, pipe_arguments


def add_arguments(parser) -> None:
    parser.add_argument("--train_dirs", required=True, nargs="+", type=Path, help="sets that are trained on")
    parser.add_argument("--dev_dir", type=Path, help="the set that chooses models")
    parser.add_argument("--test_dirs", required=True, nargs="+", type=Path, help="sets to report")
    parser.add_argument(
        "--output_dir", required=True, type=Path, help="where the report goes, and hashes of sets that have none yet"
    )
    parser.add_argument(
        "--allow_same_audio", action="store_true", help="report audio of a test set in a training set, do not stop"
    )
    parser.add_argument(
        "--speakers_apart", action="store_true", help="stop if speakers of a test set are in a training set, or unknown"
    )
    parser.add_argument("--skip_bad", action="store_true", help="leave out utterances whose audio cannot be used")
    pipe_arguments(parser)


def run(args) -> None:
    import json

    from c2ser.data.audio_hash import audio_hashes
    from c2ser.data.files import atomic_write
    from c2ser.data.leaks import REPORT, find_leaks
    from c2ser.errors import InputError

    def hashes(directory: Path):
        journal = args.output_dir / "audio_hashes" / f"{directory.name}.jsonl"
        return audio_hashes(directory, journal=journal, skip_bad=args.skip_bad, allow_pipe=args.allow_pipe)

    leaks = find_leaks(args.train_dirs, args.test_dirs, dev_dir=args.dev_dir, hashes=hashes)
    report = "".join(f"{line}\n" for line in leaks.lines())
    for name, text in ("leaks.txt", report), (REPORT, json.dumps(leaks.as_json(), indent=2) + "\n"):
        with atomic_write(args.output_dir / name) as file:
            file.write(text)
    print(*leaks.summary(), sep="\n")
    errors = leaks.errors(same_audio=args.allow_same_audio, same_speakers=not args.speakers_apart)
    if errors:
        option = "" if errors[0].startswith("speakers") else "; leave these utterances out, or --allow_same_audio"
        raise InputError(f"{args.output_dir / 'leaks.txt'}: {errors[0]}{option}")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
