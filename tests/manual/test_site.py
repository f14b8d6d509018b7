"""The built manual: whole, and made of what is on this machine alone."""

import re


def test_pages_load_nothing_from_elsewhere(site):
    loaded = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=\"?([a-z]*:?//[^\"\s>]+)")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 5
    for page in pages:
        assert not loaded.findall(page.read_text(encoding="utf-8")), page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\"?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_pages_have_no_marker_left(site):
    for page in site.rglob("*.html"):
        assert "generated:" not in page.read_text(encoding="utf-8"), page


def test_lists_and_tables_are_such(site):
    for page in site.rglob("*.html"):
        paragraphs = re.findall(r"<p>.*?</p>", page.read_text(encoding="utf-8"), re.DOTALL)
        assert not [text for text in paragraphs if re.search(r"(<p>|\n) *([-*] |\d+\. |\|)", text)], page
