"""The exported graph, run by onnxruntime, against PyTorch."""

import builtins

import numpy as np
import pytest
from helpers.funasr import LABELS, SMALL, SMALL_AUDIO, TOKENS, build_funasr, configuration, noise, write_funasr

from c2ser.bin import export
from c2ser.emotion2vec import Emotion2Vec, Emotion2VecConfig, Emotion2VecEncoder
from c2ser.errors import InputError
from c2ser.packing import export_onnx, quantize

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """FunASR's small model with a classifier as the Emotion2Vec of a packed model, its session, its file."""
    folder = tmp_path_factory.mktemp("export")
    config = configuration(SMALL, SMALL_AUDIO)
    theirs = build_funasr(config, len(TOKENS))
    model = Emotion2Vec.from_pretrained(write_funasr(folder / "theirs", theirs.state_dict(), config))
    model.save_pretrained(folder / "packed" / "emotion2vec_s")
    export.main(["--model", str(folder / "packed"), "--output", str(folder / "model.onnx")])
    return model, load(folder / "model.onnx"), folder / "model.onnx"


def load(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def run(session, waves: list[np.ndarray]) -> list[np.ndarray]:
    lengths = np.array([len(wave) for wave in waves])
    padded = np.stack([np.pad(wave, (0, lengths.max() - len(wave))) for wave in waves])
    return session.run(None, {"waveforms": padded, "lengths": lengths})


@pytest.mark.parametrize("seconds", [(0.03,), (1,), (2.345,), (8,), (1, 3.21, 0.4), (0.9, 0.9)])
def test_any_batch_and_length_gives_what_pytorch_computes(exported, seconds):
    model, session, _ = exported
    waves = noise(*seconds)
    utterance, frames, counts, probabilities = run(session, waves)
    for row, features in enumerate(model.extract(waves)):
        np.testing.assert_allclose(utterance[row], features["utterance"], rtol=0, atol=1e-4)
        assert counts[row] == len(features["frames"])
        np.testing.assert_allclose(frames[row, : counts[row]], features["frames"], rtol=0, atol=1e-4)
    for row, classes in enumerate(model.classify(waves)):
        np.testing.assert_allclose(probabilities[row], list(classes.values()), rtol=0, atol=1e-4)


def test_the_file_says_what_it_takes_and_gives(exported):
    model, session, _ = exported
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["labels"].split() == list(LABELS) and facts["sample_rate"] == "16000"
    assert int(facts["minimum_samples"]) == model.encoder.config.minimum_samples
    shapes = {value.name: value.shape for value in [*session.get_inputs(), *session.get_outputs()]}
    assert shapes["waveforms"] == ["batch", "samples"] and shapes["frames"] == ["batch", "num_frames", 24]
    assert shapes["probabilities"] == ["batch", len(LABELS)]


def test_int8_is_smaller_and_nearly_the_same(exported, tmp_path):
    model, _, path = exported
    quantize(path, tmp_path / "int8.onnx")
    assert (tmp_path / "int8.onnx").stat().st_size < path.stat().st_size
    (wave,) = noise(1.5)
    utterance, frames, *_ = run(load(tmp_path / "int8.onnx"), [wave])
    (features,) = model.extract([wave])
    for found, exact in ((utterance[0], features["utterance"]), (frames[0], features["frames"])):
        assert not np.allclose(found, exact, rtol=0, atol=1e-4)
        norms = np.linalg.norm(found, axis=1) * np.linalg.norm(exact, axis=1)
        assert ((found * exact).sum(axis=1) / norms).mean() > 0.99


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    imported = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "onnxscript":
            raise ModuleNotFoundError("No module named 'onnxscript'", name=name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"onnxscript is not installed, .* install c2ser\[onnx\]"):
        export_onnx(Emotion2Vec(Emotion2VecEncoder(Emotion2VecConfig(dim=16, heads=2))), tmp_path / "model.onnx")
