"""The comparison with fairseq's data2vec 2.0, without fairseq: its batches, c2ser's side, and what it says."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
import soundfile
from helpers.paths import ROOT

from c2ser.emotion2vec.encoder import Emotion2VecConfig
from c2ser.emotion2vec.pretraining import PretrainingConfig

SMALL = ROOT / "egs/c2ser/conf/small/emotion2vec_s.yaml"


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:  # the processes that it starts have to find it, too
        patch.syspath_prepend(ROOT / "tools/benchmark")
        yield importlib.import_module("data2vec")


@pytest.fixture(scope="module")
def job(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    for number, seconds in enumerate((0.5, 0.6, 0.7)):
        soundfile.write(folder / f"{number}.wav", rng.normal(scale=0.1, size=int(8000 * seconds)), 8000)
    options = ["--fairseq", "none", "--audio_dir", folder, "--config", SMALL, "--batch_seconds", 1, "--updates", 2]
    return tool.make_job(tool.parse_arguments(list(map(str, options))), tmp_path_factory.mktemp("converted"))


def test_batches_are_long_enough_and_at_16_khz(job):
    seconds = [[soundfile.info(job.files[number]).duration for number in batch] for batch in job.batches]
    assert seconds == [[0.5, 0.6], [0.7, 0.5], [0.6, 0.7]]
    assert {soundfile.info(file).samplerate for file in job.files} == {16000}


def test_sizes_are_those_of_the_configuration_but_for_what_is_random(job):
    assert (job.encoder.dim, job.encoder.prenet_depth, job.encoder.layerdrop) == (96, 1, 0.0)
    assert (job.pretraining.decoder_dim, job.pretraining.clones, job.pretraining.mask_exact) == (96, 2, True)
    assert isinstance(job.encoder, Emotion2VecConfig) and isinstance(job.pretraining, PretrainingConfig)


def test_an_update_of_c2ser_moves_student_and_teacher(tool, job):
    model, update = tool.build_here(job)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for batch in job.batches:
        update(batch)
    moved = {name for name, weight in model.named_parameters() if not weight.equal(before[name])}
    assert {"student.blocks.0.fc1.weight", "teacher.blocks.0.fc1.weight", "decoder.proj.weight"} <= moved
    assert model.updates == len(job.batches)


def test_a_side_is_measured_in_a_process_of_its_own(tool, job):
    measured = tool.measure(tool.build_here, job)
    assert len(measured.seconds) == len(job.batches) - 1 and min(measured.seconds) > 0
    assert measured.peak >= measured.start > 2**20


def test_without_a_checkout_it_is_one_line(tool, tmp_path):
    with pytest.raises(SystemExit, match="no checkout of fairseq.*docs/benchmarks.md") as ended:
        tool.main(["--fairseq", str(tmp_path), "--audio_dir", str(tmp_path)])
    assert "\n" not in ended.value.code


def test_a_fairseq_that_does_not_load_is_one_line(tool, job, tmp_path, capfd):
    models = tmp_path / "examples" / "data2vec" / "models"
    models.mkdir(parents=True)
    (tmp_path / "examples" / "__init__.py").touch()  # without it, any examples.py on the path goes first
    (models / "data2vec2.py").write_text("raise ValueError('too\\nold')")
    with pytest.raises(SystemExit, match="1"):
        tool.measure(tool.build_fairseq, job._replace(fairseq=tmp_path))
    (line,) = capfd.readouterr().err.splitlines()
    assert "fairseq does not load in this Python (too); docs/benchmarks.md" in line
