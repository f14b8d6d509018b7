"""ESD: transcripts in several encodings, with spaces for tabs, Chinese labels and broken lines."""

from pathlib import Path

import pytest
from helpers.raw_corpora import lay_out

from c2ser.corpora import esd
from c2ser.errors import InputError

ZH, EN = "打远一看，它们的确很是美丽，", "It's the cook’s café."


def corpus(root: Path, speaker: str, content: bytes) -> list[tuple[str, str | None, str, str]]:
    """Reads a speaker's two utterances: name, text, emotion, sex."""
    files = {f"{speaker}_000001": "Neutral", f"{speaker}_000351": "Angry/evaluation"}
    lay_out(root, [f"ESD/{speaker}/{folder}/{name}.wav" for name, folder in files.items()])
    (root / "ESD" / speaker / f"{speaker}.txt").write_bytes(content)
    utterances = sorted(esd.read(root / "ESD"), key=lambda utterance: utterance.id)
    return [(utterance.id, utterance.text, utterance.emotion, utterance.gender) for utterance in utterances]


@pytest.mark.parametrize("encoding", ["gb2312", "gb18030", "utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("gap", ["\t", "   "])
def test_mandarin(tmp_path, encoding, gap):
    lines = f"0004_000001{gap}{ZH}{gap}中立\r\n0004_000351{gap}{ZH}{gap}生气\r\n"
    read = corpus(tmp_path, "0004", lines.encode(encoding))
    assert read == [("esd_0004-000001", ZH, "neutral", "m"), ("esd_0004-000351", ZH, "angry", "m")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1252"])
def test_english(tmp_path, encoding):
    lines = f"0016_000001\t{EN}\tNeutral\n0016_000351\t{EN}\tAngry\n"
    read = corpus(tmp_path, "0016", lines.encode(encoding))
    assert read == [("esd_0016-000001", EN, "neutral", "f"), ("esd_0016-000351", EN, "angry", "f")]


def test_english_in_the_chinese_encoding(tmp_path):
    lines = "0017_000001\tIt’s here.\tNeutral\n".encode("gb2312")
    assert corpus(tmp_path, "0017", lines)[0][1] == "It’s here."


def test_broken_lines_are_counted_and_the_folder_tells_the_emotion(tmp_path, caplog):
    lines = b"0015_000001\tHe is here. Happy\n0015_000351\tThere\n\n"
    read = corpus(tmp_path, "0015", lines)
    assert [row[1:3] for row in read] == [("He is here.", "neutral"), (None, "angry")]
    assert "0015.txt: 1 lines are not id, text, emotion, so no text: 2" in caplog.text
    assert "1 utterances have another emotion there than by their folder, which counts: 0015_000001" in caplog.text


def test_without_transcripts_says_so_and_a_file_of_another_kind_is_named(tmp_path, caplog):
    lay_out(tmp_path, ["ESD/0001/Sad/0001_001051.wav"])
    assert [utterance.text for utterance in esd.read(tmp_path / "ESD")] == [None]
    assert "0001.txt: no transcripts; get them from https://github.com/HLTSingapore" in caplog.text
    (tmp_path / "ESD" / "0001" / "0001.txt").write_bytes(b"\x80\x00\xff")
    with pytest.raises(InputError, match=r"0001\.txt: not UTF-8, gb18030 \(.*\); get it again"):
        list(esd.read(tmp_path / "ESD"))
