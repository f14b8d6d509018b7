"""Text of the manual that is made from the code: a page names it by a comment ``<!-- generated: NAME ARGUMENT -->``."""

import argparse
import contextlib
import importlib
import io
import re
import textwrap

from repository import ROOT

from c2ser.cli.command import argument_parser, split_doc
from c2ser.cli.index import GROUPS, TRAININGS

MARKER = re.compile(r"^<!-- generated: (\w+) ?(.*?) -->$", re.MULTILINE)
OPTION = re.compile(r"^([a-z][a-z0-9_]*)=(.*?)(?: +# (.*))?$")


def fill(markdown: str) -> str:
    """Returns the text of a page with generated text in the place of its markers."""
    return MARKER.sub(lambda match: GENERATORS[match[1]](*match[2].split()).strip(), markdown)


def script_options(script: str) -> list[tuple[str, str, str]]:
    """Returns name, default and description of the options of a script that sources parse_options.sh."""
    lines = (ROOT / script).read_text(encoding="utf-8").partition("parse_options.sh")[0].splitlines()
    found = [match.groups() for match in map(OPTION.match, lines) if match]
    return [(name, default.strip("\"'"), description or "") for name, default, description in found]


def options(script: str) -> str:
    """Returns the table of a script's options."""
    return table(
        ("option", "default", ""),
        [(f"`--{name}`", code(default), text) for name, default, text in script_options(script)],
    )


def data_options(recipe: str) -> str:
    """Returns the table of the options of a recipe's data preparation, from the parser of the command that it calls."""
    script = (ROOT / "egs" / recipe / "local" / "data.sh").read_text(encoding="utf-8")
    (command,) = re.findall(r"c2ser\.bin\.(\w+) [^\n]*\"\$@\"", script)
    return parser_options(command_parser(command))


def corpora() -> str:
    """Returns the table of corpora, with a link to each corpus's paper or site."""
    return run("corpora", "--format", "markdown")


def commands() -> str:
    """Returns all commands by group: what each does, its options and examples."""
    return "\n\n".join(
        "\n\n".join([f"## {title[0].upper()}{title[1:]}", *map(command_section, names)])
        for title, names in GROUPS.items()
    )


def command_section(name: str) -> str:
    """Returns a command's section: heading, description, table of options, examples."""
    module = importlib.import_module(f"c2ser.bin.{name}")
    description, examples = split_doc(module.__doc__)
    parts = [f"### {name}", description]
    if name in TRAININGS:
        parts.append(f"Options are those of ESPnet's trainer and of the task: `c2ser {name} --help`.")
    else:
        parts.append(parser_options(command_parser(name)))
    if examples:
        text = textwrap.dedent(examples.partition("\n")[2])
        parts.append("```bash\n" + re.sub(r"\n(?=  )", r" \\\n", text) + "\n```")
    return "\n\n".join(parts)


def command_parser(name: str) -> argparse.ArgumentParser:
    """Returns the parser of a command."""
    module = importlib.import_module(f"c2ser.bin.{name}")
    return argument_parser(f"c2ser {name}", module.__doc__, add_arguments=module.add_arguments)


def parser_options(parser: argparse.ArgumentParser) -> str:
    """Returns the table of a parser's options."""
    formatter = parser._get_formatter()
    rows = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction) or action.help == argparse.SUPPRESS:
            continue
        names = ", ".join(action.option_strings) or formatter._metavar_formatter(action, action.dest)(1)[0]
        values = formatter._format_args(action, action.dest.upper()) if action.option_strings else ""
        help_text = formatter._expand_help(action) if action.help else ""
        rows.append((code(f"{names} {values}".strip()), help_text + (" (required)" if action.required else "")))
    return table(("option", ""), rows)


def code(text: str) -> str:
    """Returns text as code; nothing for an empty one."""
    return f"`{text}`" if text else ""


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Returns a table in Markdown; what looks like HTML in it is text."""
    lines = [" | ".join(map(cell, line)) for line in [header, ("---",) * len(header), *rows]]
    return "".join(f"| {line} |\n" for line in lines)


def cell(text: str) -> str:
    """Returns the text of a table's cell."""
    return text.replace("|", "\\|") if text.startswith("`") else text.replace("|", "\\|").replace("<", "&lt;")


def run(command: str, *argv: str) -> str:
    """Returns what a command prints."""
    main = importlib.import_module(f"c2ser.bin.{command}").main
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        main(argv)
    return printed.getvalue()


def results() -> str:
    """Returns the first table of scores in each recipe's RESULTS.md, with a link to it."""
    parts = []
    for path in sorted((ROOT / "egs").glob("*/RESULTS.md")):
        text = path.read_text(encoding="utf-8")
        title = re.match(r"# (.*)", text)[1].removesuffix(", results")
        for heading, body in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", text, re.MULTILINE):
            tables = re.findall(r"(?:^\|.*\n)+", body, re.MULTILINE)
            scores = [found for found in tables if re.match(r"\| model .*\| +UA ", found)]
            if scores:
                link = f"../../{path.relative_to(ROOT).as_posix()}"
                parts.append(
                    f"## {title}: {heading[0].lower()}{heading[1:]}\n\n{scores[0]}\nAll of it: [{title}]({link})."
                )
    return "\n\n".join(parts)


GENERATORS = {
    "commands": commands,
    "corpora": corpora,
    "data_options": data_options,
    "options": options,
    "results": results,
}
