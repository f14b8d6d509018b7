"""Links of README, manual and recipes: those between files lead somewhere, those to the web are well formed."""

import re
from urllib.parse import urlsplit

import pytest
from helpers.manual import anchors, links, name, pages


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page):
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            url = urlsplit(path)
            fine = url.scheme in ("https", "http") and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", url.netloc)
        else:
            linked = (page.parent / path).resolve() if path else page
            fine = linked.exists() and (not anchor or anchor in anchors(linked))
        if not fine:
            broken.append(target)
    assert not broken
