"""Jobs that share the conditions, started by the launchers, and killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.launchers import call, launchers, wait_for
from helpers.recipes import environment
from helpers.workspace import make_set, pack

from c2ser.bin import stability
from c2ser.data.commands import NOTE

CONDITIONS = """
prompts: {implicit: {free: ["How does the speaker feel?"]}}
samples: {temperatures: [5.0], answers: 2}
audio: {noise: [10], gain: [-10]}
alone: {sounds: [silence], number: 2, seconds: 0.5}
"""
JOBS = 2


@pytest.fixture(scope="module")
def options(tiny_llm, tmp_path_factory) -> list[str]:
    """Of a measurement, up to the folder that it writes to."""
    folder = tmp_path_factory.mktemp("parts")
    pack(folder, tiny_llm)
    make_set(folder / "data", speakers=range(1))
    (folder / "conditions.yaml").write_text(CONDITIONS)
    words = ["--model", folder / "packed", "--data_dir", folder / "data", "--conditions", folder / "conditions.yaml"]
    return [*map(str, words), "--output_dir"]


@pytest.fixture(scope="module")
def whole(options, tmp_path_factory) -> Path:
    """What one process writes."""
    output = tmp_path_factory.mktemp("whole")
    stability.main([*options, str(output)])
    return output


def contents(output: Path) -> dict[str, bytes]:
    """All files but journals, whose lines may be in another order, the command and the logs."""
    files = (path for path in output.rglob("*") if path.is_file() and path.suffix != ".jsonl" and path.name != NOTE)
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


@launchers
def test_jobs_that_were_killed_are_finished_to_the_same_bytes(launcher, options, whole, tmp_path):
    output = tmp_path / "out"
    jobs = [*launcher, "--num_threads", "1", f"PART=1:{JOBS}", f"{tmp_path}/log/stability.PART.log", sys.executable]
    jobs += ["-m", "c2ser.bin.stability", *options, str(output), "--part", f"PART/{JOBS}"]
    with subprocess.Popen(jobs, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        wait_for(lambda: any(path.stat().st_size for path in output.glob("conditions/*/answers/*.jsonl")), 100)
        started.send_signal(signal.SIGTERM)
        assert started.wait() != 0
    there = {path: path.read_bytes() for path in output.glob("conditions/*/utt2emo")}
    done = call(jobs, env=environment())
    assert done.returncode == 0, done.stderr
    assert not (output / "result.json").exists() and all(path.read_bytes() == own for path, own in there.items())
    answered = {path: path.read_bytes() for path in output.glob("conditions/*/answers/*.jsonl")}
    stability.main([*options, str(output)])
    assert contents(output) == contents(whole)
    assert {path: path.read_bytes() for path in answered} == answered  # the last call answers nothing


@pytest.mark.parametrize("part", ["0/2", "3/2", "2", "a/b", "1/0"])
def test_a_part_that_is_none_is_wrong_usage(part, options, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        stability.main([*options, str(tmp_path), "--part", part])
    assert ended.value.code == 2 and f"'{part}' is not a part of several such as 2/4" in capsys.readouterr().err
