"""What models share."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["c2ser.tasks.alm", "c2ser.systems.c2ser", "c2ser.lm.chat.local"])
def test_attention_does_not_take_cudnn(module):
    """Whatever runs a model: trainings, Python code and the commands; cuDNN plans anew for each length of a batch."""
    if module.startswith("c2ser.tasks"):
        pytest.importorskip("espnet2")
    program = f"import torch, {module}; raise SystemExit(torch.backends.cuda.cudnn_sdp_enabled())"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
