"""Train and use audio language models that recognise emotions in speech.

`c2ser COMMAND --help` shows the options of a command. `python -m c2ser.bin.COMMAND` is the same command.

Examples:
  c2ser infer --model exp/packed recordings/ --output answers.tsv
  c2ser extract --model emotion2vec_s recordings/ --output_dir features
  c2ser check data/train data/test
  c2ser score --ref data/test/utt2emo --hyp exp/answers/utt2emo --output_dir exp/answers/score
"""

import argparse
import shutil
import sys
import textwrap
from collections.abc import Sequence

from c2ser.cli.command import split_doc
from c2ser.cli.index import GROUPS, SHORT, command_module, command_names, summary


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
    if argv[0] not in (*command_names(), *SHORT):
        parser.error(unknown(argv[0]))
    command_module(argv[0]).main(argv[1:])


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
    """Returns the commands by group, with what each does."""
    groups = {"short names": SHORT, **{title: {name: name for name in names} for title, names in GROUPS.items()}}
    parts = ("\n".join([f"{title}:", *map(command_text, names.items())]) for title, names in groups.items())
    return "\n\n".join(parts)


def command_text(names: tuple[str, str]) -> str:
    """Returns the lines about a command, as wide as the terminal.

    Args:
        names: the command's short name, or its name, and its name.
    """
    short, name = names
    start = f"  {short:{max(map(len, command_names()))}}  "
    what = summary(name) if short == name else f"{name}: {summary(name)}"
    width = max(60, shutil.get_terminal_size().columns - 2)
    return textwrap.fill(start + what, width, subsequent_indent=" " * len(start), break_on_hyphens=False)


def unknown(name: str) -> str:
    """Returns what to tell about a command that does not exist."""
    from difflib import get_close_matches

    near = get_close_matches(name, [*command_names(), *SHORT], n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else "`c2ser --help` lists all"
    return f"unknown command '{name}'; {advice}"


if __name__ == "__main__":
    main()
