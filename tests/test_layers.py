"""Imports go down only, and what a user loads stays light."""

import importlib
import json
import pkgutil
import subprocess
import sys

import pytest
from helpers.paths import ROOT

import c2ser


def test_imports_go_down_only():
    pytest.importorskip("importlinter")
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", program, "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def loaded_after(statement: str) -> set[str]:
    """Top-level packages that a new process has loaded after a statement."""
    program = (
        f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_alone_loads_neither_torch_nor_numpy():
    assert not {"torch", "numpy", "transformers", "espnet2"} & loaded_after("import c2ser")


def test_naming_the_class_for_users_loads_neither_torch_nor_scipy():
    heavy = {"torch", "transformers", "peft", "scipy", "sklearn", "matplotlib", "huggingface_hub", "silero_vad"}
    loaded = loaded_after("from c2ser import C2SER, Recognition, Segmentation; C2SER.recognize, C2SER.from_pretrained")
    assert "numpy" in loaded and not heavy & loaded


def test_data_directories_and_corpora_load_no_torch():
    light = loaded_after("import c2ser.data, c2ser.corpora, c2ser.languages; from c2ser.data.audio import SAMPLE_RATE")
    assert not {"torch", "transformers", "espnet2"} & light


def test_inference_loads_no_espnet():
    loaded = loaded_after("import c2ser.systems.pipeline, c2ser.systems.answering, c2ser.systems.inference")
    assert "torch" in loaded and not {"espnet", "espnet2"} & loaded


@pytest.mark.parametrize("name", [info.name for info in pkgutil.iter_modules(c2ser.__path__) if info.ispkg])
def test_each_public_name_of_a_package_exists(name):
    if name in ("tasks", "synthesis", "bin"):  # used by commands and corpora alone
        return
    package = importlib.import_module(f"c2ser.{name}")
    assert package.__all__ and all(getattr(package, public) is not None for public in package.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018
