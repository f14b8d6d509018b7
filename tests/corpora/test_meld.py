"""MELD from its tables."""

import pytest

from c2ser.corpora import meld
from c2ser.data.data_dir import DataDir
from c2ser.errors import InputError


def test_the_whole_corpus(shared, tmp_path):
    source = shared / "data" / "meld"
    counts = {"train": 9988, "dev": 1108, "test": 2610}  # two rows have no clip in the release
    assert {name: sum(1 for _ in meld.read(source, name)) for name in meld.CORPUS.sets} == counts
    utterances = list(meld.read(source))
    assert len({utt.speaker for utt in utterances}) == 303  # the tables write one of them in two ways
    first = next(meld.read(source, "test"))
    assert (first.id, first.speaker, first.emotion) == ("Mark-test_dia0_utt0", "Mark", "surprised")
    assert first.wav == source / "output_repeated_splits_test" / "dia0_utt0.mp4"
    assert DataDir(tmp_path / "all").write(utterances, meld.CORPUS.emotions) == sum(counts.values())


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "dev_sent_emo.csv: no such file; get it from"),
        (b"Utterance,Speaker\nHi,Joey\n", "dev_sent_emo.csv:2: no value of Emotion; get the table again"),
        (b"Utterance,Speaker\nIt\x92s fine,Joey\n", "dev_sent_emo.csv: not UTF-8"),
    ],
)
def test_says_what_is_wrong(tmp_path, content, message):
    if content is not None:
        (tmp_path / "dev_sent_emo.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(meld.read(tmp_path, "dev"))


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path):
    row = "Hi,Joey,joy,0,0\n"
    (tmp_path / "dev_sent_emo.csv").write_bytes(
        b"\xef\xbb\xbf" + f"Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\n{row}".encode()
    )
    assert [utt.text for utt in meld.read(tmp_path, "dev")] == ["Hi"]


def test_clips_are_found_in_the_folders_of_the_archives_and_converted_ones_come_first(tmp_path, caplog):
    header = "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\n"
    rows = "Hi,Joey,joy,0,0\nWhat?,Ross,Surprise,125,3\nOh,Joey,anger,309,0\n"
    clips = tmp_path / "train" / "train_splits"
    clips.mkdir(parents=True)
    (tmp_path / "train" / "train_sent_emo.csv").write_text(header + rows)
    for name in ("dia0_utt0.mp4", "dia0_utt0.wav", "dia309_utt0.mp4", "final_videos_testdia0_utt1.mp4"):
        (clips / name).touch()
    utterances = list(meld.read(tmp_path, "train"))
    assert [utterance.wav.name for utterance in utterances] == ["dia0_utt0.wav", "dia309_utt0.mp4"]
    assert "dia309_utt0.mp4: cut wrongly in MELD's release, where it lasts 41 s" in caplog.text
