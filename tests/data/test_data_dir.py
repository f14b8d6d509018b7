"""Data directories: written whole or not at all, divided and put together without loss, faults found all at once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from c2ser.data.data_dir import (
    Utterance,
    combine_data_dirs,
    merge_data_dir,
    split_data_dir,
    subset_data_dir,
    validate_data_dir,
    write_data_dir,
    write_emotions,
)
from c2ser.data.splits import leave_one_speaker_out, stratified_hold_out
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError

EMOTIONS = ("angry", "happy", "sad")


def tables(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


@pytest.fixture
def utterances(tmp_path) -> list[Utterance]:
    """Nine utterances of three speakers in no order, one unlabelled, in a folder with spaces and umlauts."""
    folder = tmp_path / "Größe  XL 中"
    folder.mkdir()
    made = []
    for index in (4, 8, 0, 6, 2, 7, 1, 5, 3):
        speaker = f"spk{index % 3}"
        wav = folder / f"{index} é.wav"
        wav.write_bytes(b"x")
        emotion = None if index == 5 else EMOTIONS[index // 3]
        text = "  ein \n Satz " if index else None
        made.append(Utterance(f"{speaker}-{index}", wav, speaker, emotion, text, "de", "fmf"[index % 3]))
    return made


@pytest.fixture
def data(tmp_path, utterances) -> Path:
    write_data_dir(tmp_path / "data" / "train", utterances, EMOTIONS, "corpus a")
    write_emotions(tmp_path / "data" / "emotions", EMOTIONS)
    return tmp_path / "data" / "train"


def test_writes_sorted_tables(data, utterances):
    assert set(tables(data)) == {
        "wav.scp",
        "utt2spk",
        "spk2utt",
        "utt2emo",
        "text",
        "utt2lang",
        "utt2corpus",
        "spk2gender",
    }
    for name in tables(data):
        subprocess.run(["sort", "-c", data / name], env={**os.environ, "LC_ALL": "C"}, check=True)
    assert read_table(data / "wav.scp") == {utt.id: str(utt.wav) for utt in utterances}
    assert read_table(data / "spk2utt")["spk1"] == "spk1-1 spk1-4 spk1-7"
    assert read_table(data / "spk2gender") == {"spk0": "f", "spk1": "m", "spk2": "f"}
    assert read_table(data / "text")["spk1-1"] == "ein Satz" and "spk0-0" not in read_table(data / "text")
    assert "spk2-5" not in read_table(data / "utt2emo")
    assert read_table(data / "utt2corpus") == {utt.id: "corpus a" for utt in utterances}
    assert validate_data_dir(data) == []


def test_order_of_the_utterances_does_not_matter(data, utterances, tmp_path):
    write_data_dir(tmp_path / "again", reversed(utterances), EMOTIONS, "corpus a")
    assert tables(tmp_path / "again") == tables(data)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"id": "spk0-0"}, "utterance 'spk0-0' is a duplicate"),
        ({"id": "a b"}, "'a b': its id is empty or has spaces"),
        ({"speaker": ""}, "speaker '' is empty"),
        ({"emotion": "joyous"}, "unknown emotion 'joyous'; the label set is angry, happy, sad"),
        ({"wav": Path("x.wav |")}, "ends with a space or '|'"),
        ({"wav": Path("x\n.wav")}, "line break"),
        ({"wav": Path(os.fsdecode(b"\xff.wav"))}, "not UTF-8"),
        ({"gender": "x"}, "needs one gender"),
        ({"recording": "r", "start": 0.0, "end": 1.0}, "'spk0-0' is a whole file, others are parts of recordings"),
        ({"recording": "r", "start": 0.0}, "'new': a part of recording 'r' needs its start and end"),
        ({"recording": "r s", "start": 0.0, "end": 1.0}, "recording 'r s' is empty or has spaces"),
        ({"speaker": "spk0", "gender": "m"}, "speaker 'spk0' needs one gender"),
    ],
)
def test_refuses_a_bad_utterance_and_writes_nothing(tmp_path, utterances, change, words):
    facts = {"id": "new", "wav": Path("x.wav"), "speaker": "new"} | change
    with pytest.raises(InputError) as error:
        write_data_dir(tmp_path / "out", [*utterances, Utterance(**facts)], EMOTIONS)
    message = str(error.value)
    assert words in message and str(tmp_path / "out") in message and "\n" not in message
    assert not (tmp_path / "out").exists()


def test_failure_leaves_the_former_set(data, utterances):
    before = tables(data)
    with pytest.raises(InputError, match="no utterance to write"):
        write_data_dir(data, [], EMOTIONS)
    with pytest.raises(InputError, match="is a duplicate"):
        write_data_dir(data, utterances[:2] * 2, EMOTIONS)
    assert tables(data) == before


def test_other_utterances_take_stale_tables_away(data, utterances):
    write_table(data / "utt2dur", {utt.id: 1.0 for utt in utterances})
    write_data_dir(data, utterances, EMOTIONS)
    assert (data / "utt2dur").exists()
    write_data_dir(data, [Utterance("a", Path("x.wav"), "a")], EMOTIONS)
    assert set(tables(data)) == {"wav.scp", "utt2spk", "spk2utt", "utt2emo"}


@pytest.mark.parametrize("num_splits", [1, 2, 4, 9])
def test_split_and_merge_is_the_same_directory(data, num_splits):
    write_table(data / "feats.scp", {utt: f"f.ark:{i}" for i, utt in enumerate(read_table(data / "utt2spk"))})
    before = tables(data)
    parts = split_data_dir(data, num_splits)
    sizes = [len(read_table(part / "wav.scp")) for part in parts]
    assert sum(sizes) == 9 and max(sizes) - min(sizes) <= 1
    assert all(validate_data_dir(part, EMOTIONS) == [] for part in parts)
    merge_data_dir(data, num_splits)
    assert tables(data) == before


def test_parts_of_recordings_become_segments(tmp_path, utterances):
    wav = utterances[0].wav
    parts = [Utterance(f"s-{i}", wav, "s", "sad", recording="r", start=i, end=i + 1.5, corpus="c") for i in range(2)]
    assert write_data_dir(tmp_path / "all", parts, EMOTIONS, "corpus a") == 2
    assert read_table(tmp_path / "all" / "wav.scp") == {"r": str(wav)}
    assert read_table(tmp_path / "all" / "segments") == {"s-0": "r 0.000 1.500", "s-1": "r 1.000 2.500"}
    assert set(read_table(tmp_path / "all" / "utt2corpus").values()) == {"c"}
    assert validate_data_dir(tmp_path / "all") == []
    other = Utterance("s-2", wav.with_name("x.wav"), "s", recording="r", start=0, end=1)
    with pytest.raises(InputError, match="'s-2': recording 'r' has two files"):
        write_data_dir(tmp_path / "all", [*parts, other], EMOTIONS)


def test_split_with_segments_takes_the_recordings_along(data):
    recording = read_table(data / "wav.scp")["spk0-0"]
    write_table(data / "segments", {u: f"r{u[3]} {u[-1]} {int(u[-1]) + 1}" for u in read_table(data / "utt2spk")})
    write_table(data / "wav.scp", {f"r{i}": recording for i in range(3)})
    assert validate_data_dir(data) == []
    before = tables(data)
    parts = split_data_dir(data, 3)
    assert [list(read_table(part / "wav.scp")) for part in parts] == [["r0"], ["r1"], ["r2"]]
    assert [part for part in parts if validate_data_dir(part, EMOTIONS)] == []
    combine_data_dirs(parts, data.parent / "again")
    assert tables(data.parent / "again") == before


def test_recording_shared_by_two_parts_is_merged(data):
    recording = read_table(data / "wav.scp")["spk0-0"]
    write_table(data / "segments", {u: f"r {u[-1]} {int(u[-1]) + 1}" for u in read_table(data / "utt2spk")})
    write_table(data / "wav.scp", {"r": recording})
    before = tables(data)
    split_data_dir(data, 2)
    merge_data_dir(data, 2)
    assert tables(data) == before


def test_more_parts_than_utterances(data):
    with pytest.raises(InputError, match="9 utterances cannot be split into 10 parts"):
        split_data_dir(data, 10)


def test_merge_needs_every_part(data):
    parts = split_data_dir(data, 2)
    write_table(parts[0] / "feats.scp", {"spk0-0": "f.ark:1"})
    with pytest.raises(InputError, match=r"split2/2/feats\.scp: no such file"):
        merge_data_dir(data, 2, ["feats.scp"])
    assert not (data / "feats.scp").exists()


def test_subset_and_combine(data, tmp_path):
    subset_data_dir(data, tmp_path / "a", {"spk0-0", "spk2-5"})
    subset_data_dir(data, tmp_path / "b", set(read_table(data / "utt2spk")) - {"spk0-0", "spk2-5"})
    assert read_table(tmp_path / "a" / "spk2utt") == {"spk0": "spk0-0", "spk2": "spk2-5"}
    assert read_table(tmp_path / "a" / "utt2emo") == {"spk0-0": "angry"}
    combine_data_dirs([tmp_path / "b", tmp_path / "a"], tmp_path / "c")
    assert tables(tmp_path / "c") == tables(data)
    with pytest.raises(InputError, match="'spk0-0' is in .* too"):
        combine_data_dirs([data, tmp_path / "a"], tmp_path / "d")
    with pytest.raises(InputError, match="none of the utterances"):
        subset_data_dir(data, tmp_path / "e", {"nobody"})
    assert not (tmp_path / "d").exists() and not (tmp_path / "e").exists()


def test_unsorted_or_repeated_lines_are_not_divided(data):
    lines = (data / "utt2spk").read_text().splitlines(keepends=True)
    (data / "utt2spk").write_text("".join(reversed(lines)))
    with pytest.raises(InputError, match=r"utt2spk:2: the table is not sorted, 'spk2-5' comes after 'spk2-8'; sort"):
        split_data_dir(data, 2)
    (data / "utt2spk").write_text("".join(lines[:2] + lines[1:]))
    with pytest.raises(InputError, match=r"utt2spk:3: duplicate key 'spk0-3'"):
        split_data_dir(data, 2)
    assert not (data / "split2").exists()


def test_100_000_utterances_take_seconds(tmp_path):
    many = (Utterance(f"s{i % 99:02d}-{i:06d}", Path(f"/x/{i}.wav"), f"s{i % 99:02d}", "sad") for i in range(100_000))
    write_data_dir(tmp_path / "all", many, EMOTIONS)
    before, start = tables(tmp_path / "all"), time.monotonic()
    split_data_dir(tmp_path / "all", 32)
    merge_data_dir(tmp_path / "all", 32)
    assert time.monotonic() - start < 30
    assert tables(tmp_path / "all") == before


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
    faults = validate_data_dir(data)
    for words in expected:
        assert any(f"{data}/{words}" in line for line in faults), faults
    assert all("\n" not in line for line in faults)


def test_finds_all_faults_at_once(data):
    for fault in ("unsorted", "stray", "gender", "pipe", "speaker"):
        FAULTS[fault][0](data)
    faults = "\n".join(validate_data_dir(data))
    for fault in ("unsorted", "stray", "gender", "pipe", "speaker"):
        assert all(words in faults for words in FAULTS[fault][1])


def test_finds_bad_segments(data):
    utts = list(read_table(data / "utt2spk"))
    values = ["spk0-0 2.0 1.0", "spk0-0 1 1", "nowhere 0 1", "spk0-0 0 nan", "spk0-0 0", *["spk0-0 0 1"] * 4]
    write_table(data / "segments", dict(zip(utts, values)))
    faults = [line for line in validate_data_dir(data) if "/segments:" in line]
    assert [int(line.split(":")[1]) for line in faults] == [1, 2, 3, 4, 5]


def test_empty_or_missing_set(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("wav.scp", "utt2spk", "spk2utt"):
        (tmp_path / "empty" / name).touch()
    assert any("the set is empty" in line for line in validate_data_dir(tmp_path / "empty"))
    assert len(validate_data_dir(tmp_path / "nowhere")) == 3


def test_commands_end_with_one_line_and_exit_code_1(data):
    def run(command: str, *args: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", f"c2ser.bin.{command}", *map(str, args)], capture_output=True, text=True
        )

    assert run("validate_data_dir", data).returncode == 0
    spoil("utt2emo", "angry", "bored")(data)
    found = run("validate_data_dir", data)
    assert found.returncode == 1 and "utt2emo:1" in found.stderr and "Traceback" not in found.stderr
    refused = run("split_data_dir", "--data_dir", data, "--nj", 10)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert run("split_data_dir", "--data_dir", data).returncode == 2
    assert run("split_data_dir", "--data_dir", data, "--nj", 2).returncode == 0
    assert run("merge_data_dir", "--data_dir", data, "--nj", 2, "--names", "utt2emo").returncode == 0
    parts = (data / "split2" / "1", data / "split2" / "2")
    assert run("combine_data_dirs", "--data_dirs", *parts, "--output_dir", data.parent / "c").returncode == 0
    assert tables(data.parent / "c") == tables(data)


def test_hold_out_keeps_the_classes_shares():
    classes = {f"u{i}": "ab"[i % 4 == 0] for i in range(400)}
    drawn = stratified_hold_out(classes, 0.1)
    assert [sum(classes[utt] == name for utt in drawn) for name in "ab"] == [30, 10]
    assert drawn == stratified_hold_out(dict(reversed(classes.items())), 0.1)


def test_every_speaker_is_test_once_and_dev_once():
    utt2spk = {f"s{i % 5}-{i}": f"s{i % 5}" for i in range(20)}
    folds = [leave_one_speaker_out(utt2spk, fold) for fold in range(1, 6)]
    for name in ("test", "dev"):
        assert set.union(*(fold[name] for fold in folds)) == set(utt2spk)
        assert all(len({utt2spk[utt] for utt in fold[name]}) == 1 for fold in folds)
    assert all(sum(map(len, fold.values())) == 20 for fold in folds)
    with pytest.raises(InputError, match="fold 6 of 5 speakers"):
        leave_one_speaker_out(utt2spk, 6)


def test_a_fraction_of_each_emotion_is_drawn(data, tmp_path):
    def draw(fraction: float) -> int:
        command = [sys.executable, "-m", "c2ser.bin.subset_data_dir", "--data_dir", str(data)]
        done = subprocess.run([*command, "--fraction", str(fraction), "--output_dir", str(tmp_path / "part")])
        return done.returncode

    assert draw(0.5) == 0
    assert validate_data_dir(tmp_path / "part") == []
    labels, drawn = read_table(data / "utt2emo"), read_table(tmp_path / "part" / "utt2emo")
    assert read_table(tmp_path / "part" / "utt2spk").keys() == drawn.keys() <= labels.keys()
    for emotion in set(labels.values()):
        assert list(drawn.values()).count(emotion) == round(list(labels.values()).count(emotion) / 2)
    assert draw(1.5) == 2
