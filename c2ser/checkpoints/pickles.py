"""Checkpoints from elsewhere: the tensors and plain containers in a pickle, and nothing that the pickle would run."""

import pickletools
import sys
import zipfile
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import torch

from c2ser.errors import InputError

# What is built as it is. Storages (``torch.FloatStorage``, ...) count among them.
_BUILT = {
    "_codecs.encode",  # how protocol 2 writes bytes
    "builtins.bytearray",
    "builtins.complex",
    "builtins.set",
    "collections.Counter",  # milestones of a scheduler
    "collections.OrderedDict",
    "torch.Size",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch.device",
}

# What configurations hold of the standard library: classes, type hints. It gets a stand-in; all else is refused.
_BUILTINS = "bool bytes dict float frozenset int list object range set slice str tuple type"
_CONFIGURATION = {
    "_operator.getitem",
    "argparse.Namespace",
    "builtins.getattr",  # how Python 3.11.0 to 3.11.3 write the members of an enum; its stand-in looks nothing up
    "collections.defaultdict",
    "types.GenericAlias",
}
_CONFIGURATION |= {f"builtins.{name}" for name in _BUILTINS.split()}
_CONFIGURATION_MODULES = {"datetime", "enum", "pathlib", "pathlib._local", "typing"}  # _local: in Python 3.13

# Operations that reach a class or function by another way than its name in the pickle; torch.save writes none.
_INDIRECT = {"EXT1", "EXT2", "EXT4", "OBJ", "STACK_GLOBAL"}


class StandIn:
    """Takes the place of any object whose class is neither a tensor nor a plain container; keeps nothing."""

    def __init__(self, *_):
        pass

    def __setstate__(self, _):
        pass


def _plain_dict(*_) -> dict:
    """What `collections.defaultdict` becomes; its items follow."""
    return {}


def load_checkpoint(path: str | Path) -> object:
    """Reads a file of ``torch.save`` (zip or legacy) that is not trusted.

    Nothing that the file names is imported or run: tensors and plain containers are built by PyTorch's own
    interpreter for weights, objects of other libraries, installed or not, become `StandIn`.

    Raises:
        InputError: the file is missing, no checkpoint or cut short, or names what no checkpoint needs.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        names = _named(path)
        stand_ins = {name: StandIn for name in names if not _is_built(name)}
        stand_ins |= {"collections.defaultdict": _plain_dict}
        with torch.serialization.safe_globals([(build, name) for name, build in stand_ins.items()]):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except (InputError, OSError):
        raise
    except Exception as error:  # what a broken or forged file makes readers raise is without limit
        reason = (str(error).split("WeightsUnpickler error:")[-1].strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{path}: no checkpoint of torch.save, cut short, or with objects that cannot be left out ({reason})"
        ) from error


def _named(path: Path) -> set[str]:
    """Finds all classes and functions that a checkpoint names, without building anything; refuses what might run."""
    names = set()
    with _pickles(path) as (file, count):
        for _ in range(count):
            for operation, argument, _ in pickletools.genops(file):
                if operation.name in _INDIRECT:
                    raise InputError(
                        f"{path}: refused, its pickle has the operation {operation.name}, which could hide what it "
                        "runs; nothing was run. If you trust its source, save it anew with torch.save's defaults"
                    )
                if operation.name in ("GLOBAL", "INST"):
                    names.add(_modern(*argument.split(" ", 1)))
    for name in sorted(names):
        if _is_refused(name):
            raise InputError(f"{path}: refused, it asks for '{name}', which no checkpoint needs; nothing was run")
    return names


@contextmanager
def _pickles(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """Opens the pickles of a checkpoint: one in a zip; magic number, version, system and object in a legacy file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            (entry,) = (name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl"))
            with archive.open(entry) as file:
                yield file, 1
    else:
        with open(path, "rb") as file:
            yield file, 4


def _modern(module: str, name: str) -> str:
    """The full name in Python 3 of what a pickle of protocol 2 calls by its name in Python 2."""
    module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
    return f"{module}.{name}"


def _is_built(name: str) -> bool:
    if name in _BUILT or (name.startswith("torch.") and name.endswith("Storage")):
        return True
    return isinstance(getattr(torch, name.removeprefix("torch."), None), torch.dtype)


def _is_refused(name: str) -> bool:
    module = name.rpartition(".")[0]
    harmless = _is_built(name) or name in _CONFIGURATION or module in _CONFIGURATION_MODULES
    return not harmless and module.partition(".")[0] in {*sys.stdlib_module_names, "torch"}
