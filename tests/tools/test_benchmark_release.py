"""The comparison with the release's way: which answers are the same, and that each system has a time."""

import runpy

import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.packing.packed_model import PackedModel

TOOL = ROOT / "tools/benchmark/release.py"


@pytest.mark.parametrize("beams", [1, 4])
def test_one_by_one_the_answers_are_those_of_the_releases_call(llms, tmp_path, capsys, beams):
    rng = np.random.default_rng(0)
    for number in range(6):
        soundfile.write(tmp_path / f"{number}.wav", rng.normal(scale=0.1, size=4000 + 3000 * number), 16000)
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(tmp_path / "encoder", width=ACOUSTIC_WIDTH))
    PackedModel(model_with(llms["qwen2"]), encoder, PAPER_EMOTIONS, {}).save(tmp_path / "packed")
    options = ["--audio_dir", tmp_path, "--model", tmp_path / "packed", "--clips", 6, "--shortest", 0.2, "--batch", 2]
    options += ["--tokens", 10, "--beams", beams, "--threads", torch.get_num_threads()]
    runpy.run_path(str(TOOL))["main"](list(map(str, options)))
    table = capsys.readouterr().out.split("\n\n")[1].splitlines()[1:]
    rows = {line[:26].strip(): line[26:].split() for line in table}
    assert rows["as the release"][1:] == ["1.00", "6/6", "6/6"]
    assert rows["one by one"][2:] == ["6/6", "6/6"]
    assert rows["batches of 2, float32"][3] == "6/6"
    assert all(float(value) > 0 for row in rows.values() for value in row[:2])
