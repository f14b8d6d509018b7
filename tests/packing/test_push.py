"""Packed models to a stand-in of the hub and back."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers.hub_server import running_hub

from c2ser.bin import push as command
from c2ser.errors import InputError
from c2ser.packing.experiments import pack_again
from c2ser.packing.push import files_to_push

EARLIER = Path(__file__).parent / "earlier" / "classifiers.zip"
USE = '`c2ser infer --model "packed_tiny" a.wav`'
CARD = '# A card\n\n```python\nmodel = C2SER.from_pretrained("packed_tiny")\n```\n' + USE
NAMES = {"README.md", "SHA256SUMS", "config.yaml", "model.safetensors", "llm/tokenizer.json"}
PUSH_AND_PULL = """
import json, sys
import numpy as np
from c2ser import C2SER
from c2ser.bin import push

wave = np.random.default_rng(0).normal(scale=0.1, size=12000).astype(np.float32)
push.main([sys.argv[1], "someone/emodb", "--private", "--revision", "v1"])
for model, revision in ((sys.argv[1], None), ("someone/emodb", "v1")):
    print(json.dumps(C2SER.from_pretrained(model, revision=revision, scores=True).recognize(wave).scores))
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("push")
    with zipfile.ZipFile(EARLIER) as archive:
        archive.extractall(folder)
    (folder / "packed" / "README.md").write_text(CARD)
    pack_again(folder / "packed", output_dir=folder / "packed_tiny")
    (folder / "packed_tiny" / "notes.txt").write_text("not for others")
    return folder / "packed_tiny"


@pytest.fixture
def packed(original, tmp_path) -> Path:
    """A copy to be changed."""
    return shutil.copytree(original, tmp_path / "packed_tiny")


def test_what_was_pulled_answers_as_what_was_pushed(original, tmp_path):
    with running_hub() as (hub, url):
        settings = {"HF_ENDPOINT": url, "HF_TOKEN": "hf_x", "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        done = subprocess.run(
            [sys.executable, "-c", PUSH_AND_PULL, str(original)],
            env=os.environ | settings | {"HF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    address, before, after = done.stdout.splitlines()
    assert address.startswith(f"{url}/someone/emodb/commit/") and hub.private == {"someone/emodb"}
    assert json.loads(before) == json.loads(after)
    files = hub.revisions["someone/emodb", "v1"]
    assert NAMES <= set(files) and "notes.txt" not in files and hub.revisions["someone/emodb", "main"] == {}
    card = files["README.md"].decode()
    assert card.count('"someone/emodb"') == 2 and "packed_tiny" not in card
    expected = json.loads((original.parent / "expected.json").read_text())["scores"]
    assert json.loads(after) == pytest.approx(expected, rel=1e-4)


def test_a_dry_run_lists_what_would_go_and_sends_nothing(original, capsys, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *given: pytest.fail("a connection"))
    command.main([str(original), "someone/emodb", "--dry_run"])
    sizes = dict(reversed(line.split()) for line in capsys.readouterr().out.splitlines())
    assert NAMES <= set(sizes) and "notes.txt" not in sizes
    assert int(sizes["model.safetensors"].replace(",", "")) == (original / "model.safetensors").stat().st_size


def test_cards_with_html_and_changed_weights_stay_here(packed):
    (packed / "README.md").write_text("# A card\n\n<script>alert(1)</script>\n")
    with pytest.raises(InputError, match="README.md:3: has HTML"):
        files_to_push(packed, "someone/emodb")
    (packed / "README.md").write_text("---\n[broken\n---\n# A card\n")
    with pytest.raises(InputError, match="README.md: its metadata is not valid"):
        files_to_push(packed, "someone/emodb")
    (packed / "model.safetensors").write_bytes((packed / "model.safetensors").read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="is not the file that was packed"):
        files_to_push(packed, "someone/emodb")


def test_what_is_no_repository_or_has_no_checksums_is_one_line(packed):
    with pytest.raises(InputError, match="^a/b/c: not the id of a repository"):
        files_to_push(packed, "a/b/c")
    (packed / "SHA256SUMS").unlink()
    config = packed / "config.yaml"
    config.write_text(config.read_text().replace("format_version: 2", "format_version: 1"))
    with pytest.raises(InputError, match=f"--packed {packed} --output_dir NEW"):
        files_to_push(packed, "someone/emodb")


def test_without_a_network_one_line_says_so(original, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SystemExit) as stopped:
        command.main([str(original), "someone/emodb"])
    said = str(stopped.value.code)
    assert said.startswith("error: someone/emodb: cannot be uploaded (") and "\n" not in said
