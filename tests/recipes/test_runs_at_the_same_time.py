"""Runs of a recipe beside others, on Slurm, and with features of another model."""

import fcntl
import shutil
import subprocess

import pytest
from helpers.launchers import needs_slurm
from helpers.recipes import (
    LEARNED_FROM,
    MODES,
    assert_one_error,
    digests,
)

from c2ser.data.provenance import Provenance, provenance_path, read_provenance, write_provenance
from c2ser.emotion2vec import Emotion2Vec


@needs_slurm
def test_on_slurm_everything_comes_out_the_same(recipe):
    """All but the corpus is made again from nothing."""
    weights = [path.relative_to(recipe.exp) for path in recipe.exp.glob("*/valid.*.ave.pth")]
    learned = {path: (recipe.exp / path).read_bytes() for path in weights}
    scores = (recipe.exp / "RESULTS.md").read_text(encoding="utf-8").rpartition("Figures are")[0]
    before = digests(recipe.dump)
    packs = [path.rename(recipe.root / path.name) for path in recipe.exp.glob("packed*")]
    shutil.rmtree(recipe.dump)
    shutil.rmtree(recipe.exp)
    recipe.exp.mkdir()
    for path in packs:
        path.rename(recipe.exp / path.name)
    recipe.pass_stages(2, 10, cmd_backend="slurm")
    assert digests(recipe.dump) == before
    assert {path: (recipe.exp / path).read_bytes() for path in weights} == learned and len(learned) == 3
    assert (recipe.exp / "RESULTS.md").read_text(encoding="utf-8").rpartition("Figures are")[0] == scores
    assert "job " in (recipe.exp / "emotion2vec_s_tiny" / "train.log").read_text(encoding="utf-8").splitlines()[1]


@pytest.mark.parametrize("stage", [2, 5])
def test_a_second_run_of_a_stage_is_refused(recipe, stage):
    with open(recipe.dump / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_one_error(recipe.run(stage, stage), "another run is at work in", str(recipe.dump))


def test_what_others_read_is_not_written_meanwhile(recipe):
    with open(recipe.dump / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert_one_error(recipe.run(5, 5, tag="other"), "stage 5: another run is at work in", str(recipe.dump))
        recipe.pass_stages(10, 10)  # only reads there, too


def test_features_of_another_encoder_than_was_trained_with_are_refused(recipe):
    encoder = Emotion2Vec.from_pretrained(recipe.exp / "emotion2vec_s_tiny").fingerprint()
    scps = [recipe.dump / name / "emotion2vec_s.scp" for name in LEARNED_FROM]
    scps += [recipe.exp / f"alm_tiny_{mode}" / "emotion2vec_s.scp" for mode in MODES]  # their notes
    assert [read_provenance(scp).encoder for scp in scps] == [encoder] * len(scps)
    cases = {
        recipe.dump / "dev" / "emotion2vec_s.scp": (7, 8),
        recipe.dump / "test" / "emotion2vec_s.scp": (9,),
        recipe.exp / "alm_tiny_implicit" / "emotion2vec_s.scp": (8, 9, 11),
    }
    for scp, stages in cases.items():
        note = provenance_path(scp).read_bytes()
        write_provenance(scp, Provenance("0" * 32, "utterance", "float32", "exp/other"))
        for stage in stages:
            done = recipe.run(stage, stage)
            assert done.returncode == 1
            messages = {line for line in done.stderr.splitlines() if "exp/other (00000000, float32)" in line}
            assert len(messages) == 1, done.stderr
            (message,) = messages
            known = "was trained with", f"not of {recipe.exp / 'emotion2vec_s_tiny'} as it is now"
            assert any(words in message for words in known), message
        provenance_path(scp).write_bytes(note)


@needs_slurm
def test_a_run_beside_jobs_that_slurm_still_has_is_refused(recipe):
    script = recipe.dump / "left" / "slurm" / "x.sh"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\nsleep 60\n")
    submitted = subprocess.run(["sbatch", "--parsable", "--output=/dev/null", script], capture_output=True, text=True)
    try:
        assert_one_error(recipe.run(5, 5), "Slurm still has jobs", f"scancel {submitted.stdout.strip()}\n")
    finally:
        subprocess.run(["scancel", submitted.stdout.strip()])
        shutil.rmtree(script.parents[1])
