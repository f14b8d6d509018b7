"""What is gathered from the files of a run."""

import subprocess

import pytest

from c2ser.data.commands import source_commit, without_folders
from c2ser.errors import InputError
from c2ser.packing.card.run import read_run


def test_sets_corpora_and_leaks_are_those_of_the_run(write_run):
    exp = write_run()
    (exp / "train.log").write_text("# python -m c2ser.bin.alm_train --seed 3\n# Running on a\n")
    run = read_run(exp, command="run.sh")
    assert run.training_command == "python -m c2ser.bin.alm_train --seed 3"
    assert [(facts.name, facts.utterances) for facts in run.training] == [("train", 24)] and run.dev.name == "dev"
    assert run.corpora["emodb"].title.startswith("Berlin") and run.answer_languages == ["en"]
    assert run.leaks.sentences["train", "test"].utterances == 24 and run.command == "run.sh"


def test_what_is_not_there_is_not_known(write_run, tmp_path):
    exp = write_run()
    (tmp_path / "dump").rename(tmp_path / "elsewhere")
    run = read_run(exp, corpora=["my_corpus"])
    assert (run.training, run.dev, run.leaks, run.answer_languages) == ([], None, None, [])
    assert run.corpora == {"my_corpus": None}
    moved = read_run(exp, dump_dir=tmp_path / "elsewhere")
    assert moved.training[0].utterances == 24


def test_sets_are_found_from_where_the_training_was_started(write_run, tmp_path, monkeypatch):
    exp = write_run(train_dir="dump/train", valid_dir="dump/dev", output_dir="exp/alm")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_run(exp).leaks.tests == ("test",) and read_run(exp).training[0].utterances == 24
    assert read_run(exp.rename(tmp_path / "moved")).training == []


def test_scores_are_not_those_of_another_checkpoint(write_run):
    assert read_run(write_run(), checkpoint="5epoch").figures == []


def test_a_faulty_report_is_one_line(write_run, tmp_path):
    exp = write_run()
    (tmp_path / "dump" / "leaks.json").write_text('{"train": []}')
    with pytest.raises(InputError, match="leaks.json: not a report of check_leaks"):
        read_run(exp)


def test_the_commit_is_that_of_the_checkout(tmp_path):
    assert source_commit(tmp_path) is None
    (tmp_path / "setup.py").write_text("1\n")
    commands = "git init -q . && git add . && git -c user.name=a -c user.email=a@b.c commit -qm 1 && git rev-parse HEAD"
    done = subprocess.run(commands, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert source_commit(tmp_path) == done.stdout.strip()
    (tmp_path / "setup.py").write_text("2\n")
    assert source_commit(tmp_path) == f"{done.stdout.strip()}+"


@pytest.mark.parametrize(
    ("command", "published"),
    [
        ("./run.sh --whisper /home/me/models/base/ --nj 2", "./run.sh --whisper .../base/ --nj 2"),
        ("x --a=/srv/x.yaml ~/c/d", "x --a=.../x.yaml .../d"),
        ("./run.sh --tag a/b --asr openai/whisper-base", "./run.sh --tag a/b --asr openai/whisper-base"),
    ],
)
def test_folders_of_a_machine_are_not_published(command, published):
    assert without_folders(command) == published
