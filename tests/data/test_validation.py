"""All faults of a data directory are found at once, each with its file and line."""

import random
from pathlib import Path

import pytest
from helpers.data_dirs import EMOTIONS, contents, random_tables, write_tables

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, table_lines, write_table
from c2ser.errors import InputError


def spoil(name: str, old: str, new: str):
    def change(data: Path) -> None:
        text = (data / name).read_text()
        assert old in text
        (data / name).write_text(text.replace(old, new, 1))

    return change


def spoil_bytes(data: Path) -> None:
    (data / "text").write_bytes((data / "text").read_bytes().replace(b"ein", b"\xff", 1))


def spoil_audio(data: Path) -> None:
    Path(read_table(data / "wav.scp")["spk0-0"]).unlink()
    Path(read_table(data / "wav.scp")["spk0-3"]).write_bytes(b"")


FAULTS = {
    "unsorted": (
        spoil("utt2emo", "spk0-0 angry\nspk0-3 happy\n", "spk0-3 happy\nspk0-0 angry\n"),
        ["utt2emo:2: the table is not sorted, 'spk0-0'"],
    ),
    "duplicate": (
        spoil("utt2emo", "spk0-0 angry\n", "spk0-0 angry\nspk0-0 sad\n"),
        ["utt2emo:2: duplicate key 'spk0-0'"],
    ),
    "emotion": (spoil("utt2emo", "spk0-0 angry", "spk0-0 bored"), ["utt2emo:1: 'spk0-0': unknown emotion 'bored'"]),
    "stray": (spoil("text", "spk0-3", "spk0-4"), ["text:1: 'spk0-4' has no line in utt2spk"]),
    "no value": (spoil("utt2lang", "spk0-3 de", "spk0-3"), ["utt2lang:2: 'spk0-3' has no value"]),
    "language": (spoil("utt2lang", "de", "German"), ["utt2lang:1: 'spk0-0': 'German' is not a language code"]),
    "gender": (spoil("spk2gender", "spk0 f", "spk0 female"), ["spk2gender:1: 'spk0': gender 'female'"]),
    "no audio line": (
        spoil("wav.scp", "spk0-0", "spk0-1"),
        ["utt2spk:1: 'spk0-0' has no line", "wav.scp:1: 'spk0-1' has"],
    ),
    "pipe": (spoil("wav.scp", "0 é.wav", "cat x |"), ["wav.scp:1: 'spk0-0' is a shell pipe"]),
    "bytes": (spoil_bytes, ["text:1: not UTF-8"]),
    "audio": (spoil_audio, ["wav.scp:1: 'spk0-0': no such file", "wav.scp:2: 'spk0-3': empty file"]),
    "no wav.scp": (lambda data: (data / "wav.scp").unlink(), ["wav.scp: no such file"]),
    "speaker": (
        spoil("utt2spk", "spk0-0 spk0", "spk0-0 spk1"),
        ["spk2utt:1: 'spk0' lists 'spk0-0'", "utt2spk:1: 'spk0-0' is not listed under 'spk1'"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_finds_the_fault(data, fault):
    change, expected = FAULTS[fault]
    change(data)
    faults = DataDir(data).validate()
    for words in expected:
        assert any(f"{data}/{words}" in line for line in faults), faults
    assert all("\n" not in line for line in faults)


def test_finds_all_faults_at_once(data):
    for fault in ("unsorted", "stray", "gender", "pipe", "speaker"):
        FAULTS[fault][0](data)
    faults = "\n".join(DataDir(data).validate())
    for fault in ("unsorted", "stray", "gender", "pipe", "speaker"):
        assert all(words in faults for words in FAULTS[fault][1])


def test_finds_bad_segments(data):
    utts = list(read_table(data / "utt2spk"))
    values = ["spk0-0 2.0 1.0", "spk0-0 1 1", "nowhere 0 1", "spk0-0 0 nan", "spk0-0 0", *["spk0-0 0 1"] * 4]
    write_table(data / "segments", dict(zip(utts, values)))
    faults = [line for line in DataDir(data).validate() if "/segments:" in line]
    assert [int(line.split(":")[1]) for line in faults] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "value, words",
    [
        ("angry", "'angry' has no count"),
        ("angry:3,sad:1", "'angry:3,sad:1' has no count"),
        ("angry:x", "'angry:x' has no count"),
        ("angry:nan", "'angry:nan' has no count"),
        ("angry:-1 sad:2", "'angry:-1' has no count of 0 or more"),
        ("angry:0 sad:0", "'angry:0 sad:0' has no vote"),
        ("angry:1 angry:2", "angry has two counts"),
        ("joyous:1", "'joyous:1' has no known emotion"),
        ("angry:1 bored:2", "votes for 'bored', which is not in the label set, angry, happy, sad"),
    ],
)
def test_finds_bad_votes(data, value, words):
    write_table(data / "utt2votes", {"spk0-0": "angry:2 sad:0.5", "spk0-3": value, "spk1-1": "sad:0 happy:1"})
    (fault,) = DataDir(data).validate()
    assert fault.startswith(f"{data}/utt2votes:2: 'spk0-3': ") and words in fault


def test_finds_bad_ages(data):
    write_table(data / "spk2age", {"spk0": "old", "spk1": "30", "spk7": "40"})
    faults = DataDir(data).validate()
    assert faults == [
        f"{data}/spk2age:1: 'spk0': 'old' is not a positive number",
        f"{data}/spk2age:3: 'spk7' has no line in spk2utt",
    ]


def test_empty_or_missing_set(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("wav.scp", "utt2spk", "spk2utt"):
        (tmp_path / "empty" / name).touch()
    assert any("the set is empty" in line for line in DataDir(tmp_path / "empty").validate())
    assert len(DataDir(tmp_path / "nowhere").validate()) == 3


@pytest.mark.parametrize("name", ["wav.scp", "utt2spk", "spk2utt", "utt2emo", "text", "spk2gender"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_byte_order_marks_tabs_and_windows_line_ends_are_read(data, name, mark):
    lines = (data / name).read_text().splitlines()
    (data / name).write_bytes((mark + "".join(f"{line.replace(' ', chr(9), 1)}\r\n" for line in lines)).encode())
    assert DataDir(data).validate() == []
    before = {utt: row for utt, *row in DataDir(data).iterate("wav.scp", optional=["utt2emo", "text"])}
    (data / name).write_text("".join(f"{line}\n" for line in lines))
    assert before == {utt: row for utt, *row in DataDir(data).iterate("wav.scp", optional=["utt2emo", "text"])}


def test_a_byte_order_mark_inside_of_a_table_is_named(data):
    """As where two files were put together."""
    text = (data / "utt2emo").read_text()
    (data / "utt2emo").write_text(text.replace("\nspk0-3", "\n\ufeffspk0-3"))
    with pytest.raises(InputError, match="utt2emo: 'spk0-3' has a byte order mark before it"):
        list(DataDir(data).iterate(optional=["utt2emo"]))


@pytest.mark.parametrize("seed", range(40))
def test_any_bytes_are_faults_and_no_more(tmp_path, seed):
    """Each fault is one line, and a table that reading refuses has one."""
    rng = random.Random(seed)
    (tmp_path / "a.wav").write_bytes(b"x")
    data = write_tables(tmp_path / "data", random_tables(rng, tmp_path / "a.wav"))
    for name in rng.sample(sorted(contents(data)), 2):
        content = bytearray(data.table(name).read_bytes())
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(content) + 1)
            odd = [b"\t", b"\r", b"\n", b" ", b"\x0b", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8"]
            content[place : place + rng.randint(0, 1)] = rng.choice(odd)
        data.table(name).write_bytes(content)
    faults = data.validate(EMOTIONS)
    assert all("\n" not in fault for fault in faults)
    for name in contents(data):
        try:
            read_table(data.table(name))
        except InputError:
            assert any(f"/{name}" in fault for fault in faults), (name, faults)


@pytest.mark.parametrize("seed", range(40))
def test_faults_are_those_of_a_naive_comparison(tmp_path, seed):
    """Lines of random tables are dropped, repeated, moved and renamed; whole tables in memory tell what is wrong."""
    rng = random.Random(seed)
    (tmp_path / "a.wav").write_bytes(b"x")
    data = write_tables(tmp_path / "data", random_tables(rng, tmp_path / "a.wav"))
    for name in rng.sample(sorted(contents(data)), 3):
        lines = data.table(name).read_text().splitlines()
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(lines) + 1)
            change = rng.choice(("drop", "repeat", "move", "rename"))
            if change == "drop" and len(lines) > 1 or not lines:
                del lines[place : place + 1]
            elif change == "repeat":
                lines.insert(place, rng.choice(lines))
            elif change == "move":
                lines.insert(place, lines.pop(rng.randrange(len(lines))))
            elif place < len(lines):
                lines[place] = "new" + lines[place]
        data.table(name).write_text("".join(f"{line}\n" for line in lines))
    found = {tuple(line.removeprefix(f"{data}/").split(":")[:2]) for line in data.validate(EMOTIONS)}
    assert first_lines(data, found) == first_lines(data, naive_faults(data))


def first_lines(data: DataDir, faults: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of a key that has several lines, any may be named: takes the first for all."""
    first: dict[tuple[str, str], int] = {}
    keys = {
        (name, str(number)): (name, key) for name in contents(data) for number, key, _ in table_lines(data.table(name))
    }
    for (_, number), key in keys.items():
        first.setdefault(key, int(number))
    return {(fault[0], str(first[keys[fault]])) for fault in faults}


def naive_faults(data: DataDir) -> set[tuple[str, str]]:
    """Returns (table, line number) of all lines with a fault."""
    faults = set()
    tables: dict[str, dict[str, tuple[int, str]]] = {}
    for name in contents(data):
        tables[name] = {}
        last = ""
        for number, key, value in table_lines(data.table(name)):
            if key in tables[name]:
                faults.add((name, str(number)))
            elif key.encode() < last.encode():
                faults.add((name, str(number)))
            tables[name].setdefault(key, (number, value))
            last = max(last, key)
    utts, audio = tables["utt2spk"], "segments" if "segments" in tables else "wav.scp"
    per_utterance = set(tables) - {"utt2spk", "spk2utt", "spk2gender", "spk2age"} - ({"wav.scp"} - {audio})
    for name in per_utterance:
        faults |= {(name, str(number)) for key, (number, _) in tables[name].items() if key not in utts}
    faults |= {("utt2spk", str(number)) for utt, (number, _) in utts.items() if utt not in tables[audio]}
    if audio == "segments":
        recordings = tables["wav.scp"]
        known = [(number, value.split()[0]) for utt, (number, value) in tables[audio].items() if utt in utts]
        faults |= {("segments", str(number)) for number, recording in known if recording not in recordings}
    listed = {(speaker, utt) for speaker, (_, value) in tables["spk2utt"].items() for utt in value.split()}
    given = {(speaker, utt) for utt, (_, speaker) in utts.items()}
    faults |= {("spk2utt", str(tables["spk2utt"][speaker][0])) for speaker, utt in listed - given}
    faults |= {("utt2spk", str(utts[utt][0])) for speaker, utt in given - listed}
    for name in ("spk2gender", "spk2age"):
        faults |= {(name, str(number)) for key, (number, _) in tables[name].items() if key not in tables["spk2utt"]}
    return faults
