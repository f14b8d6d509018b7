"""Files and arrays that users give: one line where they cannot be used, before the model sees them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.rationales.templates import implicit_target
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.pipeline import C2SER


@pytest.fixture
def model(llms, tmp_path) -> C2SER:
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(tmp_path / "encoder", width=ACOUSTIC_WIDTH))
    return C2SER(encoder, C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS, constrained=True))


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.1, size=int(seconds * 16000))


def test_files_and_arrays_of_floating_point_are_the_same(model, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0.5), 16000, subtype="DOUBLE")
    path, array = model.recognize([tmp_path / "a.wav", noise(0.5)])
    assert (path.emotion, path.text) == (array.emotion, array.text) and path.emotion in PAPER_EMOTIONS
    assert path.scores == pytest.approx(array.scores, rel=1e-4)  # rows of a batch differ by rounding


@pytest.mark.parametrize(
    "array, message",
    [
        ((noise(0.1) * 32767).astype(np.int16), "int16"),
        (np.full(1000, np.nan, np.float32), "NaN or infinite"),
        (np.zeros((2, 1000), np.float32), r"shape \(2, 1000\)"),
        (noise(0.1) * 32767, "full scale is 1"),
        (np.zeros(121 * 16000, np.float32), "121 s long, and an utterance has at most 120 s"),
    ],
)
def test_arrays_that_are_not_waveforms_are_one_line(model, array, message):
    with pytest.raises(InputError, match=f"^waveform 2: .*{message}.*$"):
        model.recognize([noise(0.1), array])


def test_a_language_is_answered_in_and_has_to_be_a_code(model, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0.5), 16000)
    texts = {}
    for language in ("en", "zh", "de"):
        answer = model.recognize(tmp_path / "a.wav", language=language)
        (from_files,) = model.recognize_files([tmp_path / "a.wav"], language=language)
        texts[language] = answer.text
        assert answer.text == from_files.text == implicit_target(answer.emotion, language)
    assert texts["en"] == texts["de"] != texts["zh"]
    for recognize in (model.recognize, lambda *rest, **more: next(model.recognize_files(*rest, **more))):
        with pytest.raises(InputError, match="^language 'English': not a code of ISO 639-1 such as en$"):
            recognize([tmp_path / "a.wav"], language="English")


def test_files_that_cannot_be_used_are_one_line(model, tmp_path):
    def refused(path: Path, message: str) -> None:
        with pytest.raises(InputError, match=f"^{path}: .*{message}.*$"):
            model.recognize(path)

    refused(tmp_path / "gone.wav", "no such file; check the path")
    soundfile.write(tmp_path / "long.wav", np.zeros(8000 * 121), 8000)
    refused(tmp_path / "long.wav", "121 s long, and an utterance has at most 120 s")
    soundfile.write(tmp_path / "loud.wav", noise(0.1) * 32767, 16000, subtype="FLOAT")
    refused(tmp_path / "loud.wav", "full scale is 1; divide by 32768")


def test_files_are_answered_in_batches_and_given_back_in_order(model, tmp_path):
    seconds = [0.3, 0.9, 0.1, 0.5, 0.7, 0.2]
    files = [tmp_path / f"{number}.wav" for number in range(len(seconds))]
    for file, length in zip(files, seconds, strict=True):
        soundfile.write(file, noise(length), 16000)
    files[2].write_bytes(b"not audio")
    answered: list[list[int]] = []
    recognize = model.recognizer.recognize

    def noted(batch, mode):
        answered.append([len(speech.audio) for speech in batch])
        return recognize(batch, mode)

    model.recognizer.recognize = noted
    results = list(model.recognize_files(files, batch_samples=16000))
    assert [[round(samples / 16000, 1) for samples in batch] for batch in answered] == [[0.9], [0.7], [0.5, 0.3], [0.2]]
    model.recognizer.recognize = recognize
    for file, result in zip(files, results, strict=True):
        if file == files[2]:
            assert isinstance(result, InputError) and str(result).startswith(f"{file}: ")
        else:
            alone = model.recognize(file)
            assert (result.emotion, result.text) == (alone.emotion, alone.text)
            assert result.scores == pytest.approx(alone.scores, rel=1e-4)


def test_no_more_files_are_read_than_some_batches_hold(model, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(1), 16000)
    taken = []

    def files():
        for number in range(60):
            taken.append(number)
            yield tmp_path / "a.wav"

    results = model.recognize_files(files(), batch_samples=16000)
    next(results)
    assert len(taken) == 16
    assert len(list(results)) == 59 and len(taken) == 60


def test_given_tokens_are_used_instead_of_computed_ones(model, tmp_path):
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for file in files:
        soundfile.write(file, noise(0.5), 16000)
    own = model.emotion2vec.extract([noise(0.5).astype(np.float32)])[0]["utterance"]
    np.save(tmp_path / "a.npy", own)
    np.save(tmp_path / "b.npy", -4 * own)
    encoder = feature_provenance(model.emotion2vec, "utterance")
    given = GivenFeatures(tmp_path, ACOUSTIC_WIDTH, encoder=encoder)
    first, second = model.recognize_files(files, features=given)
    assert first.scores == pytest.approx(model.recognize(files[0]).scores, rel=1e-3)
    assert second.scores != pytest.approx(first.scores, rel=1e-3)
    (tmp_path / "b.npy").unlink()
    _, missing = model.recognize_files(files, features=given)
    assert isinstance(missing, InputError) and "b.npy: no such file" in str(missing)
    other = replace(given, encoder=replace(encoder, encoder="0" * 32))
    with pytest.raises(InputError, match="but the model was trained with"):
        next(model.recognize_files(files, features=other))
