"""Digests of models' files are computed once, as long as the files are the same ones."""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from helpers.tiny_alm import build

from c2ser.checkpoints import digests
from c2ser.checkpoints.digests import file_digest, model_files, remembered_digest
from c2ser.checkpoints.fingerprint import model_files_fingerprint


class Counted:
    """Computes a digest, and counts how often it is asked to."""

    def __init__(self, content: bytes = b"a"):
        self.calls, self._content = 0, content

    def __call__(self) -> bytes:
        self.calls += 1
        return sha256(self._content).digest()


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where digests are kept; all files are older than the program."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(digests, "STARTED", math.inf)
    return tmp_path / "cache" / "c2ser" / "digests"


@pytest.fixture
def weights(tmp_path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"weights")
    return path


def rewritten(path: Path) -> None:
    path.write_bytes(b"others!")


def replaced_by_one_of_its_time(path: Path) -> None:
    stat = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"others!")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(other, path)


def test_it_is_computed_once(folder, weights):
    compute = Counted()
    found = {remembered_digest(compute, [weights]) for _ in range(3)}
    assert found == {sha256(b"a").digest()} and compute.calls == 1
    assert [entry.read_text() for entry in folder.iterdir()] == [sha256(b"a").hexdigest()]


@pytest.mark.parametrize("change", [rewritten, replaced_by_one_of_its_time])
def test_of_other_files_it_is_computed_anew(folder, weights, change):
    remembered_digest(Counted(), [weights])
    change(weights)
    assert remembered_digest(Counted(b"b"), [weights]) == sha256(b"b").digest()


def test_settings_and_names_tell_digests_apart(folder, weights):
    link = weights.with_name("copy.safetensors")
    os.link(weights, link)
    compute = Counted()
    for settings in ("float32", "bfloat16"):
        remembered_digest(compute, [weights], settings=settings)
    remembered_digest(compute, [link], settings="float32")
    remembered_digest(compute, [weights, link], settings="float32")
    assert compute.calls == 4


def test_of_files_that_changed_since_the_program_began_it_is_not_kept(folder, weights, monkeypatch):
    monkeypatch.setattr(digests, "STARTED", weights.stat().st_ctime - 1)
    compute = Counted()
    assert remembered_digest(compute, [weights]) == remembered_digest(compute, [weights])
    assert compute.calls == 2 and not folder.exists()


@pytest.mark.parametrize("cache", ["model.safetensors", "/proc/nowhere"], ids=["a file", "read-only"])
def test_where_nothing_can_be_written_it_is_computed(folder, weights, cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(weights.parent / cache))
    compute = Counted()
    assert remembered_digest(compute, [weights]) == remembered_digest(compute, [weights])
    assert compute.calls == 2


@pytest.mark.parametrize("content", [b"", b"00ff", b"g" * 64, b"\xff" * 64, b"0" * 65])
def test_an_entry_that_is_broken_is_mended(folder, weights, content):
    remembered_digest(Counted(), [weights])
    (entry,) = folder.iterdir()
    entry.write_bytes(content)
    assert remembered_digest(Counted(), [weights]) == sha256(b"a").digest()
    assert entry.read_text() == sha256(b"a").hexdigest()


def test_of_several_at_once_one_computes(folder, weights):
    compute, ready = Counted(), Barrier(8)

    def ask(_: int) -> bytes:
        ready.wait()
        return remembered_digest(compute, [weights])

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {sha256(b"a").digest()}
    assert compute.calls == 1


def test_a_base_model_is_hashed_at_its_first_start_alone(folder, alm_config, base_models):
    """What the entry says is taken at the second start, and by a model of rounded weights it is not."""
    borrowing = replace(alm_config, whisper=base_models["whisper"], llm=base_models["qwen2"], trained=["connector"])
    first = build(borrowing)
    entries = sorted(folder.iterdir())
    assert {bytes(map(int, digest.tolist())).hex() for digest in (first.whisper_digest, first.llm_digest)} == {
        entry.read_text() for entry in entries
    }
    for entry in entries:
        entry.write_text("ab" * 32)
    again = build(borrowing)
    assert again.whisper_digest.tolist() == again.llm_digest.tolist() == [171.0] * 32
    for other in ({"llm_rounding": "bfloat16"}, {"llm_dtype": "bfloat16"}):
        rounded = build(replace(borrowing, **other))
        assert rounded.llm_digest.tolist() not in ([171.0] * 32, first.llm_digest.tolist())


def test_files_of_models(folder, base_models, tmp_path):
    files = model_files(base_models["whisper"])
    assert {path.name for path in files} >= {"config.json", "model.safetensors"}
    assert model_files("nobody/nothing") == []
    before = model_files_fingerprint(base_models["whisper"])
    assert model_files_fingerprint(base_models["whisper"]) == before
    assert file_digest(files[0]) == sha256(files[0].read_bytes()).digest()


def test_a_model_of_the_hub_is_found_where_it_was_downloaded(tmp_path, monkeypatch):
    snapshot = tmp_path / "models--who--what" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (tmp_path / "models--who--what" / "refs").mkdir()
    (tmp_path / "models--who--what" / "refs" / "main").write_text("abc")
    for name in ("config.json", "model-00001-of-00002.safetensors", "README.md"):
        (snapshot / name).write_text("{}")
    found: Callable = digests.try_to_load_from_cache
    monkeypatch.setattr(digests, "try_to_load_from_cache", lambda *names: found(*names, cache_dir=tmp_path))
    assert [path.name for path in model_files("who/what")] == ["config.json", "model-00001-of-00002.safetensors"]
