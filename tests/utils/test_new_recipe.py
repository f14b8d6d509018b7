"""How a recipe is made, and its environment."""

import os
import resource
import shutil
import sys
from pathlib import Path

from helpers.launchers import call
from helpers.paths import ROOT


def test_new_recipe(tmp_path):
    shutil.copytree(ROOT / "utils", tmp_path / "utils")
    shutil.copytree(ROOT / "egs/TEMPLATE", tmp_path / "egs/TEMPLATE")
    done = call([tmp_path / "utils/new_recipe.sh", "my_corpus"])
    assert done.returncode == 0, done.stderr
    recipe = tmp_path / "egs/my_corpus"
    assert (recipe / "ser.sh").samefile(tmp_path / "egs/TEMPLATE/ser.sh")
    assert os.access(recipe / "run.sh", os.X_OK) and (recipe / "local/data.sh").is_file()
    assert call([tmp_path / "utils/new_recipe.sh", "my_corpus"]).returncode == 1
    assert call([tmp_path / "utils/new_recipe.sh", "../x"]).returncode == 2


def seconds_of_children() -> float:
    """The CPU time of processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_path_activates_an_environment_with_c2ser(tmp_path):
    command = f'. "{ROOT}/egs/TEMPLATE/path.sh"; command -v run.py; python -c "import c2ser; print(c2ser.__file__)"'
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    before = seconds_of_children()
    done = call(["bash", "-euo", "pipefail", "-c", command], cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(ROOT / "utils/run.py"), str(ROOT / "c2ser/__init__.py")]
    assert seconds_of_children() - before < 3  # nothing as heavy as PyTorch is loaded
