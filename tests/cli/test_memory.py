"""How much oneDNN keeps, and whether freed memory is given back to the system."""

import os
import platform
import subprocess
import sys

import pytest

from c2ser.cli.memory import MALLOC_SETTINGS

BLOCKS = """
import resource
from argparse import Namespace
from c2ser.cli import device, training_command

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        bytearray(24 * 2**20), bytearray(24 * 2**20), bytearray(24 * 2**20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    raise SystemExit
"""
COMPUTING, TRAINING = "device(Namespace(ngpu=0)); faults()", "training_command('', faults)([])"
ANEW = 25 * 72 * 2**20 // os.sysconf("SC_PAGE_SIZE")  # pages, if half of the blocks get new memory


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
@pytest.mark.parametrize("call", [COMPUTING, TRAINING])
def test_what_tensors_have_freed_is_used_again_unless_the_environment_says_otherwise(call):
    assert int(output(BLOCKS + call)) < ANEW / 8
    assert int(output(BLOCKS + call, MALLOC_TRIM_THRESHOLD_="131072")) > ANEW
    assert int(output(BLOCKS + "faults()")) > ANEW
