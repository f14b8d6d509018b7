"""Download a corpus from its site, unless it is already there.

Examples:
  c2ser download_corpus --corpus emodb --output_dir downloads/emodb
"""

from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--corpus", required=True, help="name of a corpus, such as emodb")
    parser.add_argument("--output_dir", required=True, type=Path, help="where the corpus goes")


def run(args) -> None:
    from c2ser.corpora import get_corpus
    from c2ser.corpora.common.preparation import download

    download(get_corpus(args.corpus), args.output_dir)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
