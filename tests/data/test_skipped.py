"""Utterances that are left out: listed, counted, and merged over parallel jobs."""

import pytest

from c2ser.data.data_dir import DataDir
from c2ser.data.skipped import Skipped
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError


def test_where_none_may_be_left_out_the_reason_is_the_error():
    with pytest.raises(InputError, match="^wav.scp:1: 'a': broken$"):
        Skipped().add("a", "wav.scp:1: 'a': broken")


def test_parts_of_which_one_is_empty_merge_with_their_lists(tmp_path, caplog):
    utts = {f"s-{number}": "s" for number in range(4)}
    write_table(tmp_path / "utt2spk", utts)
    write_table(tmp_path / "spk2utt", {"s": " ".join(utts)})
    write_table(tmp_path / "wav.scp", {utt: f"/nowhere/{utt}.wav" for utt in utts})
    for number, part in enumerate(DataDir(tmp_path).split(2)):
        left_out = list(part.utterances())[number:]
        skipped = Skipped(allowed=True)
        for utt in left_out:
            skipped.add(utt, f"'{utt}': broken")
        output = part.subset(tmp_path / "out" / "split2" / part.path.name, set(part.utterances()) - set(left_out))
        skipped.report(output, num_utterances=2)
    merged = DataDir(tmp_path / "out").merge(2)
    assert list(merged.utterances()) == ["s-2"]
    assert list(read_table(merged.table("skipped"))) == ["s-0", "s-1", "s-3"]
    assert caplog.messages[-1] == f"skipped 3 of 4 utterances, listed in {tmp_path}/out/skipped"
    for part in merged.parts(2):
        part.table("skipped").unlink()
    merged.merge(2)
    assert not merged.has("skipped")
