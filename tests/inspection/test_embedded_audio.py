"""Audio inside a page."""

import base64
import io

import numpy as np
import soundfile

from c2ser.data.tables import write_table
from c2ser.inspection.embedded_audio import MAX_SECONDS, EmbeddedAudio


def decoded(source: str) -> tuple[np.ndarray, int]:
    kind, _, content = source.partition(",")
    assert kind == "data:audio/flac;base64"
    return soundfile.read(io.BytesIO(base64.b64decode(content)))


def test_files_and_segments_are_there_at_16_khz(tmp_path):
    tone = 0.5 * np.sin(np.arange(8000 * 2) * 0.3)
    soundfile.write(tmp_path / "a.wav", tone, 8000)
    write_table(tmp_path / "wav.scp", {"rec": tmp_path / "a.wav"})
    write_table(tmp_path / "segments", {"u1": "rec 0.0 0.5", "u2": "rec 0.5 2.0"})
    audio = EmbeddedAudio(tmp_path, {"u1", "u2"})
    for utterance, seconds in (("u1", 0.5), ("u2", 1.5)):
        read = audio.read(utterance)
        samples, rate = decoded(read.source)
        assert rate == 16000 and len(samples) == 16000 * seconds and read.seconds == seconds
        assert 0.45 < np.abs(samples).max() < 0.56 and read.fault is None


def test_long_audio_is_cut(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(16000 * (MAX_SECONDS + 1)), 16000)
    write_table(tmp_path / "wav.scp", {"a": tmp_path / "a.wav"})
    read = EmbeddedAudio(tmp_path, {"a"}).read("a")
    assert len(decoded(read.source)[0]) == 16000 * MAX_SECONDS and read.seconds == MAX_SECONDS + 1


def test_what_cannot_be_read_is_a_fault(tmp_path):
    write_table(tmp_path / "wav.scp", {"a": tmp_path / "none.wav", "b": f"cat {tmp_path} |"})
    audio = EmbeddedAudio(tmp_path, {"a", "b"})
    assert audio.read("a").source is None and "none.wav: no such file" in audio.read("a").fault
    assert "is a shell pipe" in audio.read("b").fault
