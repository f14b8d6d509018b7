"""`DataDir` against whole tables in memory, on random directories; and what it refuses."""

import random
from pathlib import Path

import pytest
from helpers.data_dirs import EMOTIONS, Tables, contents, random_tables, read_tables, restricted, write_tables

from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError

SEEDS = range(25)


@pytest.fixture
def wav(tmp_path) -> Path:
    (tmp_path / "a b.wav").write_bytes(b"x")
    return tmp_path / "a b.wav"


@pytest.fixture(params=SEEDS)
def rng(request) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
def tables(rng, wav) -> Tables:
    return random_tables(rng, wav)


@pytest.fixture
def data(tables, tmp_path) -> DataDir:
    return write_tables(tmp_path / "data", tables)


@pytest.fixture
def small(tmp_path, wav) -> DataDir:
    """A directory without segments."""
    return write_tables(tmp_path / "small", random_tables(random.Random(3), wav, segments=False))


def ordered(table: dict[str, str]) -> list[str]:
    return sorted(table, key=str.encode)


def test_random_directories_have_no_fault(data):
    assert data.validate(EMOTIONS) == []


def test_iterate_joins_tables(data, tables):
    utts = ordered(tables[names.UTT2SPK])
    assert list(data.utterances()) == utts and len(data) == len(utts)
    rows = data.iterate(names.UTT2SPK, "feats.scp", optional=[names.UTT2EMO, names.TEXT, names.UTT2CORPUS])
    assert list(rows) == [
        (
            utt,
            tables[names.UTT2SPK][utt],
            tables["feats.scp"][utt],
            tables[names.UTT2EMO].get(utt),
            tables[names.TEXT].get(utt),
            None,
        )
        for utt in utts
    ]


def test_the_entry_of_an_utterance_is_that_of_its_recording(data, tables):
    segments = tables.get(names.SEGMENTS)
    for utt, entry, segment in data.iterate(names.WAV_SCP, optional=[names.SEGMENTS]):
        assert segment == (segments[utt] if segments else None)
        assert entry == tables[names.WAV_SCP][segment.split()[0] if segments else utt]


def test_subset_and_filter(data, tables, rng, tmp_path):
    utts = ordered(tables[names.UTT2SPK])
    wanted = set(rng.sample(utts, rng.randint(1, len(utts)))) | {"nobody"}
    part = data.subset(tmp_path / "part", wanted)
    assert read_tables(part) == restricted(tables, wanted) and part.validate(EMOTIONS) == []
    filtered = data.filter(
        tmp_path / "filtered", lambda utt, speaker, text: utt in wanted, names.UTT2SPK, optional=[names.TEXT]
    )
    assert contents(filtered) == contents(part)
    assert read_tables(data.labelled(tmp_path / "labelled")) == restricted(tables, set(tables[names.UTT2EMO]))


def test_split_and_merge_give_the_same_directory(data, tables, rng):
    before, utts = contents(data), ordered(tables[names.UTT2SPK])
    number = rng.randint(1, len(utts))
    parts = data.split(number)
    sizes = [len(part) for part in parts]
    assert [utt for part in parts for utt in part.utterances()] == utts and max(sizes) - min(sizes) <= 1
    for part in parts:
        assert read_tables(part) == restricted(tables, set(part.utterances()))
    data.merge(number)
    assert contents(data) == before
    (data.path / "feats.scp").unlink()
    data.merge(number, ["feats.scp"])
    assert contents(data) == before


def test_combine_interleaves_and_filter_takes_apart(rng, wav, tmp_path):
    number = rng.randint(1, 4)
    segments = rng.random() < 0.5
    all_tables = [random_tables(rng, wav, prefix="qpwo"[i], segments=segments) for i in range(number)]
    for table in all_tables:
        if rng.random() < 0.3:
            del table[names.TEXT]
    sets = [write_tables(tmp_path / str(i), tables) for i, tables in enumerate(all_tables)]
    combined = DataDir.combine(sets, tmp_path / "all")
    expected: Tables = {}
    for tables in all_tables:
        for name, table in tables.items():
            expected.setdefault(name, {}).update(table)
    assert read_tables(combined) == expected
    for part, tables in zip(sets, all_tables):
        again = combined.subset(tmp_path / "again", set(tables[names.UTT2SPK]))
        known = {name: content for name, content in contents(again).items() if name in tables}
        assert known == contents(part)


def test_a_part_without_utterances_has_empty_tables_that_merge(small):
    before = contents(small)
    parts = small.split(2)
    lost = set(parts[0].utterances())
    parts[0].subset(parts[0], set())
    assert len(parts[0]) == 0 and set(contents(parts[0])) == set(before)
    assert set(contents(parts[0]).values()) == {b""}
    small.merge(2)
    assert set(small.utterances()) | lost == set(read_utterances(before))
    assert not lost & set(small.utterances())


def read_utterances(files: dict[str, bytes]) -> list[str]:
    return [line.split()[0] for line in files[names.UTT2SPK].decode().splitlines()]


