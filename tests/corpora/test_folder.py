"""Audio in folders by set, speaker and emotion."""

import logging
from pathlib import Path

import pytest

from c2ser.corpora import folder
from c2ser.errors import InputError


def put(path: Path, transcript: bytes | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    if transcript is not None:
        path.with_suffix(".txt").write_bytes(transcript)


def test_takes_every_audio_file_and_names_the_others(tmp_path, caplog):
    for name in ("1.wav", "2.WAV", "3.Wav", "4.flac", "5.MP3", "6.ogg", "7.aiff", "8.m4a", "9.lab", ".hidden.wav"):
        put(tmp_path / "train" / "s1" / "happy" / name)
    utterances = list(folder.read(tmp_path, "train"))
    assert [utt.id for utt in utterances] == [f"s1-happy-{number}" for number in range(1, 8)]
    assert {(utt.speaker, utt.emotion, utt.language) for utt in utterances} == {("s1", "happy", None)}
    assert "left out 2 files that" in caplog.text and "s1/happy/8.m4a, s1/happy/9.lab" in caplog.text


def test_reads_whole_transcripts(tmp_path):
    transcripts = {
        "1": b"\xef\xbb\xbfSay the word\r\ndog.\n",
        "2": b" \n\n",
        "3": b"",
        "4": "Grüße,\n\n  so  weit".encode(),
        "5": None,
    }
    for name, transcript in transcripts.items():
        put(tmp_path / "dev" / "s1" / "sad" / f"{name}.wav", transcript)
    texts = [utt.text for utt in folder.read(tmp_path, "dev")]
    assert texts == ["Say the word dog.", None, None, "Grüße, so weit", None]
    put(tmp_path / "dev" / "s1" / "sad" / "6.wav", b"Gr\xfc\xdfe")
    with pytest.raises(InputError, match=r"s1/sad/6.txt: not UTF-8"):
        list(folder.read(tmp_path, "dev"))


def test_emotions_are_canonical_names_or_english_words(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    labels = {"happy": "happy", "Joy": "happy", "ANGER": "angry", "calm": "calm", "neutral": "neutral"}
    for label in labels:
        put(tmp_path / "test" / "s1" / label / "1.wav")
    assert {utt.id.split("-")[1]: utt.emotion for utt in folder.read(tmp_path, "test")} == labels
    assert f"{tmp_path}/test: joy (1) counted as happy" in caplog.text
    for speaker in ("s1", "s2"):
        put(tmp_path / "test" / speaker / "contempt" / "1.wav")
    put(tmp_path / "test" / "s1" / "Wut" / "1.wav")
    with pytest.raises(InputError, match=r"test: unknown emotions: 'Wut' 1, 'contempt' 2; rename .* angry, happy"):
        list(folder.read(tmp_path, "test"))


@pytest.mark.parametrize(
    "path, message",
    [
        ("s 1/happy/1.wav", r"s 1/happy/1\.wav: 's 1' has a space"),
        ("s1/happy/a b.wav", r"s1/happy/a b\.wav: 'a b' has a space"),
        ("happy/1.wav", r"happy/1\.wav: not in <speaker>/<emotion>/"),
        ("s1/happy/1.txt", "train: no audio; put it there as <speaker>/<emotion>/<name>.wav"),
    ],
)
def test_names_the_file_that_is_in_a_wrong_place(tmp_path, path, message):
    put(tmp_path / "train" / path)
    with pytest.raises(InputError, match=message):
        list(folder.read(tmp_path))


def test_links_are_followed_and_loops_are_not(tmp_path):
    put(tmp_path / "disk" / "happy" / "1.wav")
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "s1").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "happy" / "loop").symlink_to(tmp_path / "disk")
    (utterance,) = folder.read(tmp_path, "train")
    assert utterance.id == "s1-happy-1"
