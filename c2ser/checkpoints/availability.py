"""Whether pretrained models can be had, found out before hours of work that need them."""

from pathlib import Path

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

SECONDS = 5  # to wait for the hub


def find_obstacle(name: str) -> str | None:
    """Says why a pretrained model cannot be had; nothing is downloaded.

    Args:
        name: hub id or folder.

    Returns:
        The reason, None where the model is a folder, was downloaded before, or can be downloaded now.

    Example:
        >>> find_obstacle(".") is None
        True
    """
    if Path(name).is_dir():
        return None
    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return None
    except HFValidationError:
        return "is not a folder"
    if constants.HF_HUB_OFFLINE:
        return "was not downloaded before, and HF_HUB_OFFLINE forbids it now"
    try:
        get_hf_file_metadata(hf_hub_url(name, "config.json"), timeout=SECONDS)
    except Exception as error:  # of the hub, of HTTP, of the network
        lines = str(error).splitlines()
        return f"was not downloaded before, and cannot be now ({lines[0] if lines else type(error).__name__})"
    return None
