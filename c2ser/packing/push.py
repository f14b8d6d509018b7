"""Packed models to the Hugging Face hub."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError
from huggingface_hub.utils import validate_repo_id

from c2ser.errors import InputError
from c2ser.packing.card.checking import check_card
from c2ser.packing.format import read_pack, verify_files
from c2ser.packing.manifest import CARD, MANIFEST, manifest_names

logger = logging.getLogger(__name__)

# Where a card says by which name the model is loaded.
_USE = re.compile(r'(from_pretrained\(|--model )"[^"\n]*"')


def push(folder: str | Path, repo_id: str, *, private: bool = False, revision: str | None = None) -> str:
    """Uploads a packed model to a repository of the Hugging Face hub, which is made where it is missing.

    Only what was packed goes there, the card among it, in one commit. ``HF_ENDPOINT`` names another hub, ``HF_TOKEN``
    the token where ``hf auth login`` has not stored one.

    Args:
        folder: the packed model's.
        repo_id: ``name`` or ``organization/name``.
        private: make a repository that only its owners see, where it is missing.
        revision: branch, which is made where it is missing; by default the main one.

    Returns:
        The address of the commit.

    Raises:
        InputError: the folder is not a whole packed model, its card has HTML, or the hub refuses it.

    Example:
        >>> push("exp/packed", "someone/c2ser-emodb", private=True)  # doctest: +SKIP
        'https://huggingface.co/someone/c2ser-emodb/commit/3f1c...'
    """
    files = files_to_push(folder, repo_id)
    operations = [CommitOperationAdd(name, content) for name, content in files.items()]
    with _one_line(repo_id):
        api = HfApi()
        repository = api.create_repo(repo_id, private=private, exist_ok=True)
        if revision is not None:
            api.create_branch(repository.repo_id, branch=revision, exist_ok=True)
        done = api.create_commit(repository.repo_id, operations, commit_message="Packed by c2ser", revision=revision)
    return str(done.commit_url)


def files_to_push(folder: str | Path, repo_id: str) -> dict[str, Path | bytes]:
    """Returns what `push` uploads, after it has checked it; nothing is sent.

    Args:
        folder: the packed model's.
        repo_id: by which the card says that the model is loaded.

    Returns:
        Name in the repository -> the file, or its content.

    Raises:
        InputError: as `push`.

    Example:
        >>> list(files_to_push("exp/packed", "someone/c2ser-emodb"))  # doctest: +SKIP
        ['README.md', 'SHA256SUMS', 'config.yaml', 'model.safetensors']
    """
    folder = Path(folder)
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise InputError(f"{repo_id}: not the id of a repository ({str(error).splitlines()[0]})") from None
    read_pack(folder)
    verify_files(folder)
    if not (folder / MANIFEST).is_file():
        raise InputError(
            f"{folder}: packed by an earlier version, without checksums and card; pack it again: "
            f"python -m c2ser.bin.pack --packed {folder} --output_dir NEW"
        )
    files: dict[str, Path | bytes] = {name: folder / name for name in (MANIFEST, *manifest_names(folder))}
    if (folder / CARD).is_file():
        check_card(folder / CARD)
        text = (folder / CARD).read_text(encoding="utf-8")
        files = {CARD: _USE.sub(rf'\1"{repo_id}"', text).encode(), **files}
    else:
        logger.warning("%s: has no %s; nobody will know what the model is for", folder, CARD)
    return files


@contextmanager
def _one_line(repo_id: str) -> Iterator[None]:
    try:
        yield
    except LocalTokenNotFoundError:
        raise InputError(f"{repo_id}: you are not logged in; run hf auth login, or set HF_TOKEN") from None
    except (HfHubHTTPError, OSError) as error:  # also connections that fail, and HF_HUB_OFFLINE
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{repo_id}: cannot be uploaded ({reason})") from None
