"""Notes of what features were computed from go where the features go, and disagreements are named."""

from pathlib import Path

import pytest

from c2ser.data.data_dir import DataDir
from c2ser.data.provenance import Provenance, provenance_path, read_provenance, write_provenance
from c2ser.data.tables import write_table
from c2ser.errors import InputError

ONE = Provenance("1" * 32, "utterance", "float32", "exp/one", "0.1.0")
TWO = Provenance("2" * 32, "utterance", "float32", "exp/two", "0.1.0")
SCP = "emotion2vec_s.scp"


def data_dir(path: Path, utts: str, note: Provenance | None) -> DataDir:
    write_table(path / "utt2spk", {utt: utt for utt in utts})
    write_table(path / SCP, {utt: f"/nowhere.ark:{number}" for number, utt in enumerate(utts)})
    if note is not None:
        write_provenance(path / SCP, note)
    write_table(path / "wav.scp", {utt: f"/nowhere/{utt}.wav" for utt in utts})
    return DataDir(path)


def test_a_note_is_read_as_it_was_written(tmp_path):
    write_provenance(tmp_path / SCP, ONE)
    found = read_provenance(tmp_path / SCP)
    assert found == ONE and (found.model, found.version) == (ONE.model, ONE.version)


def test_how_the_encoder_was_named_does_not_count():
    assert Provenance("1", "utterance", "float32", "a") == Provenance("1", "utterance", "float32", "b", "0.2")
    assert Provenance("1", "utterance", "float32") != Provenance("1", "utterance", "bfloat16")


def test_split_merge_subset_and_combine_carry_the_note(tmp_path):
    whole = data_dir(tmp_path / "whole", "abcd", ONE)
    parts = whole.split(2)
    assert {read_provenance(part.table(SCP)) for part in parts} == {ONE}
    provenance_path(whole.table(SCP)).unlink()
    whole.merge(2, [SCP])
    assert read_provenance(whole.table(SCP)) == ONE
    assert read_provenance(whole.subset(tmp_path / "subset", {"b"}).table(SCP)) == ONE
    other = data_dir(tmp_path / "other", "ef", ONE)
    assert read_provenance(DataDir.combine([whole, other], tmp_path / "both").table(SCP)) == ONE


def test_features_of_two_encoders_may_be_combined_but_not_used(tmp_path):
    sets = [data_dir(tmp_path / "one", "ab", ONE), data_dir(tmp_path / "two", "cd", TWO)]
    both = DataDir.combine(sets, tmp_path / "both")
    with pytest.raises(
        InputError, match=r"both/emotion2vec_s.json: .*exp/one \(11111111, float32\) and exp/two"
    ) as error:
        read_provenance(both.table(SCP))
    assert "\n" not in str(error.value)


def test_features_without_a_note(tmp_path):
    old = data_dir(tmp_path / "old", "ab", None)
    with pytest.raises(InputError, match="old/emotion2vec_s.json: no such file; .*c2ser.bin.extract_emotion2vec"):
        read_provenance(old.table(SCP))
    both = DataDir.combine([old, data_dir(tmp_path / "new", "cd", ONE)], tmp_path / "both")
    with pytest.raises(InputError, match="both/emotion2vec_s.json: does not know the encoder of some features"):
        read_provenance(both.table(SCP))
    provenance_path(both.table(SCP)).write_text("3")
    with pytest.raises(InputError, match="not a note"):
        read_provenance(both.table(SCP))


def test_parts_of_a_set_must_agree(tmp_path):
    whole = data_dir(tmp_path / "whole", "abcd", ONE)
    write_provenance(whole.split(2)[1].table(SCP), TWO)
    with pytest.raises(InputError, match="split2/2/emotion2vec_s.json: not of the encoder of .*split2/1"):
        whole.merge(2, [SCP])


def test_other_utterances_take_the_note_with_their_features(tmp_path):
    target = data_dir(tmp_path / "target", "ab", ONE)
    source = data_dir(tmp_path / "source", "cd", None)
    source.table(SCP).unlink()
    source.subset(target, {"c"})
    assert not target.has(SCP) and not provenance_path(target.table(SCP)).exists()
