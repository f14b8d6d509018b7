"""The package's types, by mypy: its own, and those of code that uses it."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

pytest.importorskip("mypy", reason="mypy is not installed (the extra [test])")

USE = """
from pathlib import Path

import numpy as np
from typing_extensions import assert_type

from c2ser import C2SER, Emotion2Vec, Recognition, Segmentation
from c2ser.errors import InputError

model = C2SER.from_pretrained("exp/packed", device="cuda", dtype="bfloat16")
assert_type(model.recognize(np.zeros(16000), rate=44100), Recognition)
assert_type(model.recognize([Path("a.wav"), "b.wav"], "explicit", emotions=["sad"]), list[Recognition])
print(model.recognize("a.wav", scores=True).emotion, model.recognize(["folder"])[0].emotion)
for answer in model.recognize_files("folder", segments=Segmentation(window=5)):
    if not isinstance(answer, InputError):
        assert_type(answer.emotion, str | None)
        print([(part.start, part.recognition.seconds) for part in answer.segments])
features = Emotion2Vec.from_pretrained("exp/emotion2vec_s").extract(["a.wav", np.zeros(8000)], rate=8000)
print(features[0]["frames"].shape)
"""
MISUSE = """
from c2ser import C2SER

model = C2SER.from_pretrained("exp/packed", revision=1)
model.recognize("a.wav", scores="yes").emotion
model.recognize(["a.wav"]).emotion
model.recognize(5)
"""


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Runs mypy as pyproject.toml says, with one cache."""
    cache = tmp_path_factory.mktemp("mypy")

    def run(*files: Path) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "--no-error-summary", *map(str, files)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    return run


def test_the_interface_is_typed(mypy):
    done = mypy()
    assert done.returncode == 0, done.stdout + done.stderr


def test_code_that_uses_the_package_is_checked(mypy, tmp_path):
    (tmp_path / "use.py").write_text(USE)
    done = mypy(tmp_path / "use.py")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "misuse.py").write_text(MISUSE)
    found = mypy(tmp_path / "misuse.py").stdout
    assert [int(line.split(":")[1]) for line in found.splitlines() if ": error:" in line] == [4, 5, 6, 7]


def test_the_types_are_installed():
    assert (ROOT / "c2ser" / "py.typed").is_file()
    assert '"py.typed"' in (ROOT / "setup.py").read_text(encoding="utf-8")
