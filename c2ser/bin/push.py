"""Upload a packed model to the Hugging Face hub.

What goes there are the files that were packed, after their checksums and the card were checked, in one commit. With
--dry_run they are listed, and nothing is sent. HF_ENDPOINT names another hub; the token is that of `hf auth login`, or
HF_TOKEN.

Examples:
  c2ser push exp/packed someone/c2ser-emodb --dry_run
  c2ser push exp/packed someone/c2ser-emodb --private
"""

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("model", metavar="MODEL", help="folder of a packed model")
    parser.add_argument("repo_id", metavar="REPO_ID", help="name of the repository, such as someone/c2ser-emodb")
    parser.add_argument("--private", action="store_true", help="make a repository that only its owners see")
    parser.add_argument("--revision", help="branch of the repository; by default its main one")
    parser.add_argument("--dry_run", action="store_true", help="only list what would be uploaded")


def run(args) -> None:
    import logging

    from c2ser.packing.push import files_to_push, push

    if args.dry_run:
        for name, content in files_to_push(args.model, args.repo_id).items():
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            print(f"{size:>13,}  {name}")
    else:
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # each request of the library's client
        print(push(args.model, args.repo_id, private=args.private, revision=args.revision))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
