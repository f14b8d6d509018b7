"""Files of the repository that are pages of the manual, and links between both."""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Pattern of files -> page of the manual; {0} is what the first star stands for.
PAGES = {
    "egs/*/README.md": "recipes/{0}.md",
    "egs/*/RESULTS.md": "results/{0}.md",
    "egs/mini_emo/whisper/README.md": "recipes/mini_emo_whisper.md",
    "egs/TEMPLATE/CLUSTERS.md": "scale/cluster.md",
    "tools/benchmark/*.md": "benchmarks/{0}.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "egs/*/*.png": "results/{0}/{1}.png",
}
LINK = re.compile(r"(?P<text>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<target>[^()#\s]*)(?P<anchor>#[^()\s]*)?\)")
ITEM = re.compile(r" *([-*]|\d+\.) ")
ROW = re.compile(r"\|.*\|$")
FENCE = re.compile(r"^ *(```|~~~)")


def pages() -> dict[str, str]:
    """Returns the files that are pages or pictures of the manual: path in the repository -> path in the manual."""
    found = {}
    for pattern, page in PAGES.items():
        stars = re.compile(re.escape(pattern).replace(r"\*", "([^/]*)"))
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            found[name] = page.format(*stars.fullmatch(name).groups())
    return found


def expand(nav: list) -> list:
    """Returns a navigation in which patterns of `PAGES` are replaced by the pages that they stand for."""
    expanded = []
    for item in nav:
        if isinstance(item, dict):
            expanded += [{title: expand(value) if isinstance(value, list) else value} for title, value in item.items()]
        elif item in PAGES:
            expanded += [page for name, page in pages().items() if Path(name).match(item) and name.count("/") == 2]
        else:
            expanded.append(item)
    return expanded


def outside_code(markdown: str, replace: Callable[[str], str]) -> str:
    """Applies a function to the lines of a page that are not in a fenced block of code."""
    lines, fenced = [], False
    for line in markdown.splitlines():
        if FENCE.match(line):
            fenced = not fenced
        lines.append(line if fenced else replace(line))
    return "\n".join(lines) + "\n"


def apart(markdown: str) -> str:
    """Returns a page with an empty line before each list and table, which GitHub does not need and MkDocs does."""
    lines, fenced, inside, before = [], False, False, ""
    for line in markdown.splitlines():
        fenced ^= bool(FENCE.match(line))
        starts = ITEM.match(line) or ROW.match(line)
        if starts and not fenced and not inside and before.strip():
            lines.append("")
        inside = bool(starts) or (inside and bool(line.strip()) and not FENCE.match(line))
        lines.append(line)
        before = line
    return "\n".join(lines) + "\n"


def site_links(markdown: str, source: str, page: str) -> str:
    """Returns the text of a page with links between files of the repository turned into those between pages.

    A link to a file that is not a page, such as a module, becomes its text.

    Args:
        markdown: the page.
        source: its path in the repository, which its links are relative to.
        page: its path in the manual.
    """
    known = pages()

    def replace(match: re.Match) -> str:
        text, target, anchor = match["text"], match["target"], match["anchor"] or ""
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        path = known.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
        if path is None:
            return text[1:-1]
        return f"{text}({posixpath.relpath(path, posixpath.dirname(page) or '.')}{anchor})"

    return outside_code(markdown, lambda line: LINK.sub(replace, line))
