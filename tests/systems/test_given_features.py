"""Tokens that a user brings along: the file of each utterance, its shape, and the encoder that they are of."""

import logging
import pickle
from pathlib import Path

import numpy as np
import pytest

from c2ser.data.provenance import Provenance
from c2ser.errors import InputError
from c2ser.systems.given_features import GivenFeatures

ONE = Provenance("1" * 32, "utterance", "float32", "exp/one")
TWO = Provenance("2" * 32, "utterance", "float32", "exp/two")


def given(folder: Path, encoder: Provenance | None = None) -> GivenFeatures:
    return GivenFeatures(folder, 4, encoder=encoder)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_tokens_of_an_utterance(tmp_path, dtype):
    tokens = np.random.default_rng(0).normal(size=(10, 4)).astype(dtype)
    np.save(tmp_path / "é 1.npy", tokens)
    read = given(tmp_path).read("é 1")
    assert read.dtype == np.float32 and np.array_equal(read, tokens.astype(np.float32))


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((99, 4)), r"of shape \(99, 4\); give the utterance's tokens, not its frames, .*, \(10, 4\)"),
        (np.zeros((10, 768)), r"of shape \(10, 768\); give the utterance's tokens"),
        (np.zeros(4), "not a matrix of numbers"),
        (np.zeros((1, 10, 4)), "not a matrix of numbers"),
        (np.array([["a"]]), "not a matrix of numbers"),
        (np.full((10, 4), np.nan), "NaN or infinite"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=f"a.npy: .*{message}"):
        given(tmp_path).read("a")


def test_files_that_are_not_arrays_are_refused(tmp_path):
    with pytest.raises(InputError, match="a.npy: no such file; features are looked for by the name"):
        given(tmp_path).read("a")
    np.savez(tmp_path / "zip.npz", a=np.zeros((10, 4)))
    archive = (tmp_path / "zip.npz").read_bytes()
    for content in (b"", b"text", pickle.dumps(np.zeros((10, 4))), archive):
        (tmp_path / "a.npy").write_bytes(content)
        with pytest.raises(InputError, match="a.npy: not a"):
            given(tmp_path).read("a")
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    with pytest.raises(InputError, match="a.npy: not an array of numpy's"):
        given(tmp_path).read("a")


def test_they_have_to_be_of_the_models_encoder(tmp_path, caplog):
    given(tmp_path, ONE).check(ONE)
    given(tmp_path, ONE).check(None)
    with pytest.raises(InputError, match="of exp/one .*, but the model was trained with exp/two"):
        given(tmp_path, ONE).check(TWO)
    assert not caplog.messages
    with caplog.at_level(logging.WARNING):
        given(tmp_path).check(TWO)
    assert "of an unknown encoder" in caplog.text and "exp/two" in caplog.text
