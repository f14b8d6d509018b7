"""Downloads: whole or not at all, and checked."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from c2ser.corpora import Archive
from c2ser.corpora.common.download import download_archive
from c2ser.errors import InputError


@pytest.fixture
def corpus_zip(tmp_path) -> Path:
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        archive.writestr("wav/a.wav", "x")
        archive.writestr("wavelets/b.wav", "y")
        archive.writestr("erkennung.txt", "z")
    return tmp_path / "corpus.zip"


def files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))]


def test_puts_the_folder_there_or_nothing(corpus_zip, tmp_path, caplog):
    url, target = corpus_zip.as_uri(), tmp_path / "downloads"
    with pytest.raises(InputError, match=f"{target}/txt: no such folder, .*; get it by hand"):
        download_archive(Archive(url, "txt"), target, by_hand="get it by hand")
    assert files(target) == []
    download_archive(Archive(url, "wav"), target, by_hand="")
    assert files(target) == ["wav", "wav/a.wav"]
    assert "not verified" in caplog.text
    assert hashlib.sha256(corpus_zip.read_bytes()).hexdigest() in caplog.text
    download_archive(Archive("file:///nowhere", "wav"), target, by_hand="")  # it is there already


def test_compares_the_checksum(corpus_zip, tmp_path, caplog):
    url, digest = corpus_zip.as_uri(), hashlib.sha256(corpus_zip.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=f"corpus.zip: the SHA-256 of .* is {digest}, not {'0' * 64}"):
        download_archive(Archive(url, "wav", sha256="0" * 64), tmp_path / "a", by_hand="")
    assert files(tmp_path / "a") == []
    download_archive(Archive(url, "wav", sha256=digest), tmp_path / "b", by_hand="")
    assert files(tmp_path / "b") == ["wav", "wav/a.wav"] and "not verified" not in caplog.text


def test_no_network_and_no_archive_are_one_line(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"<html>")
    for url in ((tmp_path / "broken.zip").as_uri(), (tmp_path / "nowhere.zip").as_uri()):
        with pytest.raises(InputError, match="cannot be downloaded .*; by hand") as error:
            download_archive(Archive(url, "wav"), tmp_path / "target", by_hand="by hand")
        assert "\n" not in str(error.value)
