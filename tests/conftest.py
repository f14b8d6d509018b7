"""Fixtures that several tests share."""

import os
import shutil
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
LONGEST = ("recipes", "tasks")  # begin first, so that no process is left alone with them at the end
RECIPE = ("bad_input", "mini_emo_recipe", "packed_model", "runs_at_the_same_time", "stages_again")  # use one run of it


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Has processes that share the tests take them by file, those of the recipe's run as if they were one.

    With them go those of Slurm alone, one of which preempts all jobs.
    """
    from xdist.scheduler import LoadScopeScheduling

    together = {f"tests/recipes/test_{name}.py" for name in RECIPE} | {"tests/utils/test_slurm.py"}

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:  # what xdist's own kinds of scheduling override, too
            file = nodeid.partition("::")[0]
            return "recipe" if file in together else file

    return ByFile(config, log)


def pytest_collection_modifyitems(config, items):
    """Orders the tests of processes that share them."""
    if hasattr(config, "workerinput"):
        ranks = {folder: rank for rank, folder in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ranks)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora and models beside the checkout; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared with EmoDB and Whisper base, which is not part of the repository")
    return SHARED


@pytest.fixture
def ffmpeg(tmp_path_factory, monkeypatch) -> str:
    """The program ffmpeg, on PATH: the system's, or that of the package imageio-ffmpeg."""
    if shutil.which("ffmpeg") is None:
        package = pytest.importorskip("imageio_ffmpeg", reason="neither ffmpeg nor imageio-ffmpeg is installed")
        folder = tmp_path_factory.mktemp("ffmpeg")
        (folder / "ffmpeg").symlink_to(package.get_ffmpeg_exe())
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return shutil.which("ffmpeg")


@pytest.fixture(scope="session")
def tiny_llm(tmp_path_factory) -> Path:
    """The folder of a language model without weights."""
    from helpers.tiny_alm import save_tiny_llm

    return save_tiny_llm(tmp_path_factory.mktemp("llm ü"))


@pytest.fixture(scope="session")
def alm_config(tiny_llm):
    """Configuration of an audio language model that trains whole."""
    from helpers.tiny_alm import tiny_config

    return tiny_config(tiny_llm)


@pytest.fixture(scope="session")
def base_models(tmp_path_factory) -> dict[str, str]:
    """Folders of a language model and a Whisper with weights, by the names ``qwen2`` and ``whisper``."""
    from helpers.tiny_alm import save_base_models

    return save_base_models(tmp_path_factory.mktemp("pretrained"))


@pytest.fixture(scope="session")
def llms(tmp_path_factory) -> dict[str, str]:
    """Folders of language models with weights, by architecture."""
    from helpers.tiny_alm import save_llms

    return save_llms(tmp_path_factory.mktemp("llms"))


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    """Makes the folder of a tiny speech encoder by its name in `helpers.tiny_encoders.MODELS`."""
    from helpers.tiny_encoders import save_encoder

    return lambda name: save_encoder(name, tmp_path_factory.mktemp(name))
