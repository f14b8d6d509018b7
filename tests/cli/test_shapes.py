"""How much oneDNN keeps."""

import os
import subprocess
import sys


def test_the_caches_are_bounded_before_pytorch_is_imported_and_as_the_environment_says():
    code = (
        "import os, sys; from c2ser.cli import command\n"
        "def run(args): print('torch' in sys.modules, *map(os.environ.get, c2ser.cli.shapes.CACHES))\n"
        "import c2ser.cli.shapes; command('', lambda parser: None, run=run)([])"
    )
    environment = {**os.environ, "LRU_CACHE_CAPACITY": "7"}
    environment.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["False", "32", "7"]
