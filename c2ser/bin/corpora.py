"""Show what c2ser knows of corpora: a table of all, or all facts of one.

Sizes are those of EmoBox's metadata where EmoBox has the corpus. Speakers are unknown where neither paths nor tables
tell who speaks; the number in brackets is what the corpus says of itself.

Examples:
  c2ser corpora
  c2ser corpora casia
  c2ser corpora --format markdown
"""

from c2ser.cli import command

FORMATS = ("text", "markdown", "json")


def add_arguments(parser) -> None:
    parser.add_argument("name", nargs="?", help="a corpus; by default all")
    parser.add_argument("--format", choices=FORMATS, default="text", help="of the output")


def run(args) -> None:
    import json

    from c2ser.corpora import corpus_names
    from c2ser.corpora.common.catalogue import HEADER, NUM_TEXTS, as_json, corpora_table, facts, text_table
    from c2ser.scoring.tables import markdown_table

    if args.format == "json":
        found = as_json(args.name) if args.name else [as_json(name) for name in corpus_names()]
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif args.name is None:
        rows = corpora_table()
        print(
            text_table(rows) if args.format == "text" else markdown_table(HEADER, rows, text_columns=NUM_TEXTS), end=""
        )
    elif args.format == "markdown":
        rows = [(key, " ".join(value.split())) for key, value in facts(args.name).items()]
        print(markdown_table(("fact", args.name), rows, text_columns=2), end="")
    else:
        known = facts(args.name)
        notes = known.pop("notes")
        width = max(map(len, known)) + 2
        for key, value in known.items():
            print(f"{key}:".ljust(width) + value)
        print(f"\n{notes}")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
