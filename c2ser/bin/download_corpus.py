"""Downloads a corpus from its site, unless it is there."""

from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.corpora import corpus
from c2ser.errors import InputError


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--corpus", required=True, help="the name of its module in c2ser/corpora")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the corpus goes")
    args = parser.parse_args()
    module = corpus(args.corpus)
    if not hasattr(module, "download"):
        raise InputError(f"{args.corpus} has no public download; see {module.__file__} for where it comes from")
    module.download(args.output_dir)


if __name__ == "__main__":
    run_command(main)
