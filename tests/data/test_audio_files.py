"""What users name is found: files, folders in folders, lists, and paths on standard input."""

import io
import os
from types import SimpleNamespace

import pytest

from c2ser.data.audio_files import collect_audio
from c2ser.errors import InputError


def touch(folder, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_folders_are_searched_in_order_and_files_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "in/b.WAV", "in/a/2.flac", "in/a/1.m4a", "in/._b.wav", "in/.git/x.wav", "in/notes.txt", "in/a.txt")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "linked").symlink_to(tmp_path / "in" / "a")
    inside = ["in/b.WAV", "in/a/1.m4a", "in/a/2.flac"]
    assert collect_audio(["z.wav", "in", "z.wav", "odd name"]) == ["z.wav", *inside, "z.wav", "odd name"]
    assert collect_audio(["linked"]) == ["linked/1.m4a", "linked/2.flac"]


def test_lists_have_a_path_per_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "in/a.wav")
    (tmp_path / "files.txt").write_bytes(b"\xef\xbb\xbfmy file.wav\r\n\r\nin\r\n\xe9.wav")
    assert collect_audio(["files.txt"]) == ["my file.wav", "in/a.wav", os.fsdecode(b"\xe9.wav")]
    (tmp_path / "wav.scp").write_text("u1 /data/my file.wav\nu2\tdump/audio.ark:17\n")
    assert collect_audio(["wav.scp"]) == ["/data/my file.wav", "dump/audio.ark:17"]
    (tmp_path / "found.lst").write_bytes(b"two\nlines.wav\0b.wav\0")
    assert collect_audio(["found.lst"]) == ["two\nlines.wav", "b.wav"]


def test_standard_input_is_a_list(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a.wav\nb c.wav\n")))
    assert collect_audio(["-"]) == ["a.wav", "b c.wav"]


def test_what_names_no_audio_is_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "texts/a.txt")
    (tmp_path / "empty.lst").write_text("\n \n")
    for name, message in (
        ("empty", "no audio file in this folder"),
        ("texts", "no audio file in this folder"),
        ("empty.lst", "no path in this list"),
        ("none.txt", "no such list; check the path"),
    ):
        with pytest.raises(InputError, match=f"^{tmp_path / name}: {message}.*$"):
            collect_audio([str(tmp_path / name)])
    with pytest.raises(InputError, match="no audio is named"):
        collect_audio([])
