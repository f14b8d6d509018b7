"""How a command starts and ends: its help from a docstring, its errors as one line on stderr, its exit code.

A command exits with 0, with 1 where something went wrong, with 2 for wrong usage, with 3 where it is done but left out
inputs that cannot be used, and with 130 after Ctrl-C.
"""

import argparse
import logging
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from c2ser.cli.memory import bound_shape_caches, reuse_freed_memory
from c2ser.errors import C2SERError, one_line_errors

AddArguments = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], None]
Main = Callable[[Sequence[str] | None], None]

BIN = Path(__file__).resolve().parents[1] / "bin"
EXAMPLES = "Examples:\n"


class UsageError(C2SERError):
    """Options that do not go together: the command prints its usage and the message, and exits with 2."""


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the docstring and shows the defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        silent = action.default is None or action.default is False or action.default == []
        return action.help if silent else super()._get_help_string(action)


def argument_parser(prog: str, doc: str, *, add_arguments: AddArguments) -> argparse.ArgumentParser:
    """Returns the parser of a command.

    Args:
        prog: how a user calls it, such as ``c2ser infer``.
        doc: docstring of its module: the description, and a section "Examples:" that ends the help.
        add_arguments: adds its options to a parser.
    """
    description, epilog = split_doc(doc)
    parser = argparse.ArgumentParser(prog=prog, description=description, epilog=epilog, formatter_class=HelpFormatter)
    add_arguments(parser)
    return parser


def split_doc(doc: str) -> tuple[str, str | None]:
    """Divides the docstring of a command into its description and its examples."""
    description, found, examples = doc.partition(EXAMPLES)
    return description.strip(), found + examples.rstrip() if found else None


def command(doc: str, add_arguments: AddArguments, *, run: Run) -> Main:
    """Returns the ``main(argv=None)`` of a command; without ``argv`` it takes the arguments of the process.

    Args:
        doc: see `argument_parser`.
        add_arguments: adds the options to a parser; it imports nothing heavy, so that help is fast.
        run: does the work; heavy imports stand here. Beside the options, ``args.command_line`` is what a user would
            type to repeat the run.

    Example:
        >>> main = command(__doc__, add_arguments, run=run)  # doctest: +SKIP
    """
    prog, program = program_names(Path(run.__code__.co_filename))

    def main(argv: Sequence[str] | None = None) -> None:
        argv = sys.argv[1:] if argv is None else argv
        parser = argument_parser(prog, doc, add_arguments=add_arguments)
        args = parse(parser, argv)
        args.command_line = shlex.join([*program, *argv])
        log_to_stderr()
        bound_shape_caches()
        with one_line_errors():
            try:
                run(args)
            except UsageError as error:
                parser.error(str(error))

    return main


def parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """Parses arguments of which options may stand between the others; what comes after ``--`` is no option.

    Args:
        parser: of a command.
        argv: the arguments.
    """
    return parser.parse_args(argv) if "--" in argv else parser.parse_intermixed_args(argv)


def program_names(path: Path) -> tuple[str, list[str]]:
    """Returns how the help calls the command in a file, and the words that start it from a checkout."""
    if path.resolve().parent != BIN:  # a tool
        return path.name, [path.name]
    return f"c2ser {path.stem}", ["python", "-m", f"c2ser.bin.{path.stem}"]


def training_command(doc: str, load_task: Callable[[], type]) -> Main:
    """Returns the ``main(argv=None)`` of a training, whose options are those of an ESPnet task.

    Args:
        doc: see `argument_parser`.
        load_task: imports the task and returns it.
    """
    prog, _ = program_names(Path(load_task.__code__.co_filename))

    def main(argv: Sequence[str] | None = None) -> None:
        from c2ser.signals import listen

        listen(signal.SIGUSR1)  # before the task, which takes seconds to import
        log_to_stderr()
        reuse_freed_memory()
        with one_line_errors():
            task = load_task()
            parser = task.get_parser()
            parser.prog = prog
            parser.description, parser.epilog = split_doc(doc)
            task.main(parser.parse_args(argv))

    return main


def log_to_stderr() -> None:
    """Sends what is logged to stderr, with time and level."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
