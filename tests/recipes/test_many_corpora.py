"""Recipes of many corpora: the joint one, and any corpus that EmoBox has; their first stage, and what they refuse."""

import numpy as np
import pytest
import soundfile
from helpers.emobox import write_toy
from helpers.launchers import call
from helpers.paths import ROOT
from helpers.recipes import environment

from c2ser.data.tables import read_table

JOINT, EMOBOX = (ROOT / "egs" / name / "run.sh" for name in ("c2ser", "emobox"))
FILE = "temperature: 2\ncorpora: {one: {corpus: folder}, two: {corpus: folder}}\n"


def run(recipe, folder, *words):
    """A recipe's first stage, in folders of the test's own."""
    folders = [word for name in ("data", "dump", "exp") for word in (f"--{name}_dir", folder / name)]
    return call([recipe, *folders, "--stop_stage", "1", *words], env=environment(), cwd=folder)


def test_a_joint_training_without_a_corpus_has_folders_of_its_own(tmp_path):
    for corpus in ("one", "two"):
        for name in ("train", "dev", "test"):
            wav = tmp_path / "source" / corpus / name / name / "sad" / "1.wav"
            wav.parent.mkdir(parents=True)
            soundfile.write(wav, np.zeros(800), 16000)
    (tmp_path / "corpora.yaml").write_text(FILE)
    words = ["--corpora", tmp_path / "corpora.yaml", "--source_dir", tmp_path / "source"]
    done = run(JOINT, tmp_path, *words, "--leave_out", "two")
    assert done.returncode == 0, done.stderr
    data = tmp_path / "data" / "without_two"
    assert set(read_table(data / "train" / "utt2corpus").values()) == {"one"}
    assert {"test_one", "test_two", "corpus_emotions"} <= {path.name for path in data.iterdir()}


@pytest.mark.parametrize(
    ("recipe", "words", "error"),
    [
        (JOINT, ["--leave_out", "meld"], "no corpus 'meld' is trained on; there are emodb, urdu, ased"),
        (EMOBOX, [], "--corpus: give the name of a corpus"),
    ],
)
def test_what_cannot_run_is_one_line(recipe, words, error, tmp_path):
    done = run(recipe, tmp_path, *words)
    assert done.returncode and error in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_that_only_emobox_knows_is_prepared_by_its_fold(tmp_path):
    metadata, audio = write_toy(tmp_path)
    words = ["--corpus", "toy", "--source_dir", audio, "--emobox_dir", tmp_path / "box", "--skip_bad", "true"]
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "data").symlink_to(metadata.parent)
    (audio / "sub" / "u 3.wav").unlink()
    done = run(EMOBOX, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert set(read_table(tmp_path / "data" / "test" / "utt2emo").values()) == {"angry"}
    assert (tmp_path / "data" / "emotions").read_text().split() == ["angry", "neutral"]
