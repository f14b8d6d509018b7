"""Models of transformers by hub id or folder, of which all weights must be there."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub.utils import are_progress_bars_disabled, enable_progress_bars
from transformers import PreTrainedModel
from transformers.utils import logging as transformers_logging

from c2ser.errors import InputError

_HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


def load_pretrained(
    auto_class: type, name: str, *, role: str, prefix: str = "", optional: Collection[str] = (), **options: Any
) -> PreTrainedModel:
    """Loads a model of transformers; weights that do not fit it are an error instead of random numbers.

    Args:
        auto_class: the class of transformers whose ``from_pretrained`` is called.
        name: hub id or folder.
        role: what messages call the model, such as ``whisper``.
        prefix: only weights whose names start with it must be there.
        optional: last parts of names of weights that may be missing.
        options: further keywords of ``from_pretrained``.

    Returns:
        The model.

    Raises:
        InputError: there is no such model, a file of it is broken, or weights are missing or of another shape.

    Example:
        >>> load_pretrained(WhisperModel, "openai/whisper-base", role="whisper")  # doctest: +SKIP
    """
    model, info = read_pretrained(
        auto_class, name, role=role, output_loading_info=True, ignore_mismatched_sizes=True, **options
    )
    missing = {key for key in info["missing_keys"] if key.rpartition(".")[2] not in optional}
    reshaped = {key for key, *_ in info["mismatched_keys"]}
    faults = sorted(key for key in missing | reshaped if key.startswith(prefix))
    if faults:
        reason = "is of another shape" if faults[0] in reshaped else "is missing"
        raise InputError(
            f"{role} '{name}': its weights do not fit {type(model).__name__}: {faults[0]} {reason} "
            f"({len(faults)} such weights); give the folder or hub id of a whole, unquantized model"
        )
    return model


def read_pretrained(auto_class: type, name: str, *, role: str, **options: Any) -> Any:
    """Calls ``from_pretrained`` of a class of transformers: a model, configuration, tokenizer or feature extractor.

    Args:
        auto_class: the class of transformers.
        name: hub id or folder.
        role: what messages call the model, such as ``llm``.
        options: keywords of ``from_pretrained``.

    Returns:
        What ``from_pretrained`` returns.

    Raises:
        InputError: there is no such model, or a file of it is broken.

    Example:
        >>> read_pretrained(AutoConfig, "Qwen/Qwen2-7B", role="llm").model_type  # doctest: +SKIP
        'qwen2'
    """
    if not Path(name).is_dir() and not is_hub_id(name):
        raise InputError(f"{role} '{name}': no such folder; give a hub id or a folder")
    try:
        with _quiet():
            return auto_class.from_pretrained(name, trust_remote_code=False, **options)
    except Exception as error:  # broken files make their readers raise errors of every kind
        lines = [line for line in str(error).splitlines() if line.strip()]
        reason = lines[0].strip().rstrip(".:") if lines else type(error).__name__
        raise InputError(f"{role} '{name}': {reason}; give a hub id or a folder with all of its files") from None


def is_hub_id(name: str) -> bool:
    """Tells whether a name can be that of a model on the hub; a path out of a folder cannot.

    Args:
        name: such as ``Qwen/Qwen2-7B``.

    Example:
        >>> is_hub_id("Qwen/Qwen2-7B"), is_hub_id("../../x"), is_hub_id("/etc")
        (True, False, False)
    """
    return bool(_HUB_ID.fullmatch(name))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps transformers from printing tables of weights and its progress; downloads still show theirs.

    What is wrong with weights is said in one line.
    """
    verbosity, shown = transformers_logging.get_verbosity(), not are_progress_bars_disabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    if shown:
        enable_progress_bars()  # the hub's, which transformers disables with its own
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if shown:
            transformers_logging.enable_progress_bar()
