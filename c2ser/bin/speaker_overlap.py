"""Show which of EmoBox's folds have the same speakers in train and test, for all corpora.

It reads EmoBox's metadata only, no audio. Speakers are those that c2ser finds in paths and names of files; where these
do not tell, they are unknown.

Examples:
  c2ser speaker_overlap --metadata_dir EmoBox/data
  c2ser speaker_overlap --metadata_dir EmoBox/data --output speakers.md --json speakers.json
"""

from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument(
        "--metadata_dir", required=True, type=Path, help="EmoBox's folder data, or that of one corpus in it"
    )
    parser.add_argument("--output", type=Path, help="also write the table, as Markdown, to this file")
    parser.add_argument("--json", type=Path, help="also write the figures of each fold, as JSON, to this file")


def run(args) -> None:

    from c2ser.corpora.emobox.speakers import HEADER, read_overlaps
    from c2ser.data.files import atomic_write, write_json
    from c2ser.scoring.tables import markdown_table

    overlaps = read_overlaps(args.metadata_dir)
    table = markdown_table(HEADER, [overlap.cells() for overlap in overlaps])
    print(table, end="")
    if args.output:
        with atomic_write(args.output) as file:
            file.write(table)
    if args.json:
        write_json(args.json, [overlap.as_json() for overlap in overlaps])


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
