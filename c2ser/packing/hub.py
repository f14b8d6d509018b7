"""Packed models on the Hugging Face hub."""

from pathlib import Path

from c2ser.errors import InputError


def locate(model: str | Path, revision: str | None = None) -> Path:
    """Finds the folder of a packed model, which is downloaded if it is on the hub.

    Args:
        model: the folder, or the id of a repository on the Hugging Face hub.
        revision: branch, tag or commit of the repository; None for its main branch.

    Returns:
        The folder.

    Raises:
        InputError: there is neither such a folder nor such a repository.

    Example:
        >>> locate("exp/packed")  # doctest: +SKIP
        PosixPath('exp/packed')
    """
    folder = Path(model)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(model), revision=revision))
    except HFValidationError:
        raise InputError(f"{model}: no such folder") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{model}: no such folder, and not available from the Hugging Face hub ({reason})") from None
