"""Commands in blocks of bash: what they are, and whether their options exist."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

from c2ser.cli.command import argument_parser
from c2ser.cli.index import SHORT, TRAININGS, command_names
from helpers.paths import ROOT

OPERATORS = {";", "&&", "||", "|", "&", "(", ")"}
REDIRECTION = re.compile(r" [<>]>? *\S+")
KEYWORDS = {"do", "then", "else", "done", "fi", "for", "if"}
# Programs of others, whose options are not ours to check.
OTHERS = {"pip", "cd", "export", ".", "hf", "sbatch", "apptainer", "docker", "curl", "mkdocs", "uv", "torchrun"}
OTHERS |= {"ls", "find", "mkdir", "cat", "echo"}


def commands(text: str) -> list[list[str]]:
    """Returns the simple commands of a block, as words."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(REDIRECTION.sub("", line), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = []
        for word in [*lexer, ";"]:
            if word in OPERATORS:
                found.append(words)
                words = []
            elif not (word in KEYWORDS and not words):
                words.append(word)
    return [words for words in found if words and words[1:2] != ["in"]]  # of a loop: NAME in ...


def check(words: list[str], recipe: str) -> None:
    """Fails where a command, its script or one of its options does not exist.

    Args:
        words: the command.
        recipe: whose ``./run.sh`` is meant without ``--recipe``.
    """
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
        if not words:
            return
    program, *arguments = words
    if program == "c2ser":
        check_command(arguments)
    elif program == "python" and arguments[:1] == ["-m"]:
        if arguments[1].startswith("c2ser.bin."):
            check_command([arguments[1].removeprefix("c2ser.bin."), *arguments[2:]])
        else:
            assert arguments[1] in ("pytest", "http.server"), words
    elif program in ("python", "tools/venv/bin/python"):
        check_script(arguments, recipe)
    elif Path(program).name == "pip":
        assert arguments[0] == "install", words
    elif "/" in program:
        check_script(words, recipe)
    else:
        assert program in OTHERS, f"{shlex.join(words)}: unknown program"


def check_command(words: list[str]) -> None:
    """Parses the words of a command of ours by its own parser."""
    name, *arguments = words
    if name.startswith("-"):
        return
    name = SHORT.get(name, name)
    assert name in command_names(), f"no command c2ser {name}"
    if name not in TRAININGS and not {"--help", "-h"} & set(arguments):
        parser(name).parse_args(arguments)


def parser(name: str) -> argparse.ArgumentParser:
    """Returns the parser of a command, which raises instead of ending the process."""
    module = importlib.import_module(f"c2ser.bin.{name}")
    made = argument_parser(f"c2ser {name}", module.__doc__, add_arguments=module.add_arguments)

    def error(message: str) -> None:
        raise AssertionError(f"c2ser {name}: {message}")

    made.error = error
    return made


def check_script(words: list[str], recipe: str) -> None:
    """Compares the options of a script with those that it has: those of a recipe for ``./run.sh`` and the like."""
    script, arguments = words[0].removeprefix("../../"), words[1:]
    options = {word for word in arguments if re.fullmatch(r"--\w+", word)} - {"--help"}
    if script == "./run.sh" or re.fullmatch(r"egs/\w+/(run|evaluate)\.sh", script):
        if script.startswith("egs/"):
            recipe = script.split("/")[1]
        if "--recipe" in arguments:
            recipe = arguments[arguments.index("--recipe") + 1]
        unknown = options - {"--recipe"} - recipe_options(recipe)
    else:
        path = ROOT / script
        assert path.is_file(), f"{script}: no such file"
        text = path.read_text(encoding="utf-8")
        known = {f"--{name}" for name in re.findall(r"^(\w+)=", text, re.MULTILINE)}
        unknown = {option for option in options - known if f'"{option}"' not in text and f"{option} " not in text}
    assert not unknown, f"{shlex.join(words)}: unknown {', '.join(sorted(unknown))}"


def recipe_options(recipe: str) -> set[str]:
    """Returns the options of a recipe: its own, those of the stages, and those of its data preparation."""
    folder = ROOT / "egs" / recipe
    if not folder.is_dir():  # made by utils/new_recipe.sh
        folder = ROOT / "egs" / "TEMPLATE"
    texts = [path.read_text(encoding="utf-8").partition("parse_options.sh")[0] for path in sorted(folder.glob("*.sh"))]
    names = {name for text in texts for name in re.findall(r"^([a-z]\w*)=", text, re.MULTILINE)}
    (command,) = re.findall(r"c2ser\.bin\.(\w+) [^\n]*\"\$@\"", (folder / "local" / "data.sh").read_text("utf-8"))
    return {f"--{name}" for name in names} | set(parser(command)._option_string_actions)
