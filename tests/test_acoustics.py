"""Stage 2: attributes of tones and of real speech, levels by hand, and data directories with every kind of audio."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

pytest.importorskip("parselmouth", reason="needs the extra [recipe]")

from c2ser.acoustics.attributes import measure_attributes, read_attributes
from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.levels import Thresholds
from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.phonemes import count_phonemes
from c2ser.acoustics.pitch import mean_f0
from c2ser.acoustics.rate import speaking_rate, speech_seconds
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import Utterance, validate_data_dir, write_data_dir
from c2ser.data.tables import read_table
from c2ser.errors import InputError

RATE = 16000


def tone(frequency: float, seconds: float, amplitude: float = 0.5, sample_rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


@pytest.mark.parametrize("frequency", [100, 220, 450])
def test_f0_of_a_tone_is_its_frequency(frequency):
    assert mean_f0(tone(frequency, 1.0), RATE) == pytest.approx(frequency, rel=0.001)


def test_f0_is_the_mean_over_voiced_frames_only():
    with_pauses = np.concatenate([np.zeros(RATE, np.float32), tone(200, 1.0), np.zeros(RATE, np.float32)])
    assert mean_f0(with_pauses, RATE) == pytest.approx(200, rel=0.01)


def test_loudness_of_the_standards_own_tone():
    """BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LKFS, and loudness follows the level in dB."""
    assert integrated_loudness(tone(997, 3.0, 1.0), RATE) == pytest.approx(-3.01, abs=0.1)
    assert integrated_loudness(tone(997, 3.0, 0.1), RATE) == pytest.approx(-23.01, abs=0.1)


def test_loudness_of_short_utterances_is_that_of_long_ones():
    for samples in (800, 1600, 4799, 6399, 6400, 6401):
        assert integrated_loudness(tone(997, 1.0, 1.0)[:samples], RATE) == pytest.approx(-3.01, abs=0.5)
    for samples in range(1, 6500, 7):
        integrated_loudness(tone(997, 0.5)[:samples], RATE)


def test_phonemes_by_hand():
    assert count_phonemes("This is a cat.", "en") == 3 + 2 + 1 + 3
    assert count_phonemes("Das Papier", "de") == 3 + 5
    assert count_phonemes("你好", "zh") > 0
    assert count_phonemes("... !", "en") == 0
    assert count_phonemes("nuqneH", "xx") is None


def test_rate_counts_speech_time_only():
    speech = tone(200, 1.0)
    padded = np.concatenate([np.zeros(RATE // 2, np.float32), speech, np.zeros(RATE, np.float32)])
    assert speech_seconds(padded, RATE) == pytest.approx(1.0, abs=0.02)
    assert speaking_rate(padded, RATE, "This is a cat.", "en") == pytest.approx(9.0, rel=0.02)
    assert math.isnan(speaking_rate(speech, RATE, None, "en"))
    assert math.isnan(speaking_rate(speech, RATE, "nuqneH", "xx"))
    assert math.isnan(speaking_rate(np.zeros(RATE, np.float32), RATE, "cat", "en"))


def test_whatever_the_signal_nothing_crashes():
    noise = np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    silence = np.zeros(RATE, np.float32)
    clipped = np.sign(tone(150, 1.0))
    assert all(math.isnan(value) for value in measure_attributes(silence, "cat", "en"))
    assert measure_attributes(clipped).pitch == pytest.approx(150, rel=0.01)
    for signal in (noise, 1e-6 * noise, noise[:1], noise[:10], noise[:1600], silence[:1], silence[:1600]):
        measure_attributes(signal, "cat", "en")


def test_levels_by_hand(tmp_path):
    nan = float("nan")
    thresholds = Thresholds.fit([(100, -30, 10), (200, -20, nan), (300, -10, nan)])  # std of the first: 81.65
    assert thresholds.levels((118.3, -20, 10)) == ("low", "medium", "medium")
    assert thresholds.levels((118.4, -28.2, 9.9)) == ("medium", "low", "low")
    assert thresholds.levels((281.7, -11.8, nan)) == ("high", "high", "nan")
    assert thresholds.levels((281.6, -11.9, 10.1)) == ("medium", "medium", "high")
    thresholds.save(tmp_path / "thresholds.yaml")
    assert Thresholds.load(tmp_path / "thresholds.yaml") == thresholds
    assert yaml.safe_load((tmp_path / "thresholds.yaml").read_text())["rate"] == {"low": 10.0, "high": 10.0}


def test_an_attribute_the_training_set_lacks_has_no_level():
    assert Thresholds.fit([(100, -30, float("nan"))]).levels((100, -30, 5)) == ("medium", "medium", "nan")


def test_thresholds_that_cannot_be_read(tmp_path):
    path = tmp_path / "thresholds.yaml"
    with pytest.raises(InputError, match="no such file; build the training set"):
        Thresholds.load(path)
    for content in ("", "pitch: 3", "[1, 2", "pitch: {low: a, high: b}"):
        path.write_text(content)
        with pytest.raises(InputError, match="thresholds.yaml: no file of thresholds"):
            Thresholds.load(path)


@pytest.fixture
def corpus(tmp_path) -> Path:
    """A data directory with one utterance of each kind of audio, in a folder with a space and an umlaut."""
    folder = tmp_path / "Töne und Wörter"
    folder.mkdir()
    kinds = {
        "as_wanted": ("a.wav", 16000, 1, "PCM_16"),
        "flac": ("b.flac", 16000, 1, "PCM_16"),
        "float": ("c.wav", 16000, 1, "FLOAT"),
        "high_rate": ("d.wav", 48000, 1, "PCM_24"),
        "low_rate": ("e.wav", 8000, 1, "PCM_16"),
        "stereo": ("f.wav", 16000, 2, "PCM_16"),
    }
    utterances = []
    for utt, (name, sample_rate, channels, subtype) in kinds.items():
        samples = np.stack([tone(200, 1.0, sample_rate=sample_rate)] * channels, axis=1)
        soundfile.write(folder / name, samples, sample_rate, subtype=subtype)
        utterances.append(Utterance(utt, folder / name, "speaker", "happy", "This is a cat.", "en", "f"))
    write_data_dir(tmp_path / "data", utterances, ["happy"])
    return tmp_path / "data"


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_stage_2_writes_a_whole_data_directory(corpus, tmp_path):
    output = tmp_path / "dump"
    assert extract_attributes(corpus, output) == 6
    assert validate_data_dir(output) == []
    for name in ("utt2spk", "spk2utt", "utt2emo", "text", "utt2lang", "spk2gender"):
        assert (output / name).read_bytes() == (corpus / name).read_bytes()
    sources, stored = read_table(corpus / "wav.scp"), read_table(output / "wav.scp")
    assert {utt for utt in stored if stored[utt] == sources[utt]} == {"as_wanted", "flac"}
    attributes = read_attributes(output / "attributes")
    for utt, path in stored.items():
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert read_table(output / "utt2num_samples")[utt] == str(info.frames) == "16000"
        assert float(read_table(output / "utt2dur")[utt]) == 1.0
        assert attributes[utt].pitch == pytest.approx(200, rel=0.01)
        assert attributes[utt].energy == pytest.approx(attributes["as_wanted"].energy, abs=0.1)
        assert attributes[utt].rate == pytest.approx(9, rel=0.02)


def test_stage_2_gives_the_same_bytes_again_and_after_an_interruption(corpus, tmp_path):
    output = tmp_path / "dump"
    extract_attributes(corpus, output)
    first = bytes_below(output)
    extract_attributes(corpus, output)
    assert bytes_below(output) == first
    (tmp_path / "dump.part").mkdir()
    (tmp_path / "dump.part" / "wav.scp").write_text("left over\n")
    (output / "wav.scp").unlink()
    extract_attributes(corpus, output)
    assert bytes_below(output) == first
    assert not (tmp_path / "dump.part").exists()


def test_stage_2_cuts_segments(corpus, tmp_path):
    (corpus / "wav.scp").write_text(f"recording {read_table(corpus / 'wav.scp')['as_wanted']}\n")
    utts = list(read_table(corpus / "utt2spk"))
    (corpus / "segments").write_text("".join(f"{utt} recording 0.{i} 0.{i + 3}\n" for i, utt in enumerate(utts)))
    extract_attributes(corpus, tmp_path / "dump", tmp_path / "audio")
    assert validate_data_dir(tmp_path / "dump") == []
    assert not (tmp_path / "dump" / "segments").exists()
    assert set(read_table(tmp_path / "dump" / "utt2num_samples").values()) == {"4800"}
    whole = read_audio(read_table(corpus / "wav.scp")["recording"])
    for i, (utt, path) in enumerate(read_table(tmp_path / "dump" / "wav.scp").items()):
        assert Path(path) == tmp_path / "audio" / f"{utt}.flac"
        np.testing.assert_array_equal(read_audio(path), whole[1600 * i : 1600 * i + 4800])


def test_a_bad_file_is_one_line_or_left_out(corpus, tmp_path):
    bad = Path(read_table(corpus / "wav.scp")["high_rate"])
    bad.write_bytes(bad.read_bytes()[:1000])
    command = [sys.executable, "-m", "c2ser.bin.extract_attributes", "--data_dir", corpus, "--output_dir"]
    failed = subprocess.run([*command, tmp_path / "dump"], capture_output=True, text=True)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    assert "'high_rate'" in failed.stderr.splitlines()[-1] and "truncated" in failed.stderr.splitlines()[-1]
    assert not (tmp_path / "dump" / "wav.scp").exists()
    skipped = subprocess.run([*command, tmp_path / "dump", "--skip_bad"], capture_output=True, text=True)
    assert skipped.returncode == 0 and "skipped: " in skipped.stderr and "'high_rate'" in skipped.stderr
    assert validate_data_dir(tmp_path / "dump") == []
    assert len(read_table(tmp_path / "dump" / "attributes")) == 5


def test_the_output_is_another_folder(corpus):
    with pytest.raises(InputError, match="is the data directory itself"):
        extract_attributes(corpus, corpus)
    assert validate_data_dir(corpus) == []


def test_attributes_of_real_speech(shared):
    """On EmoDB: pitch agrees with Praat on the file itself, loudness with pyloudnorm, men speak lower than women."""
    import parselmouth
    import pyloudnorm

    deviations, pitch = [], {"m": [], "f": []}
    for wav in sorted((shared / "data" / "emodb" / "wav").glob("*N?.wav"))[::2]:
        waveform = read_audio(wav)
        measured = measure_attributes(waveform)
        praat = parselmouth.Sound(str(wav)).to_pitch().selected_array["frequency"]
        deviations.append(abs(measured.pitch / praat[praat > 0].mean() - 1))
        loudness = pyloudnorm.Meter(RATE).integrated_loudness(waveform.astype(np.float64))
        assert measured.energy == pytest.approx(loudness, abs=0.1)
        pitch["m" if wav.name[:2] in ("03", "10", "11", "12", "15") else "f"].append(measured.pitch)
    # Resampling to 16 kHz flips the voicing of a frame here and there and so may move a mean by more than 1 %.
    assert np.median(deviations) < 0.001 and np.quantile(deviations, 0.9) < 0.01
    assert np.mean(pitch["m"]) < 150 < np.mean(pitch["f"])
