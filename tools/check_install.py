#!/usr/bin/env python3
"""Shows what this Python and this machine have for c2ser, as one table; exits 1 where a required part is missing."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Iterator

OPTIONAL_PACKAGES = {"deepspeed": "training with ZeRO", "flash-attn": "faster attention on GPUs"}
CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
Row = tuple[str, str, str, str]  # part, what was found, ok | missing | unfit | none, what to do or what it is for


def package_rows(extras: list[str]) -> Iterator[Row]:
    """Yields a row for c2ser and each package that it requires with ``extras``."""
    try:
        distribution = importlib.metadata.distribution("c2ser")
        from packaging.requirements import Requirement
        from packaging.specifiers import SpecifierSet
    except ImportError as error:
        yield "c2ser", "-", "missing", f"run tools/install.sh ({error})"
        return
    yield "c2ser", distribution.version, "ok", ""
    needed = {}
    for requirement in map(Requirement, distribution.requires or []):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ["", *extras]):
            needed[requirement.name] = needed.get(requirement.name, SpecifierSet()) & requirement.specifier
    for name, versions in sorted(needed.items(), key=lambda item: item[0].lower()):
        try:
            version = importlib.metadata.version(name)
        except ImportError:
            yield name, "-", "missing", f"run tools/install.sh (needs {versions})"
            continue
        if versions.contains(version, prereleases=True):
            yield name, version, "ok", ""
        else:
            yield name, version, "unfit", f"run tools/install.sh (needs {versions})"


def python_row() -> Row:
    """The Python that runs this: c2ser takes 3.10 to 3.13."""
    fits = (3, 10) <= sys.version_info < (3, 14)
    return "Python", platform.python_version(), "ok" if fits else "missing", "" if fits else "needs 3.10 to 3.13"


def espeak_row() -> Row:
    """Starts eSpeak NG and asks it for an English and a Mandarin voice."""
    import ctypes

    part, needs = "eSpeak NG", "run tools/install.sh (espeakng-loader)"
    try:
        loader = importlib.import_module("espeakng_loader")
        library = ctypes.CDLL(loader.get_library_path())
    except (ImportError, OSError) as error:
        return part, str(error), "missing", needs
    retrieval, dont_exit = 1, 0x8000
    if library.espeak_Initialize(retrieval, 0, loader.get_data_path().encode(), dont_exit) < 0:
        return part, "does not start", "missing", needs
    voices = [voice for voice in ("en-us", "cmn") if library.espeak_SetVoiceByName(voice.encode()) == 0]
    return part, "voices " + ", ".join(voices), "ok" if len(voices) == 2 else "missing", "speaking rate, mini_emo"


def machine_rows() -> Iterator[Row]:
    """Yields rows for processor, GPUs and Slurm, none of which is required."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield "CPU", f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB", "ok", ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = set(file.read().split())
    found = [flag for flag in CPU_FLAGS if flag in flags]
    note = "" if any("bf16" in flag for flag in found) else "bfloat16 is slow on this CPU"
    yield "CPU features", ", ".join(found) or "-", "none" if note else "ok", note
    yield from gpu_rows()
    yield slurm_row()


def slurm_row() -> Row:
    """Asks Slurm for its version, which it only tells where it is configured."""
    try:
        version = subprocess.run(["sbatch", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "Slurm", "-", "none", "only --cmd_backend local"
    return "Slurm", version, "ok", "--cmd_backend slurm"


def gpu_rows() -> Iterator[Row]:
    """Yields a row for each GPU that PyTorch sees."""
    try:
        import torch
    except ImportError:
        return
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        bfloat16 = "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no bfloat16"
        yield f"GPU {index}", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, {bfloat16}", "ok", ""
    if torch.cuda.device_count() == 0:
        yield "GPU", "-", "none", "all stages run on the CPU"


def optional_rows() -> Iterator[Row]:
    """Yields a row for each package that is used where it is installed."""
    for package, use in OPTIONAL_PACKAGES.items():
        try:
            yield package, importlib.metadata.version(package), "ok", use
        except ImportError:
            yield package, "-", "none", f"{use}: pip install {package}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", default="recipe", help="c2ser's extras to look for, comma-separated")
    parser.add_argument("--quiet", action="store_true", help="look for Python packages only, answer by exit code only")
    args = parser.parse_args()
    rows = [python_row(), *package_rows(args.extras.split(","))]
    if not args.quiet:
        rows += [espeak_row(), *machine_rows(), *optional_rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for part, found, state, note in rows:
            print(f"{part:{widths[0]}}  {found:{widths[1]}}  {state:{widths[2]}}  {note}".rstrip())
    sys.exit(any(state in ("missing", "unfit") for _, _, state, _ in rows))


if __name__ == "__main__":
    main()
