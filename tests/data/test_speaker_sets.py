"""A data directory divided by its speakers."""

from pathlib import Path

import pytest
from helpers.data_dirs import spk2utt, write_tables

from c2ser.bin.split_by_speaker import main
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.emotions import read_emotions

EMOTIONS = ("angry", "happy", "sad")


def write_corpus(folder: Path, speakers: str, *, utterances: int = 6) -> Path:
    """Each speaker says every emotion as often."""
    utts = {f"{speaker}-{number}": number for speaker in speakers for number in range(utterances)}
    utt2spk = {utt: utt[0] for utt in utts}
    tables = {"utt2spk": utt2spk, "spk2utt": spk2utt(utt2spk), "wav.scp": dict.fromkeys(utts, "a.wav")}
    tables["utt2emo"] = {utt: EMOTIONS[number % 3] for utt, number in utts.items()}
    tables["spk2gender"] = {speaker: "mf"[ord(speaker) % 2] for speaker in speakers}
    write_tables(folder / "corpus" / "all", tables)
    (folder / "corpus" / "emotions").write_text("angry\nhappy\nsad\n")
    return folder / "corpus" / "all"


def split(data: Path, *options: object) -> int | str:
    """Returns 0, 2 after wrong usage, or the error."""
    try:
        main(["--data_dir", str(data), "--output_dir", str(data.parents[1] / "data"), *map(str, options)])
    except SystemExit as end:
        return end.code
    return 0


def speakers_of(folder: Path) -> dict[str, set[str]]:
    return {name: set(read_table(folder / "data" / name / "utt2spk").values()) for name in ("train", "dev", "test")}


def test_ratios(tmp_path, caplog):
    data = write_corpus(tmp_path, "abcdefghij")
    with caplog.at_level("INFO"):
        assert split(data) == 0
    sets = speakers_of(tmp_path)
    assert [len(sets[name]) for name in ("train", "dev", "test")] == [8, 1, 1]
    assert len(set.union(*sets.values())) == 10
    assert f"{tmp_path}/data/dev: 1 speakers, 6 utterances: angry 2, happy 2, sad 2" in caplog.text
    assert DataDir(tmp_path / "data" / "train").has("spk2gender")
    assert read_emotions(tmp_path / "data" / "emotions") == list(EMOTIONS)
    assert split(data, "--ratios", 0.5, 0.3, 0.2) == 0
    assert [len(speakers_of(tmp_path)[name]) for name in ("train", "dev", "test")] == [5, 3, 2]


def test_every_speaker_is_test_in_one_fold(tmp_path):
    data = write_corpus(tmp_path, "abcdefg")
    tests = []
    for fold in (1, 2, 3):
        assert split(data, "--folds", 3, "--fold", fold) == 0
        sets = speakers_of(tmp_path)
        assert sum(map(len, sets.values())) == 7
        tests.append(sets["test"])
    assert sum(map(len, tests)) == 7 and set.union(*tests) == set("abcdefg")


def test_two_speakers_share_train_and_dev(tmp_path, caplog):
    data = write_corpus(tmp_path, "ab", utterances=30)
    assert split(data, "--folds", 2, "--fold", 1) == 0
    sets = speakers_of(tmp_path)
    assert sets["train"] == sets["dev"] and not sets["train"] & sets["test"]
    assert len(DataDir(tmp_path / "data" / "dev")) == 3 and len(DataDir(tmp_path / "data" / "train")) == 27
    assert "data/dev: speakers of train, as no other one is left" in caplog.text


def test_a_list_of_speakers(tmp_path):
    data, listed = write_corpus(tmp_path, "abc"), tmp_path / "speakers.txt"
    listed.write_text("c train\na test\nb dev\n")
    assert split(data, "--speakers", listed) == 0
    assert speakers_of(tmp_path) == {"train": {"c"}, "dev": {"b"}, "test": {"a"}}
    for text, message in (
        ("c train\na test\n", "speakers.txt: no line for 1 speakers, such as 'b'; add them"),
        ("a train\nb dev\nc valid\n", "speakers.txt:3: 'c': unknown set 'valid'; a speaker is in train, dev, test"),
        ("a train\nb dev\nc test\nd test\n", "speakers.txt:4: 'd' is not a speaker of the data"),
        ("a train\nb train\nc train\n", "no speaker for test"),
    ):
        listed.write_text(text)
        assert message in split(data, "--speakers", listed)


def change(path: Path, values: dict[str, str]) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in sorted((read_table(path) | values).items())))


def test_what_cannot_be_divided_is_one_line(tmp_path):
    data = write_corpus(tmp_path, "abc")
    change(data / "utt2emo", {"c-2": "fearful"})
    listed = tmp_path / "speakers.txt"
    listed.write_text("a train\nb dev\nc test\n")
    assert "train has no utterance of fearful; test has, of c; divide it" in split(data, "--speakers", listed)
    assert not (tmp_path / "data").exists()
    change(data / "utt2spk", {"c-2": "c-2"})
    assert "utt2spk: the speakers of 1 of 18 utterances are unknown" in split(data)
    one = write_corpus(tmp_path / "one", "a")
    assert "utt2spk: one speaker only, a; a test on other speakers needs two or more" in split(one)
    assert "2 speakers cannot be divided into 3 sets" in split(write_corpus(tmp_path / "two", "ab"))


@pytest.mark.parametrize(
    "options",
    [
        ["--folds", 3],
        ["--fold", 1],
        ["--folds", 1, "--fold", 1],
        ["--ratios", 0.5, 0.5, 0.5],
        ["--ratios", 0.5, 0, 0.5],
    ],
)
def test_wrong_usage(tmp_path, options):
    assert split(write_corpus(tmp_path, "abc"), *options) == 2
