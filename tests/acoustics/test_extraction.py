"""Data directories with every kind of audio become such of 16 kHz audio with attributes, resumably."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, tone

pytest.importorskip("parselmouth", reason="needs the extra [recipe]")

from c2ser.acoustics import extraction
from c2ser.acoustics.attributes import measure_attributes, read_attributes
from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.levels import ATTRIBUTES
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError


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
        samples = np.stack([tone(sample_rate, 1.0, 200)] * channels, axis=1)
        soundfile.write(folder / name, samples, sample_rate, subtype=subtype)
        utterance = Utterance(utt, folder / name, "speaker", "happy", "This is a cat.", "en", "f", votes={"happy": 2})
        utterances.append(utterance)
    DataDir(tmp_path / "data").write(utterances, ["happy"])
    return tmp_path / "data"


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_stage_2_writes_a_whole_data_directory(corpus, tmp_path):
    output = tmp_path / "dump"
    assert extract_attributes(corpus, output) == 6
    assert DataDir(output).validate() == []
    for name in ("utt2spk", "spk2utt", "utt2emo", "text", "utt2lang", "spk2gender", "utt2votes"):
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
    (output / "wav.scp").unlink()
    extract_attributes(corpus, output)
    assert bytes_below(output) == first


def test_stage_2_writes_arks_with_the_samples_of_its_files(corpus, tmp_path):
    for audio_format in ("flac", "flac.ark"):
        extract_attributes(corpus, tmp_path / audio_format, audio_format=audio_format)
    files, arks = DataDir(tmp_path / "flac"), DataDir(tmp_path / "flac.ark")
    assert arks.validate() == []
    assert sorted(bytes_below(arks.path / "audio")) == ["1.0001.ark", "1.0001.ark.index"]
    for utt, file in files.read("wav.scp").items():
        np.testing.assert_array_equal(read_audio(arks.read("wav.scp")[utt]), read_audio(file))
    others = [path for path in files.path.iterdir() if path.is_file() and path.name != "wav.scp"]
    assert others and all((arks.path / path.name).read_bytes() == path.read_bytes() for path in others)


@pytest.mark.parametrize("audio_format", ["flac", "flac.ark"])
def test_stage_2_killed_after_some_utterances_measures_only_the_rest(corpus, tmp_path, monkeypatch, audio_format):
    options = {"audio_dir": tmp_path / "audio", "audio_format": audio_format}
    extract_attributes(corpus, tmp_path / "whole", **options)
    expected = bytes_below(tmp_path / "whole")
    audio = bytes_below(tmp_path / "audio")
    for path in (tmp_path / "audio").iterdir():
        path.unlink()
    measured: list[int] = []

    def interrupted(waveform: np.ndarray, *arguments, **options):
        if len(measured) == 4:
            measured.append(0)
            raise KeyboardInterrupt
        measured.append(len(waveform))
        return measure_attributes(waveform, *arguments, **options)

    monkeypatch.setattr(extraction, "measure_attributes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract_attributes(corpus, tmp_path / "dump", **options)
    assert not (tmp_path / "dump" / "wav.scp").exists()
    extract_attributes(corpus, tmp_path / "dump", **options)
    assert bytes_below(tmp_path / "dump") == expected
    assert bytes_below(tmp_path / "audio") == audio
    assert len(measured) == 4 + 1 + 2


def test_stage_2_leaves_out_what_is_too_long_and_stores_ids_of_any_length(corpus, tmp_path):
    with pytest.raises(InputError, match=r"wav\.scp:1: 'as_wanted': 1 s long, and an utterance has at most 0.5 s"):
        extract_attributes(corpus, tmp_path / "dump", max_seconds=0.5)
    assert extract_attributes(corpus, tmp_path / "dump", max_seconds=0.5, skip_bad=True) == 0
    assert read_table(tmp_path / "dump" / "skipped").keys() == read_table(corpus / "wav.scp").keys()
    utts = {f"{'é' * 100}{number}": "s" for number in range(2)}
    soundfile.write(tmp_path / "x.wav", tone(8000, 1.0, 200), 8000)
    DataDir(tmp_path / "long").write([Utterance(utt, tmp_path / "x.wav", "s") for utt in utts], [])
    assert extract_attributes(tmp_path / "long", tmp_path / "out") == 2
    assert len({Path(path).name for path in read_table(tmp_path / "out" / "wav.scp").values()}) == 2


def test_stage_2_cuts_segments(corpus, tmp_path):
    (corpus / "wav.scp").write_text(f"recording {read_table(corpus / 'wav.scp')['as_wanted']}\n")
    utts = list(read_table(corpus / "utt2spk"))
    (corpus / "segments").write_text("".join(f"{utt} recording 0.{i} 0.{i + 3}\n" for i, utt in enumerate(utts)))
    extract_attributes(corpus, tmp_path / "dump", audio_dir=tmp_path / "audio")
    assert DataDir(tmp_path / "dump").validate() == []
    assert not (tmp_path / "dump" / "segments").exists()
    assert set(read_table(tmp_path / "dump" / "utt2num_samples").values()) == {"4800"}
    whole = read_audio(read_table(corpus / "wav.scp")["recording"])
    for i, (utt, path) in enumerate(read_table(tmp_path / "dump" / "wav.scp").items()):
        assert Path(path) == tmp_path / "audio" / f"{utt}.flac"
        np.testing.assert_array_equal(read_audio(path), whole[1600 * i : 1600 * i + 4800])


def test_an_utterance_without_recording_is_named_or_left_out_with_a_warning(corpus, tmp_path, caplog):
    write_table(corpus / "utt2spk", read_table(corpus / "utt2spk") | {"zzz": "speaker"})
    with pytest.raises(InputError, match="wav.scp: 'zzz' has no line"):
        extract_attributes(corpus, tmp_path / "dump")
    assert extract_attributes(corpus, tmp_path / "dump", skip_bad=True) == 6
    assert "skipped: " in caplog.text and "'zzz'" in caplog.text
    assert DataDir(tmp_path / "dump").validate() == []


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
    assert DataDir(tmp_path / "dump").validate() == []
    assert len(read_table(tmp_path / "dump" / "attributes")) == 5


def test_a_wav_whose_name_says_raw_is_stored_anew(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(RATE, 1.0, 200), RATE, subtype="PCM_16")
    raw = (tmp_path / "a.wav").rename(tmp_path / "a.raw")
    DataDir(tmp_path / "data").write([Utterance("s-1", raw, "s", "happy")], ["happy"])
    extract_attributes(tmp_path / "data", tmp_path / "dump")
    stored = read_table(tmp_path / "dump" / "wav.scp")["s-1"]
    assert stored.endswith(".flac") and np.array_equal(read_audio(stored), read_audio(raw))


def test_the_output_is_another_folder(corpus):
    with pytest.raises(InputError, match="is the data directory itself"):
        extract_attributes(corpus, corpus)
    assert DataDir(corpus).validate() == []


def test_undefined_attributes_have_a_reason_beside_them(corpus, tmp_path):
    """Stage 2 in two jobs, as recipes run it: the reasons are merged as all else is, and each job counts its own."""
    utterances = dict(read_table(corpus / "wav.scp"))
    soundfile.write(utterances["flac"], np.zeros(RATE), RATE, format="FLAC")
    write_table(corpus / "text", {"as_wanted": "This is a cat.", "flac": "A cat.", "stereo": "Bah."})
    write_table(corpus / "text_asr", {"low_rate": "This is a cat."})
    write_table(
        corpus / "utt2lang", {utt: "xx" if utt == "stereo" else "en" for utt in utterances if utt != "low_rate"}
    )
    write_table(corpus / "utt2lang_asr", {"low_rate": "en", "stereo": "en"})
    command = [sys.executable, "-m", "c2ser.bin.extract_attributes"]
    logs = ""
    for number, part in enumerate(DataDir(corpus).split(2), 1):
        output = tmp_path / "dump" / "split2" / str(number)
        job = subprocess.run(
            [*command, "--data_dir", part, "--output_dir", output, "--audio_dir", tmp_path],
            capture_output=True,
            text=True,
        )
        assert job.returncode == 0, job.stderr
        logs += job.stderr
    DataDir(tmp_path / "dump").merge(2)
    assert DataDir(tmp_path / "dump").validate() == []
    reasons = read_table(tmp_path / "dump" / "attribute_reasons")
    assert reasons == {
        "flac": "pitch: no voiced frame; energy: all below -70 LUFS; rate: digital silence",
        "float": "rate: no transcript",
        "high_rate": "rate: no transcript",
        "stereo": "rate: eSpeak NG does not know language xx",
    }
    attributes = read_attributes(tmp_path / "dump" / "attributes")
    for utt, values in attributes.items():
        undefined = [name for name, value in zip(ATTRIBUTES, values) if math.isnan(value)]
        assert undefined == [entry.split(":")[0] for entry in reasons.get(utt, "").split("; ") if entry]
    assert attributes["low_rate"].rate == attributes["as_wanted"].rate == pytest.approx(9.0, rel=0.02)
    assert "1 of 3 utterances have no pitch: no voiced frame" in logs
    assert logs.count("1 of 3 utterances have no rate: no transcript") == 2


def test_world_in_place_of_praat(corpus, tmp_path):
    command = [sys.executable, "-m", "c2ser.bin.extract_attributes", "--data_dir", corpus, "--output_dir"]
    subprocess.run([*command, tmp_path / "praat"], check=True)
    subprocess.run([*command, tmp_path / "world", "--pitch_extractor", "world"], check=True)
    praat, world = (read_attributes(tmp_path / name / "attributes") for name in ("praat", "world"))
    assert praat != world
    for utt, values in world.items():
        assert values.pitch == pytest.approx(200, rel=0.005) and values[1:] == praat[utt][1:]


def test_mp4_becomes_flac(ffmpeg, tmp_path, caplog):
    soundfile.write(tmp_path / "a.wav", np.stack([tone(RATE, 1.0, 200)] * 2, axis=1), RATE)
    subprocess.run([ffmpeg, "-v", "error", "-i", tmp_path / "a.wav", tmp_path / "a.mp4"], check=True)
    DataDir(tmp_path / "data").write([Utterance("s-1", tmp_path / "a.mp4", "s", "happy")], ["happy"])
    assert extract_attributes(tmp_path / "data", tmp_path / "dump") == 1
    assert len(read_audio(read_table(tmp_path / "dump" / "wav.scp")["s-1"])) == pytest.approx(RATE, abs=RATE // 10)
    assert "1 utterances have 2 channels, which were averaged" in caplog.text
