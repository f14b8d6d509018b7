"""The model that the last stage packs, as users load it."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
from helpers.recipes import environment

from c2ser.data.tables import read_table
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.languages import read_emotion


def test_packed_model_answers_as_the_recipe_did(recipe):
    answers = read_table(recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test" / "text")
    found = read_table(recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test" / "utt2emo")
    wavs = dict(list(read_table(recipe.dump / "test" / "wav.scp").items())[::20])
    missing = str(recipe.root / "no such.wav")
    packed = recipe.root / "published elsewhere"
    shutil.copytree(recipe.exp / "packed", packed)
    command = [sys.executable, "-m", "c2ser.bin.infer", "--model", str(packed), *wavs.values(), missing]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=recipe.root)
    assert done.returncode == 3 and f"left out: {missing}: no such file" in done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    assert [row["file"] for row in rows] == list(wavs.values())
    assert [row["emotion"] for row in rows] == [found[utt] for utt in wavs]
    assert [row["text"] for row in rows] == [answers[utt] for utt in wavs]


def test_a_pack_is_named_by_its_tag_and_linked(recipe):
    for suffix in ("", "_explicit"):
        link = recipe.exp / f"packed{suffix}"
        assert link.is_symlink() and link.samefile(recipe.exp / f"packed_tiny{suffix}")


def test_the_model_that_gives_reasons_is_packed_beside_it(recipe):
    answers = read_table(recipe.exp / "alm_tiny_explicit" / "inference_explicit" / "test" / "text")
    wavs = dict(list(read_table(recipe.dump / "test" / "wav.scp").items())[::40])
    command = [sys.executable, "-m", "c2ser.bin.infer", "--model", str(recipe.exp / "packed_explicit")]
    command += ["--mode", "explicit", *wavs.values()]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=recipe.root)
    assert done.returncode == 0, done.stderr
    said = [row["text"] for row in csv.DictReader(done.stdout.splitlines(), delimiter="\t")]
    assert said == [answers[utt] for utt in wavs]


def test_packed_model_answers_a_data_directory(recipe):
    answered = recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test"
    command = [sys.executable, "-m", "c2ser.bin.alm_inference", "--model", str(recipe.exp / "packed"), "--scores"]
    command += ["--data_dir", str(recipe.dump / "test"), "--output_dir", str(recipe.root / "by packed")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=recipe.root)
    assert done.returncode == 0, done.stderr
    for table in ("text", "utt2emo"):
        assert (recipe.root / "by packed" / table).read_bytes() == (answered / table).read_bytes()
    ours, theirs = (read_table(folder / "utt2scores") for folder in (recipe.root / "by packed", answered))
    assert ours.keys() == theirs.keys() == read_table(answered / "text").keys()
    for utt in ours:
        both = [dict(item.split("=") for item in scores[utt].split()) for scores in (ours, theirs)]
        assert list(both[0]) == list(both[1]) == list(PAPER_EMOTIONS)
        probabilities = np.array([list(map(float, row.values())) for row in both])
        np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)
        np.testing.assert_allclose(probabilities.sum(1), 1.0, atol=1e-5)


IN_PYTHON = """
import json, sys
import c2ser
assert "torch" not in sys.modules, "import c2ser loads torch"
model = c2ser.C2SER.from_pretrained(sys.argv[1])
one = model.recognize(sys.argv[2])
several = model.recognize(sys.argv[2:], mode="implicit")
reasoned = model.recognize(sys.argv[2], mode="explicit")
unwanted = {"espnet", "espnet2", "phonemizer", "parselmouth"}
loaded = sorted(unwanted & set(sys.modules))
print(json.dumps([loaded, one.emotion, [item.text for item in several], reasoned.text]))
"""


def test_packed_model_is_used_from_python_without_espnet(recipe):
    answers = read_table(recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test" / "text")
    wavs = dict(list(read_table(recipe.dump / "test" / "wav.scp").items())[:3])
    command = [sys.executable, "-c", IN_PYTHON, str(recipe.exp / "packed"), *wavs.values()]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=recipe.root)
    assert done.returncode == 0, done.stderr
    loaded, emotion, several, reasoned = json.loads(done.stdout.splitlines()[-1])
    assert loaded == []
    assert [" ".join(text.split()) for text in several] == [answers[utt] for utt in wavs]
    assert emotion == read_emotion(several[0]) and isinstance(reasoned, str)
