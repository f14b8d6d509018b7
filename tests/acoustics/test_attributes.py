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

from c2ser.acoustics import extraction
from c2ser.acoustics.attributes import measure_attributes, read_attributes
from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.levels import ATTRIBUTES, Thresholds
from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.phonemes import count_phonemes
from c2ser.acoustics.pitch import PITCH_EXTRACTORS, mean_f0
from c2ser.acoustics.rate import speaking_rate, speech_seconds
from c2ser.acoustics.undefined import Undefined
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance import Utterance
from c2ser.errors import InputError

RATE = 16000


def tone(frequency: float, seconds: float, amplitude: float = 0.5, sample_rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


@pytest.mark.parametrize("extractor", PITCH_EXTRACTORS)
@pytest.mark.parametrize("frequency", [100, 220, 450])
def test_f0_of_a_tone_is_its_frequency_at_any_sampling_rate(frequency, extractor):
    for rate in (8000, 16000, 22050, 48000):
        f0 = mean_f0(tone(frequency, 1.0, sample_rate=rate), rate, extractor)
        assert f0 == pytest.approx(frequency, rel=0.001 if extractor == "praat" else 0.005)


@pytest.mark.parametrize("extractor", PITCH_EXTRACTORS)
def test_f0_is_the_mean_over_voiced_frames_only(extractor):
    with_pauses = np.concatenate([np.zeros(RATE, np.float32), tone(200, 1.0), np.zeros(RATE, np.float32)])
    assert mean_f0(with_pauses, RATE, extractor) == pytest.approx(200, rel=0.01)


def test_loudness_of_the_standards_own_tone():
    """BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LKFS, and loudness follows the level in dB."""
    assert integrated_loudness(tone(997, 3.0, 1.0), RATE) == pytest.approx(-3.01, abs=0.1)
    assert integrated_loudness(tone(997, 3.0, 0.1), RATE) == pytest.approx(-23.01, abs=0.1)


def test_loudness_of_short_utterances_is_that_of_long_ones():
    for samples in (800, 1600, 4799, 6399, 6400, 6401):
        assert integrated_loudness(tone(997, 1.0, 1.0)[:samples], RATE) == pytest.approx(-3.01, abs=0.5)
    for rate in (8000, 16000, 22050, 44100):
        for samples in range(rate // 997 + 1, rate // 2, 17):
            assert math.isfinite(integrated_loudness(tone(997, 0.5, sample_rate=rate)[:samples], rate))


def test_phonemes_by_hand():
    assert count_phonemes("This is a cat.", "en") == 3 + 2 + 1 + 3
    assert count_phonemes("Das Papier", "de") == 3 + 5
    assert count_phonemes("你好", "zh") > 0
    assert count_phonemes("... !", "en") == 0
    assert count_phonemes("nuqneH", "xx") is None


def test_counting_phonemes_warns_of_nothing(caplog):
    assert count_phonemes("我喜欢 iPhone，也喜欢你。", "zh") > 10
    assert not caplog.records


def test_a_rate_that_nobody_can_speak_is_undefined():
    """As of clips that are cut too short for their transcripts."""
    with pytest.raises(Undefined, match="more phonemes than can be spoken"):
        speaking_rate(tone(200, 0.05), RATE, "This is the transcript of a far longer recording.", "en")


def test_rate_counts_speech_time_only():
    speech = tone(200, 1.0)
    padded = np.concatenate([np.zeros(RATE // 2, np.float32), speech, np.zeros(RATE, np.float32)])
    assert speech_seconds(padded, RATE) == pytest.approx(1.0, abs=0.02)
    assert speaking_rate(padded, RATE, "This is a cat.", "en") == pytest.approx(9.0, rel=0.02)
    for rate in (8000, 22050, 44100):
        assert speech_seconds(tone(200, 3.0, sample_rate=rate), rate) == pytest.approx(3.0, abs=0.01)


NOISE = np.random.default_rng(0).normal(scale=0.1, size=10 * RATE).astype(np.float32)
SILENCE = np.zeros(RATE, np.float32)
NO_PITCH, NO_ENERGY, NO_RATE = "no voiced frame", "all below -70 LUFS", "digital silence"
TOO_SHORT = "shorter than Praat's window of 40 ms"

# signal, and the reasons why attributes are undefined where they have to be
SIGNALS = {
    "silence": (SILENCE, (NO_PITCH, NO_ENERGY, NO_RATE)),
    "silence of 0.1 s": (SILENCE[:1600], (NO_PITCH, NO_ENERGY, NO_RATE)),
    "one sample of silence": (SILENCE[:1], (TOO_SHORT, NO_ENERGY, NO_RATE)),
    "one sample": (NOISE[:1], (TOO_SHORT, NO_ENERGY, None)),
    "10 samples": (NOISE[:10], (TOO_SHORT, None, None)),
    "a clip of 0.1 s": (tone(200, 0.1), (None, None, None)),
    "a clip of 0.39 s": (tone(200, 0.39), (None, None, None)),
    "a constant": (SILENCE + 0.5, (NO_PITCH, None, None)),
    "a tone on a constant": (tone(200, 1.0) / 2 + 0.5, (None, None, None)),
    "whisper": (NOISE[:RATE] * np.linspace(0, 1, RATE, dtype=np.float32), (NO_PITCH, None, None)),
    "music": (sum(tone(f, 2.0, 0.2) for f in (220.0, 277.2, 329.6)), (None, None, None)),
    "clipped": (np.clip(20 * tone(150, 1.0), -1, 1), (None, None, None)),
    "a square": (np.sign(tone(150, 1.0)), (None, None, None)),
    "silence within": (np.concatenate([tone(200, 1.0), SILENCE, tone(200, 1.0)]), (None, None, None)),
    "very quiet": (1e-5 * NOISE, (NO_PITCH, NO_ENERGY, None)),
    "beyond full scale": (1e6 * tone(200, 1.0), (None, None, None)),
    "a minute": (np.tile(tone(200, 1.0), 60), (None, None, None)),
}


@pytest.mark.parametrize("kind", SIGNALS)
def test_whatever_the_signal_attributes_are_numbers_or_have_a_reason(kind):
    signal, expected = SIGNALS[kind]
    attributes, reasons = measure_attributes(signal, RATE, "This is a cat.", "en")
    assert reasons == {name: reason for name, reason in zip(ATTRIBUTES, expected) if reason}
    assert [math.isfinite(value) for value in attributes] == [reason is None for reason in expected]
    world, world_reasons = measure_attributes(signal, RATE, "This is a cat.", "en", "world")
    assert world[1:] == attributes[1:] or math.isnan(world.energy)
    assert math.isfinite(world.pitch) != ("pitch" in world_reasons)
    if "pitch" not in reasons and kind != "music":
        assert attributes.pitch == pytest.approx(150 if kind in ("clipped", "a square") else 200, rel=0.01)


@pytest.mark.parametrize("rate", [1000, 8000, 11025, 48000, 96000])
def test_whatever_the_length_and_rate_nothing_crashes(rate):
    for samples in {1, 2, 3, *(int(seconds * rate) for seconds in (0.039, 0.04, 0.041, 0.1, 0.399, 0.4, 0.401, 1.0))}:
        for signal in (NOISE[:samples], np.zeros(samples, np.float32), np.ones(samples, np.float32)):
            for extractor in PITCH_EXTRACTORS:
                attributes, reasons = measure_attributes(signal, rate, "cat", "en", extractor)
                assert [math.isnan(value) for value in attributes] == [name in reasons for name in ATTRIBUTES]


@pytest.mark.parametrize(
    "text, language, reason",
    [
        (None, "en", "no transcript"),
        ("", "en", "no transcript"),
        ("cat", None, "no language"),
        ("nuqneH", "xx", "eSpeak NG does not know language xx"),
        ("... !", "en", "no words in the transcript"),
        ("私は学生です", "ja", "Chinese characters, which eSpeak NG cannot read in language ja"),
    ],
)
def test_why_there_is_no_rate(text, language, reason):
    attributes, reasons = measure_attributes(tone(200, 1.0), RATE, text, language)
    assert math.isnan(attributes.rate) and reasons == {"rate": reason}


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


def test_levels_of_groups_by_hand():
    """One group has values of its own, one lacks an attribute, one is too small; what is lacking is pooled."""
    nan = float("nan")
    men = [(90, -30, 10), (100, -30, 10), (100, -30, 10), (100, -30, 10), (110, -30, 10)]  # std of the first: 6.32
    women = [(190, -20, nan), (200, -20, nan), (200, -20, nan), (200, -20, nan), (210, -20, 20)]
    thresholds = Thresholds.fit([*men, *women, (150, -25, 15)], "sex", [*("m" * 5), *("f" * 5), "x"])
    assert thresholds.groups.keys() == {"m", "f"} and thresholds.groups["f"].keys() == {"pitch", "energy"}
    assert thresholds.levels((93.6, -30, 10), "m") == ("low", "medium", "medium")
    assert thresholds.levels((93.7, -29, 11), "m") == ("medium", "high", "high")
    assert thresholds.levels((106.4, -31, 9), "m") == ("high", "low", "low")
    assert thresholds.levels((193.6, -20, nan), "f") == ("low", "medium", "nan")
    pooled = thresholds.levels((193.6, -20, 20))
    assert pooled == Thresholds(thresholds.pooled).levels((193.6, -20, 20)) == ("medium", "high", "high")
    assert thresholds.levels((193.6, -20, 20), "x") == thresholds.levels((193.6, -20, 20), "new") == pooled
    assert thresholds.levels((200, -20, 20), "f")[2] == pooled[2]
    taken = [("m", 10.0, False), ("f", 10.0, True), ("f", nan, False), ("x", 10.0, True), (None, nan, True)]
    assert all(thresholds.takes_pooled((100, -20, rate), group) == is_pooled for group, rate, is_pooled in taken)
    assert not Thresholds(thresholds.pooled).takes_pooled((100, -20, 10), None)


@pytest.mark.parametrize("by", [None, "speaker"])
def test_thresholds_survive_their_file(tmp_path, by):
    values = np.random.default_rng(0).normal(size=(300, 3)).tolist()
    speakers = ("03", "1e5", "yes", "张三", "a: b", "null")
    thresholds = Thresholds.fit(values, by, [speakers[number % 6] for number in range(300)])
    thresholds.save(tmp_path / "thresholds.yaml")
    assert Thresholds.load(tmp_path / "thresholds.yaml") == thresholds
    assert len(thresholds.groups) == (6 if by else 0)


def test_an_attribute_the_training_set_lacks_has_no_level():
    assert Thresholds.fit([(100, -30, float("nan"))]).levels((100, -30, 5)) == ("medium", "medium", "nan")


def test_thresholds_that_cannot_be_read(tmp_path):
    path = tmp_path / "thresholds.yaml"
    with pytest.raises(InputError, match="no such file; build_cot writes it"):
        Thresholds.load(path)
    bounds = "".join(f"{name}: {{low: 1, high: 2}}\n" for name in ATTRIBUTES)
    path.write_text(bounds)
    assert Thresholds.load(path) == Thresholds(dict.fromkeys(ATTRIBUTES, (1.0, 2.0)))
    for content in (
        "",
        "pitch: 3",
        "[1, 2",
        "pitch: {low: a, high: b}",
        f"{bounds}groups: 3",
        f"{bounds}groups: {{a: 3}}",
    ):
        path.write_text(content)
        with pytest.raises(InputError, match="thresholds.yaml: not a file of thresholds"):
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
    DataDir(tmp_path / "data").write(utterances, ["happy"])
    return tmp_path / "data"


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_stage_2_writes_a_whole_data_directory(corpus, tmp_path):
    output = tmp_path / "dump"
    assert extract_attributes(corpus, output) == 6
    assert DataDir(output).validate() == []
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
    (output / "wav.scp").unlink()
    extract_attributes(corpus, output)
    assert bytes_below(output) == first


def test_stage_2_killed_after_some_utterances_measures_only_the_rest(corpus, tmp_path, monkeypatch):
    extract_attributes(corpus, tmp_path / "whole", audio_dir=tmp_path / "audio")
    expected = bytes_below(tmp_path / "whole")
    measured: list[int] = []

    def interrupted(waveform: np.ndarray, *arguments, **options):
        if len(measured) == 4:
            measured.append(0)
            raise KeyboardInterrupt
        measured.append(len(waveform))
        return measure_attributes(waveform, *arguments, **options)

    monkeypatch.setattr(extraction, "measure_attributes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract_attributes(corpus, tmp_path / "dump", audio_dir=tmp_path / "audio")
    assert not (tmp_path / "dump" / "wav.scp").exists()
    extract_attributes(corpus, tmp_path / "dump", audio_dir=tmp_path / "audio")
    assert bytes_below(tmp_path / "dump") == expected
    assert len(measured) == 4 + 1 + 2


def test_stage_2_leaves_out_what_is_too_long_and_stores_ids_of_any_length(corpus, tmp_path):
    with pytest.raises(InputError, match=r"wav\.scp:1: 'as_wanted': 1 s long, and an utterance has at most 0.5 s"):
        extract_attributes(corpus, tmp_path / "dump", max_seconds=0.5)
    assert extract_attributes(corpus, tmp_path / "dump", max_seconds=0.5, skip_bad=True) == 0
    assert read_table(tmp_path / "dump" / "skipped").keys() == read_table(corpus / "wav.scp").keys()
    utts = {f"{'é' * 100}{number}": "s" for number in range(2)}
    soundfile.write(tmp_path / "x.wav", tone(200, 1.0, sample_rate=8000), 8000)
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


def test_the_output_is_another_folder(corpus):
    with pytest.raises(InputError, match="is the data directory itself"):
        extract_attributes(corpus, corpus)
    assert DataDir(corpus).validate() == []


def test_undefined_attributes_have_a_reason_beside_them(corpus, tmp_path):
    """Stage 2 in two jobs, as recipes run it: the reasons are merged as all else is, and each job counts its own."""
    utterances = dict(read_table(corpus / "wav.scp"))
    soundfile.write(utterances["flac"], SILENCE, RATE, format="FLAC")
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


def test_attributes_of_real_speech(shared, tmp_path):
    """EmoDB: within 1 % of Praat and 0.1 LU of pyloudnorm on the files themselves; men speak lower than women."""
    import parselmouth
    import pyloudnorm

    wavs = sorted((shared / "data" / "emodb" / "wav").glob("*.wav"))[::9]
    # flips of voicing move these most where the pitch is measured after resampling
    wavs += [shared / "data" / "emodb" / "wav" / f"{name}.wav" for name in ("13b01Nc", "09b02Na", "15a05Eb", "10a07Wb")]
    DataDir(tmp_path / "data").write([Utterance(wav.stem, wav, wav.stem[:2]) for wav in set(wavs)], [])
    extract_attributes(tmp_path / "data", tmp_path / "dump")
    pitch = {"m": [], "f": []}
    for utt, measured in read_attributes(tmp_path / "dump" / "attributes").items():
        wav = str(shared / "data" / "emodb" / "wav" / f"{utt}.wav")
        f0 = parselmouth.Sound(wav).to_pitch().selected_array["frequency"]
        assert measured.pitch == pytest.approx(f0[f0 > 0].mean(), rel=0.001)
        samples, rate = soundfile.read(wav)
        assert measured.energy == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.01)
        pitch["m" if utt[:2] in ("03", "10", "11", "12", "15") else "f"].append(measured.pitch)
    assert np.mean(pitch["m"]) < np.mean(pitch["f"]) - 50


def test_worlds_pitch_of_real_speech_is_near_praats(shared):
    deviations = []
    for wav in sorted((shared / "data" / "emodb" / "wav").glob("*N?.wav"))[::3]:
        samples, rate = soundfile.read(wav, dtype="float32")
        deviations.append(abs(mean_f0(samples, rate, "world") / mean_f0(samples, rate) - 1))
    assert np.median(deviations) < 0.05
