"""The base models of a packed model: named by hub id, or in its folder."""

import os
import shutil
import stat
from pathlib import Path

from transformers import AutoConfig, PreTrainedTokenizerBase

from c2ser.checkpoints.pretrained import is_hub_id
from c2ser.errors import InputError
from c2ser.lm.loading import has_weights

LLM = "llm"  # the folder of a language model that is not named

# Files of a model of transformers: configuration, tokenizer, weights, terms.
_FILES = ("*.json", "*.model", "*.txt", "*.jinja", "LICENSE*", "NOTICE*")
_WEIGHTS = ("*.safetensors", "*.bin")


def save_llm(llm: str, tokenizer: PreTrainedTokenizerBase, *, folder: str | Path, name: str | None = None) -> str:
    """Puts a language model into the folder of a packed model, unless it is one of the hub.

    Of a pretrained one the files are linked where that is possible, and copied elsewhere.

    Args:
        llm: hub id, or folder with or without weights.
        tokenizer: of the language model.
        folder: the packed model's.
        name: hub id by which users load a pretrained one; it then stays out of the folder.

    Returns:
        What the configuration calls it: its hub id, or `LLM`.

    Raises:
        InputError: ``name`` is not a hub id, or the model has random weights, which nobody could load by name.
    """
    if name is not None and not is_hub_id(name):
        raise InputError(f"llm '{name}': not a hub id such as Qwen/Qwen2-7B")
    if not Path(llm).is_dir():
        return name or llm
    if has_weights(llm):
        if name is None:
            _link_files(Path(llm), Path(folder) / LLM)
        return name or LLM
    if name is not None:
        raise InputError(f"llm '{name}': {llm} has no weights of its own, so the model cannot name another one")
    tokenizer.save_pretrained(Path(folder) / LLM)
    AutoConfig.from_pretrained(llm).save_pretrained(Path(folder) / LLM)
    return LLM


def _link_files(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    weights = next((found for pattern in _WEIGHTS if (found := sorted(source.glob(pattern)))), [])
    for path in [*weights, *(path for pattern in _FILES for path in sorted(source.glob(pattern)))]:
        if path.is_file():
            _link(path.resolve(), target / path.name)


def _link(source: Path, target: Path) -> None:
    """Links a file that all may read, as the folder is for others; copies another one."""
    if source.stat().st_mode & stat.S_IROTH:
        try:
            os.link(source, target)
            return
        except OSError:  # another disk, or one without links
            pass
    shutil.copyfile(source, target)
