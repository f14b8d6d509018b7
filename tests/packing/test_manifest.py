"""Checksums of a folder's files."""

import logging
import subprocess

import pytest

from c2ser.errors import InputError
from c2ser.packing.manifest import MANIFEST, verify_manifest, write_manifest

FILES = {"config.yaml": "a: 1\n", "llm/tokenizer.json": "{}", "model.safetensors": "weights", "README.md": "# Card"}
DIGEST = "0" * 64


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    write_manifest(tmp_path)
    return tmp_path


def test_sha256sum_reads_them(folder):
    done = subprocess.run(["sha256sum", "--check", MANIFEST], cwd=folder, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["config.yaml: OK", "llm/tokenizer.json: OK", "model.safetensors: OK"]


def test_what_was_not_packed_is_refused(folder):
    verify_manifest(folder)
    (folder / "README.md").write_text("# Another card")
    (folder / ".gitattributes").write_text("of the hub")
    verify_manifest(folder)
    (folder / "model.safetensors").write_text("Weights")
    with pytest.raises(InputError, match="model.safetensors: is not the file that was packed"):
        verify_manifest(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="model.safetensors: no such file; copy the whole folder"):
        verify_manifest(folder)


def test_a_configuration_may_be_edited(folder, caplog):
    (folder / "config.yaml").write_text("a: 2\n")
    with caplog.at_level(logging.WARNING):
        verify_manifest(folder)
    assert "config.yaml: was edited" in caplog.text


@pytest.mark.parametrize(
    "line", ["half", f"{'0' * 64}  ../secret", f"{'0' * 64}  /etc/passwd", f"{'0' * 64} x", "\xff"]
)
def test_a_list_that_leads_elsewhere_is_refused(folder, line):
    (folder / MANIFEST).write_bytes(f"{line}\n".encode("latin-1"))
    with pytest.raises(InputError, match=MANIFEST):
        verify_manifest(folder)
