"""Stage 2: attributes of tones and of real speech, levels by hand, and data directories with every kind of audio."""

import math

import numpy as np
import pytest
import soundfile
import yaml

pytest.importorskip("parselmouth", reason="needs the extra [recipe]")

from c2ser.acoustics.attributes import measure_attributes, read_attributes
from c2ser.acoustics.extraction import extract_attributes
from c2ser.acoustics.levels import ATTRIBUTES, Thresholds
from c2ser.acoustics.loudness import integrated_loudness
from c2ser.acoustics.phonemes import count_phonemes
from c2ser.acoustics.pitch import PITCH_EXTRACTORS, mean_f0
from c2ser.acoustics.rate import speaking_rate, speech_seconds
from c2ser.acoustics.undefined import Undefined
from c2ser.data.data_dir import DataDir
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
        f0 = mean_f0(tone(frequency, 1.0, sample_rate=rate), rate, extractor=extractor)
        assert f0 == pytest.approx(frequency, rel=0.001 if extractor == "praat" else 0.005)


@pytest.mark.parametrize("extractor", PITCH_EXTRACTORS)
def test_f0_is_the_mean_over_voiced_frames_only(extractor):
    with_pauses = np.concatenate([np.zeros(RATE, np.float32), tone(200, 1.0), np.zeros(RATE, np.float32)])
    assert mean_f0(with_pauses, RATE, extractor=extractor) == pytest.approx(200, rel=0.01)


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
        speaking_rate(tone(200, 0.05), RATE, text="This is the transcript of a far longer recording.", language="en")


def test_rate_counts_speech_time_only():
    speech = tone(200, 1.0)
    padded = np.concatenate([np.zeros(RATE // 2, np.float32), speech, np.zeros(RATE, np.float32)])
    assert speech_seconds(padded, RATE) == pytest.approx(1.0, abs=0.02)
    assert speaking_rate(padded, RATE, text="This is a cat.", language="en") == pytest.approx(9.0, rel=0.02)
    for rate in (8000, 22050, 44100):
        assert speech_seconds(tone(200, 3.0, sample_rate=rate), rate) == pytest.approx(3.0, abs=0.01)


NOISE = np.random.default_rng(0).normal(scale=0.1, size=10 * RATE).astype(np.float32)
SILENCE = np.zeros(RATE, np.float32)
NO_PITCH, NO_ENERGY, NO_RATE = "no voiced frame", "all below -70 LUFS", "digital silence"
TOO_SHORT = "shorter than Praat's window of 40 ms"
TOO_FAST = "more phonemes than can be spoken in the time of the audio"

# signal, and the reasons why attributes are undefined where they have to be
SIGNALS = {
    "silence": (SILENCE, (NO_PITCH, NO_ENERGY, NO_RATE)),
    "silence of 0.1 s": (SILENCE[:1600], (NO_PITCH, NO_ENERGY, NO_RATE)),
    "one sample of silence": (SILENCE[:1], (TOO_SHORT, NO_ENERGY, NO_RATE)),
    "one sample": (NOISE[:1], (TOO_SHORT, NO_ENERGY, TOO_FAST)),
    "10 samples": (NOISE[:10], (TOO_SHORT, None, TOO_FAST)),
    "a clip of 0.1 s": (tone(200, 0.1), (None, None, TOO_FAST)),
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
    attributes, reasons = measure_attributes(signal, RATE, text="This is a cat.", language="en")
    assert reasons == {name: reason for name, reason in zip(ATTRIBUTES, expected) if reason}
    assert [math.isfinite(value) for value in attributes] == [reason is None for reason in expected]
    world, world_reasons = measure_attributes(
        signal, RATE, text="This is a cat.", language="en", pitch_extractor="world"
    )
    np.testing.assert_array_equal(world[1:], attributes[1:])
    assert math.isfinite(world.pitch) != ("pitch" in world_reasons)
    if "pitch" not in reasons and kind != "music":
        assert attributes.pitch == pytest.approx(150 if kind in ("clipped", "a square") else 200, rel=0.01)


@pytest.mark.parametrize("rate", [1000, 8000, 11025, 48000, 96000])
def test_whatever_the_length_and_rate_nothing_crashes(rate):
    for samples in {1, 2, 3, *(int(seconds * rate) for seconds in (0.039, 0.04, 0.041, 0.1, 0.399, 0.4, 0.401, 1.0))}:
        for signal in (NOISE[:samples], np.zeros(samples, np.float32), np.ones(samples, np.float32)):
            for extractor in PITCH_EXTRACTORS:
                attributes, reasons = measure_attributes(
                    signal, rate, text="cat", language="en", pitch_extractor=extractor
                )
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
    attributes, reasons = measure_attributes(tone(200, 1.0), RATE, text=text, language=language)
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
    thresholds = Thresholds.fit([*men, *women, (150, -25, 15)], "sex", groups=[*("m" * 5), *("f" * 5), "x"])
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
    thresholds = Thresholds.fit(values, by, groups=[speakers[number % 6] for number in range(300)])
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
        deviations.append(abs(mean_f0(samples, rate, extractor="world") / mean_f0(samples, rate) - 1))
    assert np.median(deviations) < 0.05
