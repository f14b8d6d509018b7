"""The set-up: what it skips, what it says, what it finds missing."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers.paths import ROOT

CHECK = ROOT / "tools/check_install.py"


def call(*words, **environment) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environment}
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, env=environment)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of what the set-up reads, in a folder with a space and an accent."""
    root = tmp_path / "c2ser é"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("venv"))
    shutil.copy(ROOT / "setup.py", root)
    return root


def test_set_up_is_skipped_where_the_active_environment_has_everything(checkout):
    done = call(checkout / "tools/install.sh", "recipe,test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (checkout / "tools/venv").exists()


def test_a_linked_environment_is_used_where_it_has_everything_and_never_deleted(checkout, tmp_path):
    venv = checkout / "tools/venv"
    system = {"PATH": "/usr/bin:/bin", "PYTHON": "/no/such/python"}
    venv.symlink_to(sys.prefix)
    done = call(checkout / "tools/install.sh", "recipe,test", **system)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    venv.unlink()
    (tmp_path / "mine").mkdir()
    venv.symlink_to(tmp_path / "mine")
    done = call(checkout / "tools/install.sh", **system)
    assert done.returncode == 1 and done.stdout == ""
    assert f"tools/venv is a link to {tmp_path}/mine, which lacks" in done.stderr and len(done.stderr.splitlines()) == 1
    assert venv.readlink() == tmp_path / "mine"


def test_set_up_needs_a_python_that_fits(checkout):
    done = call(checkout / "tools/install.sh", PATH="/usr/bin:/bin", PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "/no/such/python" in done.stderr and len(done.stderr.splitlines()) == 1


def test_check_shows_each_part():
    done = call(sys.executable, CHECK)
    assert done.returncode == 0, done.stdout
    states = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"Python", "c2ser", "torch", "espnet", "eSpeak", "GPU", "Slurm", "deepspeed"} <= states.keys()
    assert "voices en-us, cmn" in states["eSpeak"]


def test_check_names_what_does_not_fit(tmp_path):
    needs = ("numpy>=1", "numpy<1; python_version >= '3.10'", "numpy>99; python_version < '3.10'", "torch>=1")
    lines = ["Metadata-Version: 2.1", "Name: c2ser", "Version: 0", *(f"Requires-Dist: {need}" for need in needs)]
    (tmp_path / "c2ser-0.dist-info").mkdir()
    (tmp_path / "c2ser-0.dist-info/METADATA").write_text("\n".join(lines))
    done = call(sys.executable, CHECK, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    numpy, torch = (line.split() for line in done.stdout.splitlines() if line.startswith(("numpy ", "torch ")))
    assert numpy[2] == "unfit" and "needs <1,>=1)" in " ".join(numpy) and torch[2] == "ok"


def test_check_fails_without_packages():
    done = call(sys.executable, "-I", "-S", CHECK, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_front_door_knows_its_recipes():
    done = call(ROOT / "run.sh", "--recipe", "no_such_recipe")
    assert done.returncode == 2
    assert "no_such_recipe" in done.stderr and len(done.stderr.splitlines()) == 1


HELP = {
    ("--help",): ("mini_emo: the whole recipe", "--conf_dir conf/tiny", "c2ser speak_mini_emo", "--num_utts NUM_UTTS"),
    ("--recipe", "emodb", "--nj", "3", "-h"): ("--nj 3", "--conf_dir conf/small", "here --protocol loso --fold 1:"),
    ("--recipe", "emobox", "--help"): ("--encoder", "--standardize true", "c2ser prepare_corpus"),
}


@pytest.mark.parametrize(("words", "shown"), HELP.items())
def test_help_shows_a_recipes_own_options_and_installs_nothing(checkout, words, shown, tmp_path):
    made = shutil.ignore_patterns("data", "dump", "exp", "downloads", "whisper")
    for name in ("egs", "utils"):
        shutil.copytree(ROOT / name, checkout / name, symlinks=True, ignore=made)
    (checkout / "c2ser").symlink_to(ROOT / "c2ser")
    shutil.copy(ROOT / "run.sh", checkout)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(sys.executable)  # without the packages, which are beside the file linked to
    done = call(checkout / "run.sh", *words, PATH=f"{tmp_path}/bin:/usr/bin:/bin", PYTHONPATH="")
    assert done.returncode == 0 and done.stderr == ""
    text = " ".join(done.stdout.split())
    assert "Usage: ./run.sh" in text
    for words in shown:
        assert words in text
    assert not (checkout / "tools/venv").exists()


def test_an_editable_install_is_found_beside_a_folder_of_its_name(tmp_path):
    pytest.importorskip("setuptools", minversion="70.1", reason="older ones need the package wheel to build one")
    checkout = tmp_path / "c2ser"
    (checkout / "c2ser").mkdir(parents=True)
    for name in ("setup.py", "pyproject.toml", "c2ser/__init__.py", "c2ser/version.py"):
        shutil.copy(ROOT / name, checkout / name)
    build = "from setuptools import build_meta; print(build_meta.build_editable('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=checkout, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        (hook,) = [name for name in wheel.namelist() if name.endswith(".pth")]
        assert wheel.read(hook).decode().strip() == str(checkout)