def test_filter_may_replace_its_own_directory(small):
    labelled = set(read_table(small.table(names.UTT2EMO)))
    small.labelled(small)
    assert set(small.utterances()) == labelled


def test_length_with_and_without_a_last_line_break(tmp_path):
    for text, number in (("", 0), ("a s\n", 1), ("a s\nb s", 2)):
        (tmp_path / names.UTT2SPK).write_text(text)
        assert len(DataDir(tmp_path)) == number


def test_tables_that_are_there_stay_unless_the_utterances_change(small, tmp_path):
    target = small.subset(tmp_path / "target", set(small.utterances()))
    write_table(target.table("other.scp"), dict.fromkeys(small.utterances(), "x"))
    DataDir.combine([small], target)
    assert target.has("other.scp")
    first = next(small.utterances())
    small.subset(target, {first})
    assert not target.has("other.scp") and list(target.utterances()) == [first]


def test_stray_lines_are_passed_over(small, tmp_path):
    text = read_table(small.table(names.TEXT))
    write_table(small.table(names.TEXT), text | {"nobody": "words"})
    assert len(list(small.iterate(optional=[names.TEXT]))) == len(small)
    assert read_table(small.subset(tmp_path / "all", set(small.utterances())).table(names.TEXT)) == text


@pytest.mark.parametrize("number, message", [(0, "cannot be split into 0 parts"), (-1, "-1 parts"), (100, "use fewer")])
def test_numbers_of_parts_that_are_refused(small, number, message):
    with pytest.raises(InputError, match=message):
        small.split(number)


def test_what_is_refused_leaves_nothing(small, tmp_path):
    before = contents(small)
    with pytest.raises(InputError, match="none of the utterances"):
        small.subset(tmp_path / "e", {"nobody"})
    with pytest.raises(InputError, match="is in .* too; make the keys unique"):
        DataDir.combine([small, small], tmp_path / "e")
    with pytest.raises(InputError, match=r"split3/1/utt2spk: no such file"):
        small.merge(3)
    with pytest.raises(InputError, match="text: no line for"):
        list(small.iterate(names.TEXT))
    assert contents(small) == before and not (tmp_path / "e").exists()


def test_combine_says_which_tables_are_filled_in_part(small, tmp_path, caplog):
    first, second = (small.path.with_name(name) for name in "ab")
    utts = list(small.utterances())
    half = len(utts) // 2
    small.subset(first, set(utts[:half]))
    small.subset(second, set(utts[half:]))
    for folder, table in ((first, names.TEXT), (second, names.UTT2LANG)):
        write_table(folder / table, dict.fromkeys(DataDir(folder).utterances(), "en"))
    (second / names.TEXT).unlink(missing_ok=True)
    write_table(first / names.UTT2LANG, dict.fromkeys(utts[: half - 1], "en"))
    caplog.clear()
    DataDir.combine([first, second], tmp_path / "both")
    lines = {line.split(": ")[0]: line for line in caplog.messages}
    rest = len(utts) - half
    assert lines["text"] == f"text: no line for {rest} of {rest} utterances of {second}"
    assert lines["utt2lang"] == f"utt2lang: no line for 1 of {half} utterances of {first}"
    assert lines.keys().isdisjoint(["utt2spk", "wav.scp"])


def test_sets_with_and_without_segments_are_not_combined(small, wav, tmp_path):
    other = write_tables(tmp_path / "other", random_tables(random.Random(1), wav, prefix="x", segments=True))
    with pytest.raises(InputError, match="other: has segments, .*small does not"):
        DataDir.combine([small, other], tmp_path / "e")


def test_merge_needs_every_part(small):
    parts = small.split(2)
    write_table(parts[0].table("vectors.scp"), {"a": "f.ark:1"})
    with pytest.raises(InputError, match=r"split2/2/vectors\.scp: no such file"):
        small.merge(2, ["vectors.scp"])
    assert not small.has("vectors.scp")


def test_unsorted_or_duplicate_lines_are_not_divided(small):
    lines = small.table(names.UTT2SPK).read_text().splitlines(keepends=True)
    small.table(names.UTT2SPK).write_text("".join(reversed(lines)))
    with pytest.raises(InputError, match=r"utt2spk:2: the table is not sorted, .* comes after"):
        small.split(2)
    small.table(names.UTT2SPK).write_text("".join(lines[:2] + lines[1:]))
    with pytest.raises(InputError, match=r"utt2spk:3: duplicate key"):
        small.split(2)
    assert not (small.path / "split2").exists()


def test_values_that_cannot_be_parsed_are_named(small):
    def parse(value: str) -> str:
        raise ValueError("is odd")

    first = next(small.utterances())
    with pytest.raises(InputError, match=rf"utt2spk:1: '{first}': is odd"):
        list(small.iterate(names.UTT2SPK, parsers={names.UTT2SPK: parse}))
