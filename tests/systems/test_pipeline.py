"""Files and arrays that users give: one line where they cannot be used, before the model sees them."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile
import torch
from helpers.spoken import recording, sentences
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec
from scipy.signal import resample_poly

from c2ser.acoustics.levels import Thresholds
from c2ser.data.batches import READ_AHEAD
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.rationales.templates import implicit_target
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.pipeline import C2SER
from c2ser.systems.segmentation import Segmentation


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

    def noted(batch, mode, **options):
        answered.append([len(speech.audio) for speech in batch])
        return recognize(batch, mode, **options)

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


def test_files_are_read_while_others_are_answered_but_no_more_than_some_batches_hold(model, tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(1), 16000)
    taken, ahead = [], Event()

    def files():
        for number in range(60):
            taken.append(number)
            if len(taken) == 2 * READ_AHEAD:
                ahead.set()
            yield tmp_path / "a.wav"

    results = model.recognize_files(files(), batch_samples=16000)
    next(results)
    assert ahead.wait(60) and len(taken) == 2 * READ_AHEAD
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


def test_arrays_have_a_rate_and_files_their_own(model, tmp_path):
    at_8k = resample_poly(noise(0.5), 1, 2)
    soundfile.write(tmp_path / "a.wav", at_8k, 8000, subtype="DOUBLE")
    file, array = model.recognize([tmp_path / "a.wav", at_8k], rate=8000)
    assert file.scores == pytest.approx(array.scores, rel=1e-4)
    assert file.seconds == array.seconds == 0.5
    assert file.path == str(tmp_path / "a.wav") and array.path is None
    assert array.scores != pytest.approx(model.recognize(at_8k).scores, rel=1e-3)
    assert model.recognize(torch.from_numpy(at_8k), rate=8000.0).scores == pytest.approx(array.scores, rel=1e-4)
    for rate in (44100.5, 100, -16000):
        with pytest.raises(InputError, match=f"^rate {rate}: not a sampling rate; give a whole number of Hz"):
            model.recognize(at_8k, rate=rate)


def test_folders_are_the_audio_files_in_them(model, tmp_path):
    names = ["a.wav", "more/b.flac", "more/c.wav"]
    (tmp_path / "in" / "more").mkdir(parents=True)
    for number, name in enumerate(names):
        soundfile.write(tmp_path / "in" / name, noise(0.2 + number / 10), 16000)
    (tmp_path / "in" / "notes.txt").write_text("not audio")
    recognitions = model.recognize(tmp_path / "in")
    assert [recognition.path for recognition in recognitions] == [str(tmp_path / "in" / name) for name in names]
    assert [recognition.seconds for recognition in recognitions] == [0.2, 0.3, 0.4]
    listed = model.recognize([tmp_path / "in", noise(0.2)])
    assert [recognition.path for recognition in listed] == [*(str(tmp_path / "in" / name) for name in names), None]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no audio files in this folder; check the path"):
        model.recognize(tmp_path / "empty")


@pytest.mark.parametrize("mode", ["implicit", "explicit"])
def test_emotions_narrow_the_label_set(model, mode):
    both = ("sad", "angry")
    narrowed = model.recognize([noise(0.3 + number / 10) for number in range(4)], mode, emotions=both)
    assert all(recognition.emotion in (*both, None) for recognition in narrowed)
    if mode == "implicit":
        assert all(tuple(recognition.scores) == ("angry", "sad") for recognition in narrowed)
    for emotions, message in (
        (("sad", "joyful"), "'joyful' is not in the model's label set; it has angry, happy, neutral"),
        ("sad", "'sad' is not a list of some of angry, happy"),
        ([], r"\[\] is not a list"),
    ):
        with pytest.raises(InputError, match=f"^emotions: {message}"):
            model.recognize(noise(0.1), mode, emotions=emotions)


def test_modes_that_do_not_exist_are_one_line(model):
    with pytest.raises(InputError, match="^mode 'fast': not a mode; give implicit or explicit$"):
        model.recognize(noise(0.1), "fast")


def test_features_are_those_of_files_and_arrays_at_any_rate(model, tmp_path):
    at_8k = resample_poly(noise(0.5), 1, 2)
    soundfile.write(tmp_path / "a.wav", at_8k, 8000, subtype="DOUBLE")
    from_file, from_array, short = model.emotion2vec.extract([tmp_path / "a.wav", at_8k, at_8k[:2000]], rate=8000)
    np.testing.assert_allclose(from_file["frames"], from_array["frames"], atol=1e-4)
    assert len(short["frames"]) < len(from_file["frames"])
    (from_folder,) = model.emotion2vec.extract(tmp_path, batch_samples=None)
    np.testing.assert_allclose(from_folder["utterance"], from_file["utterance"], atol=1e-4)
    with pytest.raises(InputError, match="^waveform 2: 2 s long, and an utterance has at most 1 s"):
        model.emotion2vec.extract([noise(1), noise(2)], 1)


def test_a_type_of_weights_is_that_of_all_parts(model):
    before = model.emotion2vec.fingerprint()
    assert model.to("cpu", "bfloat16") is model
    weights = (model.recognizer.model.llm, model.recognizer.model.whisper.encoder, model.emotion2vec.encoder)
    assert {next(part.parameters()).dtype for part in weights} == {torch.bfloat16}
    assert model.recognize(noise(0.5)).emotion in PAPER_EMOTIONS
    assert model.emotion2vec.fingerprint() == before
    with pytest.raises(InputError, match="^dtype: 'float17' is not a type of weights"):
        model.to("cpu", "float17")


def test_attributes_are_measured_beside_the_answer(model):
    pytest.importorskip("parselmouth", reason="the extra [recipe] is not installed")
    tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(16000) / 16000)
    plain, measured = model.recognize(tone), model.recognize(tone, measure=True)
    assert plain.measured is None and plain.text == measured.text
    assert measured.measured.attributes.pitch == pytest.approx(200, rel=0.02)
    assert measured.measured.undefined.keys() == {"rate"} and measured.measured.levels == {}
    model.recognizer.thresholds = Thresholds({"pitch": (100, 150), "energy": (-90, 0), "rate": (5, 9)})
    levels = model.recognize(resample_poly(tone, 3, 1), rate=48000, measure=True).measured.levels
    assert levels == {"pitch": "high", "energy": "medium"}


def test_long_recordings_are_answered_in_segments(model, tmp_path):
    spoken, spans = recording(1.0, sentences()[0], 30.0, sentences()[1], 1.0, sentences()[2], 0.5)
    soundfile.write(tmp_path / "long.wav", resample_poly(spoken, 3, 1), 48000)
    soundfile.write(tmp_path / "short.wav", noise(0.5), 16000)
    whole, short, array = model.recognize([tmp_path / "long.wav", tmp_path / "short.wav", spoken], scores=True)
    assert [(segment.start, segment.end) for segment in whole.segments] == [
        pytest.approx(span, abs=0.3) for span in spans
    ]
    assert whole.text == "" and whole.path == str(tmp_path / "long.wav") and whole.seconds == len(spoken) / 16000
    assert not short.segments and len(array.segments) == 3
    for segment in whole.segments:
        part = spoken[round(16000 * segment.start) : round(16000 * segment.end)]
        assert segment.recognition.scores == pytest.approx(model.recognize(part).scores, abs=0.05)
        assert segment.recognition.text and segment.recognition.path is None
    (cut,) = model.recognize_files([spoken], segments=Segmentation(window=1.0, overlap=0.5))
    assert len(cut.segments) > 3
    with pytest.raises(InputError, match="^waveform 1: 125 s long, and an utterance has at most 120 s"):
        model.recognize(np.zeros(125 * 16000, np.float32), segments=False)
    silence = model.recognize(np.zeros(40 * 16000, np.float32))
    assert silence.invalid and silence.seconds == 40 and silence.segments == ()
