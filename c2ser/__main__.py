"""Train and use audio language models that recognise emotions in speech.

`c2ser COMMAND --help` shows the options of a command. `python -m c2ser.bin.COMMAND` is the same command.

Examples:
  c2ser infer --model exp/packed a.wav b.flac
  c2ser validate_data_dir data/train
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from c2ser.cli.command import split_doc
from c2ser.cli.index import GROUPS, command_names, summary


def main(argv: Sequence[str] | None = None) -> None:
    """Runs ``c2ser COMMAND ...``.

    Args:
        argv: the arguments; by default those of the process.

    Example:
        >>> main(["validate_data_dir", "data/train"])
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argument_parser()
    if not argv:
        parser.print_help(sys.stderr)
        sys.exit(2)
    if argv[0].startswith("-"):
        parser.parse_args(argv)
        parser.error("a command is missing")
    if argv[0] not in command_names():
        parser.error(unknown(argv[0]))
    importlib.import_module(f"c2ser.bin.{argv[0]}").main(argv[1:])


def argument_parser() -> argparse.ArgumentParser:
    """Returns the parser of what stands before a command."""
    description, examples = split_doc(__doc__)
    parser = argparse.ArgumentParser(
        prog="c2ser",
        usage="c2ser COMMAND ...",
        description=f"{description}\n\n{commands_text()}",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")
    return parser


class Version(argparse.Action):
    """Prints the version, which only this option needs to look up."""

    def __call__(self, parser: argparse.ArgumentParser, *_) -> None:
        from c2ser.version import __version__

        print(f"c2ser {__version__}")
        parser.exit()


def commands_text() -> str:
    """Returns the commands by group, one per line, with what each does."""
    width = max(map(len, command_names()))
    groups = (
        "\n".join([f"{title}:", *(f"  {name:{width}}  {summary(name)}" for name in names)])
        for title, names in GROUPS.items()
    )
    return "\n\n".join(groups)


def unknown(name: str) -> str:
    """Returns what to tell about a command that does not exist."""
    from difflib import get_close_matches

    near = get_close_matches(name, command_names(), n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else "`c2ser --help` lists all"
    return f"unknown command '{name}'; {advice}"


if __name__ == "__main__":
    main()
