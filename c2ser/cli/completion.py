"""Completion of commands and options in a shell."""

import argparse

import shtab

from c2ser.cli.index import SHORT, TRAININGS, command_module, command_names, summary


def completion_script(shell: str) -> str:
    """Returns a script that a shell reads to complete ``c2ser``.

    Args:
        shell: ``bash`` or ``zsh``.

    Example:
        >>> "--num_beams" in completion_script("bash")
        True
    """
    parser = argparse.ArgumentParser(prog="c2ser", description="audio language models that recognise emotions")
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers()
    for name in (*SHORT, *command_names()):
        command = commands.add_parser(name, help=summary(SHORT.get(name, name)))
        if name not in TRAININGS:
            command_module(name).add_arguments(command)
            _complete_paths(command)
    return shtab.complete(parser, shell=shell)


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    """Lets values that are free text be completed as paths, which most of them are."""
    for action in parser._actions:
        if action.nargs != 0 and action.choices is None:
            action.complete = shtab.FILE
