"""Cards that others wrote or changed, before they are published."""

from pathlib import Path

from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from c2ser.errors import InputError


def check_card(path: str | Path) -> None:
    """Checks that a card is Markdown without HTML, and that its metadata can be read.

    Args:
        path: the card.

    Raises:
        InputError: it has HTML, or metadata that the hub would refuse.

    Example:
        >>> check_card("exp/packed/README.md")  # doctest: +SKIP
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        card = ModelCard(text)
    except Exception as error:  # PyYAML's, and what the library raises of its own
        raise InputError(f"{path}: its metadata is not valid ({' '.join(str(error).split())})") from None
    before = text[: len(text) - len(card.text)].count("\n")
    for token in MarkdownIt("commonmark").enable("table").parse(card.text):
        for part in (token, *(token.children or ())):
            if part.type in ("html_block", "html_inline"):
                line = before + (token.map or [0])[0] + 1
                raise InputError(f"{path}:{line}: has HTML ('{part.content.strip()[:40]}'); write &lt; for <")
