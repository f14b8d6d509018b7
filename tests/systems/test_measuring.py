"""Levels and words of speech: measured as those of the training set were, and one line where they cannot be."""

import csv
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from helpers.tiny_alm import ACOUSTIC_WIDTH, build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec
from helpers.tiny_whisper import RATE, tiny_whisper, waveform

from c2ser import C2SER
from c2ser.acoustics.attributes import measure_attributes, read_attributes
from c2ser.acoustics.levels import Thresholds
from c2ser.bin import infer
from c2ser.data.decode import Recording
from c2ser.data.tables import write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.packing.packed_model import PackedModel
from c2ser.rationales.targets import build_cot
from c2ser.rationales.templates import explicit_parts
from c2ser.systems.measuring import SpeechMeasurer, read_levels
from c2ser.systems.recognizer import Speech
from c2ser.transcription import Transcriber

pytest.importorskip("parselmouth")

THRESHOLDS = Thresholds({"pitch": (100.0, 150.0), "energy": (-20.0, -10.0), "rate": (2.0, 9.0)})


@pytest.fixture(scope="module")
def whisper(tmp_path_factory) -> str:
    return str(tiny_whisper(tmp_path_factory.mktemp("whisper ü")))


@pytest.fixture(scope="module")
def original(tiny_llm, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "packed"
    emotion2vec = Emotion2Vec.from_pretrained(save_emotion2vec(folder.with_name("e2v"), ACOUSTIC_WIDTH))
    model = build(tiny_config(tiny_llm), seed=3)
    PackedModel(model, emotion2vec, list(PAPER_EMOTIONS), {}, thresholds=THRESHOLDS).save(folder)
    return folder


@pytest.fixture
def packed(original, tmp_path) -> Path:
    """A copy to be changed."""
    return shutil.copytree(original, tmp_path / "packed")


def voice(frequency: float, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    """Five harmonics, whose pitch is plain."""
    time = np.arange(int(seconds * rate)) / rate
    return sum(0.1 * np.sin(2 * np.pi * number * frequency * time) / number for number in range(1, 6)).astype("f4")


def test_levels_are_those_of_what_is_measured_and_words_those_of_whisper(whisper):
    transcriber = Transcriber.load(whisper)
    waves = [waveform(seconds, seed) for seed, seconds in enumerate((1.1, 0.4, 2.0, 1.5, 3.0))]
    heard = transcriber.transcribe(waves, ["en", None, "de", None, None])
    languages = ("en", None, "de", None, "xx")  # the last is not one of Whisper's
    batch = [Speech(wave, language=language) for wave, language in zip(waves, languages, strict=True)]
    measured = SpeechMeasurer(THRESHOLDS, transcriber).measure(batch)
    for speech, wave, language, said in zip(measured, waves, languages, heard, strict=True):
        assert (speech.transcript, speech.language) == (said.text or None, language or said.language)
        attributes, _ = measure_attributes(wave, RATE, text=speech.transcript, language=speech.language)
        assert speech.levels == THRESHOLDS.levels(attributes)
    assert any(speech.transcript for speech in measured)
    assert len({speech.levels for speech in measured}) > 1


def test_without_a_transcriber_words_and_rate_are_left_out():
    batch = [Speech(voice(frequency)) for frequency in (90, 120, 240)]
    measured = SpeechMeasurer(THRESHOLDS).measure(batch)
    assert [speech.levels[0] for speech in measured] == ["low", "medium", "high"]
    assert all(speech.levels[2] == "nan" and speech.transcript is None for speech in measured)
    assert SpeechMeasurer(THRESHOLDS).measure([]) == []


def test_pitch_is_measured_at_the_recordings_own_rate():
    recording = Recording(voice(240, rate=44100), 44100)
    speech = replace(Speech(voice(120)), recording=recording)
    (measured,) = SpeechMeasurer(THRESHOLDS).measure([speech])
    assert measured.levels[0] == "high" and measured.recording is None


def test_what_is_missing_is_one_line(packed, whisper, monkeypatch):
    def refused(**options) -> str:
        with pytest.raises(InputError) as error:
            C2SER.from_pretrained(packed, reasons="measured", **options)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "no-such-whisper" in refused(asr="someone/no-such-whisper")
    monkeypatch.setitem(sys.modules, "parselmouth", None)
    assert "parselmouth not installed; install c2ser with the extra [recipe]" in refused()
    monkeypatch.undo()
    (packed / "attribute_thresholds.yaml").write_text("pitch: low\n")
    assert "not a file of thresholds" in refused()
    (packed / "attribute_thresholds.yaml").unlink()
    assert f"{packed}/attribute_thresholds.yaml: no such file" in refused() and "--thresholds" in refused()
    assert C2SER.from_pretrained(packed).recognize(voice(120)).text  # all else needs none of them


def test_the_whisper_of_the_pack_transcribes_where_it_is_whole(packed, whisper, caplog, tmp_path, monkeypatch):
    assert SpeechMeasurer.load(packed).transcriber is None
    assert "has no Whisper that transcribes" in caplog.text
    path = packed / "config.yaml"
    mapping = yaml.safe_load(path.read_text())
    shutil.copytree(whisper, tmp_path / "someone" / "whisper")  # transformers takes it for the model of the hub
    monkeypatch.chdir(tmp_path)
    mapping["alm"]["whisper"] = "someone/whisper"
    path.write_text(yaml.safe_dump(mapping))
    assert SpeechMeasurer.load(packed).transcriber.languages == Transcriber.load(whisper).languages


def test_a_packed_model_concludes_from_what_is_measured_in_files_and_arrays(packed, whisper, tmp_path):
    model = C2SER.from_pretrained(packed, reasons="measured", asr=whisper, constrained=True)
    waves = [waveform(1.1, 0), voice(240), waveform(2.0, 2)]
    files = [tmp_path / f"{number}.wav" for number in range(3)]
    for file, wave in zip(files, waves, strict=True):
        soundfile.write(file, wave, RATE, subtype="FLOAT")
    answers = model.recognize(waves, "explicit")
    measured = SpeechMeasurer(THRESHOLDS, Transcriber.load(whisper)).measure([Speech(wave) for wave in waves])
    for speech, answer in zip(measured, answers, strict=True):
        before, after = explicit_parts(speech.levels, text=speech.transcript, language=speech.language)
        assert answer.text.startswith(before) and answer.text.endswith(after) and answer.emotion in answer.scores
    from_files = list(model.recognize_files(files, "explicit", batch_samples=RATE))
    assert [answer.text for answer in from_files] == [answer.text for answer in answers]
    assert model.recognize(waves[0], "implicit").rationale.quotes == ()
    model.save_pretrained(tmp_path / "again")
    assert PackedModel.load(tmp_path / "again").thresholds == THRESHOLDS


def test_infer_states_measured_reasons(packed, whisper, tmp_path, capsys):
    soundfile.write(tmp_path / "a.wav", waveform(1.1, 0), RATE, subtype="FLOAT")
    options = ["--model", str(packed), "--mode", "explicit", "--reasons", "measured", "--constrained", "--asr", whisper]
    infer.main([*options, str(tmp_path / "a.wav")])
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines(), delimiter="\t")
    emotion, text = row["emotion"], row["text"]
    (speech,) = SpeechMeasurer(THRESHOLDS, Transcriber.load(whisper)).measure([Speech(waveform(1.1, 0))])
    before, _ = explicit_parts(speech.levels, text=speech.transcript, language=speech.language)
    assert emotion in PAPER_EMOTIONS and text.startswith(before) and speech.transcript in text


def labelled_set(folder: Path, attributes: dict[str, str]) -> Path:
    folder.mkdir()
    write_table(folder / "utt2spk", {utt: utt[0] for utt in attributes})
    write_table(folder / "wav.scp", dict.fromkeys(attributes, "gone.wav"))
    write_table(folder / "utt2emo", dict.fromkeys(attributes, "sad"))
    write_table(folder / "attributes", attributes)
    return folder


@pytest.mark.parametrize("levels_by", [None, "speaker"])
def test_levels_of_a_set_are_those_that_build_cot_writes(tmp_path, levels_by):
    values = {f"{speaker}{n}": f"{base + 10 * n} -20 {n}" for speaker, base in (("a", 0), ("b", 100)) for n in range(9)}
    train = labelled_set(tmp_path / "train", values)
    build_cot(train, train, levels_by=levels_by)
    test = labelled_set(tmp_path / "test", {"a1": "81 -20 2", "b1": "150 nan 4", "c1": "120 -1 9"})
    build_cot(test, test, thresholds=train / "attribute_thresholds.yaml")
    thresholds = Thresholds.load(train / "attribute_thresholds.yaml")
    assert read_levels(test, thresholds) == read_levels(test)
    assert read_levels(test)["a1"][0] == ("high" if levels_by else "medium")
    assert read_levels(test)["b1"][1] == "nan"
    (test / "utt2spk").unlink()  # without it, all take the pooled thresholds
    pooled = {utt: thresholds.levels(values) for utt, values in read_attributes(test / "attributes").items()}
    assert read_levels(test, thresholds) == pooled


def test_a_set_without_levels_is_told_which_command_makes_them(tmp_path):
    test = labelled_set(tmp_path / "test", {"a1": "81 -20 2"})
    with pytest.raises(InputError, match="attribute_levels: no such file, so no reasons are measured; build_cot"):
        read_levels(test)
    (test / "attributes").unlink()
    with pytest.raises(InputError, match="attributes: no such file, .* extract_attributes makes it"):
        read_levels(test, THRESHOLDS)
    write_table(test / "attribute_levels", {"a1": "low loud high"})
    with pytest.raises(InputError, match="attribute_levels:1: .*run build_cot again"):
        read_levels(test)
