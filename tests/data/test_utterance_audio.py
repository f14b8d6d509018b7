"""Utterances of a data directory: which audio is theirs, and what is refused or left out with which words."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, noise16

from c2ser.data.data_dir import DataDir
from c2ser.data.location import AudioLocation
from c2ser.data.skipped import Skipped
from c2ser.data.tables import write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError


@pytest.fixture
def recordings(tmp_path) -> Path:
    """A data directory with the recordings rec1 and rec2."""
    for name in ("rec1", "rec2"):
        soundfile.write(tmp_path / f"{name} x.wav", noise16(), RATE)
    (tmp_path / "wav.scp").write_text(f"rec1 {tmp_path}/rec1 x.wav\nrec2 {tmp_path}/rec2 x.wav\n")
    return tmp_path


def waveforms(*arguments, **options) -> dict[str, np.ndarray]:
    return dict(UtteranceAudio(*arguments, **options).waveforms())


def test_utterances_are_recordings(recordings):
    audio = waveforms(recordings)
    assert list(audio) == ["rec1", "rec2"]
    assert np.array_equal(audio["rec2"] * 32768, noise16())
    assert list(waveforms(recordings, {"rec2"})) == ["rec2"]


def test_segments_cut_recordings(recordings):
    (recordings / "segments").write_text("a rec1 0.25 0.5\nb rec1 0.5 1.05\n")
    audio = UtteranceAudio(recordings)
    cuts = dict(audio.waveforms())
    assert np.array_equal(cuts["a"] * 32768, noise16()[4000:8000])
    assert np.array_equal(cuts["b"] * 32768, noise16()[8000:])
    assert [audio.num_samples(utt) for utt in cuts] == [4000, 8000]


def test_lengths_of_segments_are_those_of_their_waveforms_at_any_rate(recordings):
    soundfile.write(recordings / "rec1 x.wav", noise16(44100), 44100)
    (recordings / "segments").write_text("a rec1 0.1234 0.5\nb rec1 0.5 1.05\n")
    audio = UtteranceAudio(recordings)
    assert {utt: audio.num_samples(utt) for utt in "ab"} == {utt: len(cut) for utt, cut in audio.waveforms()}


def test_utterances_in_an_ark(recordings):
    ark = recordings / "a.ark"
    contents = {"a": (RATE, noise16()), "b": (RATE, noise16(900))}
    kaldiio.save_ark(str(ark), contents, scp=str(recordings / "wav.scp"), write_function="soundfile")
    (recordings / "segments").unlink(missing_ok=True)
    assert {utt: len(wave) for utt, wave in waveforms(recordings).items()} == {"a": RATE, "b": 900}


def test_consecutive_parts_of_a_recording_read_it_once(recordings, monkeypatch):
    read, places = AudioLocation.read, []
    monkeypatch.setattr(
        AudioLocation, "read", lambda self, **options: places.append(str(self)) or read(self, **options)
    )
    (recordings / "segments").write_text("a rec1 0 0.1\nb rec1 0.1 0.2\nc rec2 0 0.1\nd rec2 0.2 0.3\n")
    assert len(waveforms(recordings)) == 4
    assert [Path(place).name for place in places] == ["rec1 x.wav", "rec2 x.wav"]


@pytest.mark.parametrize("times", ["0.5 0.5", "0.7 0.2", "0.5 2.0", "-1 0.5", "1.0 1.05", "nan 1"])
def test_segment_outside_of_its_recording(recordings, times):
    (recordings / "segments").write_text(f"a rec1 {times}\n")
    with pytest.raises(InputError, match=r"wav\.scp:1.*utterance 'a'.*of 1\.00 s"):
        waveforms(recordings)
    with pytest.raises(InputError, match=r"wav\.scp:1.*utterance 'a'.*of 1\.00 s"):
        UtteranceAudio(recordings).num_samples("a")


def test_utterances_without_recording_are_named_before_any_is_read(recordings):
    (recordings / "segments").write_text("a rec1 0 0.5\nb gone 0 0.5\n")
    with pytest.raises(InputError, match=r"wav\.scp: recording 'gone' of 'b' has no line"):
        UtteranceAudio(recordings)
    skipped = Skipped(allowed=True)
    assert list(waveforms(recordings, {"a", "b", "c"}, skipped=skipped)) == ["a"]
    assert skipped.reasons.keys() == {"b", "c"} and "segments: 'c'" in skipped.reasons["c"]


def test_bad_audio_names_line_and_utterance_or_is_skipped(recordings, caplog):
    bad = recordings / "rec1 x.wav"
    bad.write_bytes(bad.read_bytes()[:100])
    with pytest.raises(InputError, match=r"wav\.scp:1: 'rec1'.*truncated"):
        waveforms(recordings)
    skipped = Skipped(allowed=True)
    assert list(waveforms(recordings, skipped=skipped)) == ["rec2"]
    skipped.report(recordings, num_utterances=2)
    assert caplog.messages[-1] == f"skipped 1 of 2 utterances, listed in {recordings / 'skipped'}"
    assert (recordings / "skipped").read_text().startswith(f"rec1 {recordings}/wav.scp:1: 'rec1': ")
    Skipped(allowed=True).report(recordings, num_utterances=2)
    assert not (recordings / "skipped").exists()


def test_errors_in_a_part_of_a_set_name_the_sets_own_line(recordings):
    write_table(recordings / "utt2spk", {"rec1": "s", "rec2": "s"})
    part = DataDir(recordings).split(2)[1]
    (recordings / "rec2 x.wav").write_bytes(b"not audio")
    with pytest.raises(InputError, match=rf"^{recordings}/wav\.scp:2: 'rec2': "):
        waveforms(part)
    (part.path / "source").write_text("/moved\n")
    with pytest.raises(InputError, match=rf"^{recordings}/split2/2/wav\.scp:1: 'rec2': "):
        waveforms(part)


def test_too_long_for_a_model(recordings):
    message = r"wav\.scp:1: 'rec1': 1 s long, and an utterance has at most 0.5 s"
    with pytest.raises(InputError, match=message):
        waveforms(recordings, max_seconds=0.5)
    with pytest.raises(InputError, match=message):
        UtteranceAudio(recordings, max_seconds=0.5).num_samples("rec1")
    (recordings / "utt2num_samples").write_text("rec1 16000\nrec2 16000\n")
    with pytest.raises(InputError, match=message):
        UtteranceAudio(recordings, max_seconds=0.5).num_samples("rec1")
    assert len(waveforms(recordings, max_seconds=1.0)) == 2


def test_lengths_come_from_the_table(recordings):
    (recordings / "utt2num_samples").write_text("rec1 123\n")
    audio = UtteranceAudio(recordings)
    assert audio.num_samples("rec1") == 123
    with pytest.raises(InputError, match=r"wav\.scp:2: 'rec2': has no line in utt2num_samples"):
        audio.num_samples("rec2")
    (recordings / "utt2num_samples").write_text("rec1 many\n")
    with pytest.raises(InputError, match="'many' in utt2num_samples is not a number of samples"):
        UtteranceAudio(recordings).num_samples("rec1")


def test_pipes_run_only_where_allowed(recordings):
    made = recordings / "made"
    (recordings / "wav.scp").write_text(f"rec1 touch {made} |\n")
    with pytest.raises(InputError, match=r"wav\.scp:1: 'rec1': .* is a shell pipe"):
        waveforms(recordings)
    assert not made.exists()
    (recordings / "wav.scp").write_text(f"rec1 cat '{recordings}/rec1 x.wav' |\n")
    assert np.array_equal(waveforms(recordings, allow_pipe=True)["rec1"] * 32768, noise16())


def test_stamps(recordings):
    (recordings / "segments").write_text("a rec1 0.25 0.5\nb rec1 0.5 1.05\n")
    audio = UtteranceAudio(recordings)
    assert audio.stamp("a") == UtteranceAudio(recordings).stamp("a") != audio.stamp("b")
