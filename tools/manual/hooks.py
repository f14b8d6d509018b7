"""MkDocs' hooks: files of the repository as pages, text made from the code, links between both."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from generated import fill  # noqa: E402
from mkdocs.structure.files import File, Files  # noqa: E402
from repository import ROOT, apart, expand, pages, site_links  # noqa: E402


def on_config(config):
    """Replaces patterns of files in the navigation."""
    config["nav"] = expand(config["nav"])
    return config


def on_files(files: Files, config) -> Files:
    """Adds the files of the repository that are pages or pictures."""
    for name, page in pages().items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page, **_) -> str:
    """Fills in generated text and adapts links."""
    source = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    return site_links(apart(fill(markdown)), source, page.file.src_uri)
