"""Acoustic teachers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pseudo_label import EMOTIONS, sound

from c2ser.data.audio import read_audio
from c2ser.data.tables import read_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.errors import InputError
from c2ser.pseudo_label.acoustic import head_teacher, log_mel_statistics, probe_teacher


def test_a_probe_teaches_from_an_encoders_vectors(sets, tmp_path):
    folder = tiny_emotion2vec(tmp_path / "model", ())
    answers = probe_teacher(sets["train_dir"], tmp_path / "vectors", model=str(folder))(sets["held_out_dir"])
    truth = read_table(sets["held_out_dir"] / "utt2emo")
    assert answers.keys() == truth.keys()
    assert sum(answers[utt].emotion == emotion for utt, emotion in truth.items()) >= 12
    assert all(0.5 <= answer.confidence <= 1 for answer in answers.values())


def test_a_head_answers_with_its_own_classes_and_not_where_they_are_none_of_the_set(sets, tmp_path):
    labels = ("angry", "happy", "other", "sadness", "unknown")
    folder = tiny_emotion2vec(tmp_path / "model", labels)
    data = sets["held_out_dir"]
    answers = head_teacher(EMOTIONS, tmp_path / "vectors", model=str(folder))(data)
    names = {"angry": "angry", "sadness": "sad"}
    expected = {}
    for utt, path in read_table(data / "wav.scp").items():
        (probabilities,) = Emotion2Vec.from_pretrained(folder).classify([read_audio(path)])
        most_probable = max(probabilities, key=probabilities.get)
        if most_probable in names:
            expected[utt] = names[most_probable], pytest.approx(probabilities[most_probable], abs=1e-4)
    assert answers == expected and 0 < len(answers) < 16
    for emotions, model in ((("neutral", "bored"), folder), (EMOTIONS, tiny_emotion2vec(tmp_path / "bare", ()))):
        with pytest.raises(InputError, match="fewer than two classes are in .*; use an emotion2vec"):
            head_teacher(emotions, tmp_path / "vectors", model=str(model))


def tiny_emotion2vec(folder: Path, labels: tuple[str, ...]) -> Path:
    """Random weights; its classes are told apart by random directions from the mean over such noise as is here."""
    torch.manual_seed(0)
    layers = ((8, 10, 5), (8, 3, 2), (8, 3, 2))
    config = Emotion2VecConfig(layers, 16, 2, 1, 1, position_layers=1, position_width=9, position_groups=2)
    model = Emotion2Vec(Emotion2VecEncoder(config), labels)
    if labels:
        rng = np.random.default_rng(1)
        waves = [sound(emotion, rng).astype(np.float32) for emotion in EMOTIONS for _ in range(8)]
        means = torch.from_numpy(np.stack([output["frames"].mean(axis=0) for output in model.extract(waves)]))
        torch.nn.init.normal_(model.head.weight, std=30)
        model.head.bias.copy_(-model.head.weight @ means.mean(axis=0))
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("num_samples", [1, 399, 400, 16000])
def test_log_mel_statistics_ignore_level_and_take_any_length(num_samples):
    wave = np.random.default_rng(0).standard_normal(num_samples)
    statistics = log_mel_statistics(wave)
    assert statistics.shape == (120,) and np.isfinite(statistics).all()
    np.testing.assert_allclose(statistics, log_mel_statistics(0.1 * wave), atol=1e-3)
