"""What test sets share with training sets, from data directories with audio."""

import json
import subprocess
import sys

import pytest
from helpers.audio import RATE, encoded, noise16
from helpers.data_dirs import spk2utt, write_tables

from c2ser.data.leaks import reported_speakers, sentences
from c2ser.errors import InputError


def write_set(directory, utterances, **kind):
    """A data directory of utterances (seed of the audio, text), whose speaker is the first letter of the id."""
    directory.mkdir(parents=True)
    tables = {"wav.scp": {}, "text": {}, "utt2spk": {}}
    for utt, (seed, text) in utterances.items():
        wav = directory / f"{utt}.audio"
        wav.write_bytes(encoded(noise16(400 + seed), RATE, **kind))
        tables["wav.scp"][utt], tables["utt2spk"][utt] = wav, utt[0]
        if text:
            tables["text"][utt] = text
    return write_tables(directory, tables | {"spk2utt": spk2utt(tables["utt2spk"])})


@pytest.fixture
def sets(tmp_path):
    write_set(tmp_path / "train", {"a-1": (1, "Yes!"), "a-2": (2, "no"), "b-1": (1, None)}, format="WAV")
    write_set(tmp_path / "dev", {"c-1": (3, "perhaps")}, format="WAV")
    write_set(tmp_path / "test", {"b-2": (5, "yes"), "d-1": (6, "never")}, format="FLAC")
    return tmp_path


def check_leaks(folder, *options):
    command = [sys.executable, "-m", "c2ser.bin.check_leaks", "--train_dirs", "train", "--dev_dir", "dev"]
    command += ["--test_dirs", "test", "--output_dir", ".", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_what_may_be_shared_is_reported(sets):
    done = check_leaks(sets)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout == "test: 0 utterances have audio of train, speakers 1 shared, 50.0% of the transcripts are in it\n"
    )
    lines = (sets / "leaks.txt").read_text().splitlines()
    assert "audio: train: 1 utterances repeat the audio of another one: b-1 (= a-1)" in lines
    assert "audio: train and test: no audio in common" in lines
    assert "speakers: train and dev: speakers apart (1 speaker in dev)" in lines
    assert (
        "sentences: dev and test: 0.0% of the transcribed utterances of test (0 of 2) have a sentence of dev" in lines
    )
    report = json.loads((sets / "leaks.json").read_text())
    assert [found["shared"] for found in report["speakers"]] == [0, 1, 0]
    shared = reported_speakers(sets / "test")
    assert (shared.shared, shared.utterances, shared.total, shared.status) == (1, 1, 2, "1 shared")
    assert reported_speakers(sets / "train") is None


def test_speakers_that_must_be_apart_are_an_error(sets):
    refused = check_leaks(sets, "--speakers_apart")
    assert refused.returncode == 1
    assert "leaks.txt: speakers: train and test: 1 of 2 speakers of test are in train too" in refused.stderr


def test_a_copy_under_another_name_is_an_error(sets):
    (sets / "test" / "d-1.audio").write_bytes(encoded(noise16(402), RATE, format="FLAC"))  # a-2's samples
    refused = check_leaks(sets)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert (
        "leaks.txt: audio: train and test: 1 of 2 utterances of test have the audio of one of train" in refused.stderr
    )
    assert "d-1 (= a-2); leave these utterances out, or --allow_same_audio" in refused.stderr
    allowed = check_leaks(sets, "--allow_same_audio")
    assert allowed.returncode == 0 and allowed.stdout.startswith("test: 1 utterances have audio of train")


def test_sets_of_one_name_and_broken_reports(sets):
    command = [sys.executable, "-m", "c2ser.bin.check_leaks", "--train_dirs", "train", "--test_dirs"]
    (sets / "other").mkdir()
    (sets / "other" / "train").mkdir()
    refused = subprocess.run([*command, "other/train", "--output_dir", "."], cwd=sets, capture_output=True, text=True)
    assert refused.returncode == 1 and "has the name of train; give sets with different names" in refused.stderr
    (sets / "leaks.json").write_text("[]")
    with pytest.raises(InputError, match="leaks.json: not a report of check_leaks"):
        reported_speakers(sets / "test")


def test_punctuation_and_case_do_not_count(tmp_path):
    data = write_set(
        tmp_path / "set", {"a-1": (1, "Ja, ICH komme!"), "a-2": (2, "我很高兴。"), "a-3": (3, "?")}, format="WAV"
    )
    assert dict(sentences(data)) == {"a-1": "ja ich komme", "a-2": "我很高兴", "a-3": None}
