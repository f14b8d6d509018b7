"""Counts of sets."""

from c2ser.data.tables import write_table
from c2ser.packing.card.sets import describe_set, together


def test_lengths_and_speakers(tmp_path):
    utterances = {f"a-{number:03}": "a" for number in range(100)} | {"clip": "clip"}
    write_table(tmp_path / "utt2spk", utterances)
    write_table(tmp_path / "utt2dur", {f"a-{number:03}": f"{(number + 1) / 10}" for number in range(100)})
    facts = describe_set(tmp_path)
    assert (facts.utterances, facts.speakers, facts.unknown_speakers) == (101, {"a"}, 1)
    assert [facts.length(share) for share in (0, 0.5, 0.95, 1)] == [0.1, 5.0, 9.5, 10.0]
    both = together([facts, facts], "both")
    assert (both.name, both.utterances, both.speakers, both.length(1)) == ("both", 202, {"a"}, 10.0)


def test_nothing_is_known_of_bare_sets(tmp_path):
    write_table(tmp_path / "utt2spk", {"clip": "clip"})
    facts = describe_set(tmp_path)
    assert facts.length(0.5) is None and not facts.languages and not facts.corpora
