"""Folds of a corpus to probe an encoder on."""

import pytest
from helpers.emobox import row, write_rows

from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.probe.protocols import emobox_protocol, speaker_protocol


@pytest.fixture
def emobox(tmp_path):
    """EmoBox's metadata of a made-up corpus of two folds and nine utterances, whose audio is in ``audio/``."""
    rows = {name: [row(f"{name}{index}", "happy") for index in range(3)] for name in "abc"}
    metadata = tmp_path / "emobox" / "toy"
    for number, (train, test) in enumerate(("ab", "ba"), 1):
        write_rows(metadata / f"fold_{number}" / f"toy_train_fold_{number}.jsonl", rows[train] + rows["c"])
        write_rows(metadata / f"fold_{number}" / f"toy_test_fold_{number}.jsonl", rows[test])
    (tmp_path / "audio").mkdir()
    for name in rows:
        for index in range(3):
            (tmp_path / "audio" / f"{name}{index}.wav").touch()
    return metadata


def test_takes_all_folds_of_emobox(emobox, tmp_path):
    protocol = emobox_protocol(emobox, tmp_path / "audio", data_dir=tmp_path / "data")
    assert (protocol.name, len(protocol.folds), len(DataDir(protocol.data_dir))) == ("toy", 2, 9)
    assert [sorted(fold.test) for fold in protocol.folds] == [[f"toy_{name}{i}" for i in range(3)] for name in "ba"]
    assert all(len(fold.train) == 6 and fold.dev is None for fold in protocol.folds)


def test_one_split_with_a_dev_set(emobox, tmp_path):
    (emobox / "fold_2" / "toy_test_fold_2.jsonl").rename(emobox / "fold_1" / "toy_valid_fold_1.jsonl")
    (emobox / "fold_2" / "toy_train_fold_2.jsonl").unlink()
    (emobox / "fold_2").rmdir()
    train = emobox / "fold_1" / "toy_train_fold_1.jsonl"
    train.write_text("".join(line for line in train.read_text().splitlines(True) if "toy-a" not in line))
    (fold,) = emobox_protocol(emobox, tmp_path / "audio", data_dir=tmp_path / "data").folds
    assert fold.dev == {f"toy_a{index}" for index in range(3)}
    assert fold.test == {f"toy_b{index}" for index in range(3)}


def test_missing_audio_is_left_out_if_asked(emobox, tmp_path):
    (tmp_path / "audio" / "a0.wav").unlink()
    with pytest.raises(InputError, match=r"toy_train_fold_1\.jsonl:1: no audio .*a0\.wav"):
        emobox_protocol(emobox, tmp_path / "audio", data_dir=tmp_path / "data")
    first, second = emobox_protocol(emobox, tmp_path / "audio", data_dir=tmp_path / "data", skip_bad=True).folds
    assert (len(first.train), len(second.test)) == (5, 2)


def test_faulty_folds_are_named(emobox, tmp_path):
    with pytest.raises(InputError, match="nowhere: no folders fold_1"):
        emobox_protocol(tmp_path / "nowhere", tmp_path / "audio", data_dir=tmp_path / "data")
    (emobox / "fold_2" / "toy_train_fold_2.jsonl").unlink()
    with pytest.raises(InputError, match="fold_2: no utterance for train"):
        emobox_protocol(emobox, tmp_path / "audio", data_dir=tmp_path / "data")


def write_speakers(folder, speakers: dict[str, str], unlabelled: set[str] = frozenset()) -> None:
    write_table(folder / names.UTT2SPK, speakers)
    write_table(folder / names.UTT2EMO, {utt: "sad" for utt in speakers if utt not in unlabelled})


def test_each_speaker_is_left_out_once(tmp_path):
    speakers = {f"{name}-{index}": name for name in "abc" for index in range(2)}
    write_speakers(tmp_path, speakers, unlabelled={"b-1"})
    folds = speaker_protocol(tmp_path).folds
    assert [fold.test for fold in folds] == [{"a-0", "a-1"}, {"b-0"}, {"c-0", "c-1"}]
    assert all(fold.train | fold.test == speakers.keys() - {"b-1"} and fold.dev is None for fold in folds)


@pytest.mark.parametrize("speaker_of", [lambda utt: utt, lambda utt: min(utt[0], "b")])
def test_speakers_that_cannot_be_left_out(tmp_path, speaker_of):
    utterances = [f"{name}-{index}" for name in "abc" for index in range(2)]
    write_speakers(tmp_path, {utt: speaker_of(utt) for utt in utterances})
    fault = "utt2spk: (speakers unknown|2 speakers of 6 labelled utterances); .*--emobox_dir"
    with pytest.raises(InputError, match=fault):
        speaker_protocol(tmp_path)
