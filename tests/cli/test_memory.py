"""How much oneDNN keeps, and whether freed memory is given back to the system."""

import os
import platform
import subprocess
import sys

import pytest

from c2ser.cli.memory import MALLOC_SETTINGS

BLOCKS = """
import resource
from c2ser.cli import command, training_command

def faults(args=None):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        bytearray(8 * 2**20), bytearray(24 * 2**20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    raise SystemExit
"""
COMMANDS = ["command('', lambda parser: None, run=faults)([])", "training_command('', faults)([])"]


def output(code: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in MALLOC_SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**kept, **environment}, check=True
    )
    return done.stdout


def test_the_caches_are_bounded_before_pytorch_is_imported_and_as_the_environment_says():
    code = (
        "import os, sys; from c2ser.cli import command\n"
        "def run(args): print('torch' in sys.modules, *map(os.environ.get, c2ser.cli.memory.CACHES))\n"
        "import c2ser.cli.memory; os.environ.pop('ONEDNN_PRIMITIVE_CACHE_CAPACITY', None)\n"
        "command('', lambda parser: None, run=run)([])"
    )
    assert output(code, LRU_CACHE_CAPACITY="7").split() == ["False", "32", "7"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep what is freed")
@pytest.mark.parametrize("call", COMMANDS)
def test_what_is_freed_is_used_again_unless_the_environment_says_otherwise(call):
    pages = 32 * 2**20 // os.sysconf("SC_PAGE_SIZE")
    assert int(output(BLOCKS + call)) < 3 * pages  # allocated once, not fifty times
    assert int(output(BLOCKS + call, MALLOC_TRIM_THRESHOLD_="131072")) > 25 * pages
