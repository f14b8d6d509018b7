"""The recipe that only tests: a packed model on a made-up Emo-Emilia, and what it says of wrong options."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.launchers import call
from helpers.paths import ROOT
from helpers.recipes import environment
from helpers.tiny_alm import ACOUSTIC_WIDTH, model_with
from helpers.tiny_emotion2vec import save_emotion2vec

from c2ser.corpora.emo_emilia import LIST
from c2ser.data.tables import read_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.packing.packed_model import PackedModel

RUN = ROOT / "egs" / "emo_emilia" / "run.sh"


@pytest.fixture
def source(tmp_path) -> Path:
    """Seven utterances of each language and tokens for them."""
    folder, rng = tmp_path / "Emo-Emilia", np.random.default_rng(0)
    (folder / "wav").mkdir(parents=True)
    (folder / "npy").mkdir()
    rows = []
    for number, emotion in enumerate(PAPER_EMOTIONS):
        for language in ("ZH", "EN"):
            index = f"{language}_B0000{number % 2}_S00001_W00000{number}"
            rows.append({"index": index, "emotion": emotion, "wav": f"./Emo-Emilia/wav/{index}.wav", "text": "Yes."})
            soundfile.write(folder / "wav" / f"{index}.wav", rng.normal(scale=0.1, size=4000 + 300 * number), 16000)
            np.save(folder / "npy" / f"{index}.npy", rng.normal(size=(10, ACOUSTIC_WIDTH)))
    (folder / LIST).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture
def packed(llms, tmp_path) -> Path:
    encoder = Emotion2Vec.from_pretrained(save_emotion2vec(tmp_path / "encoder", width=ACOUSTIC_WIDTH))
    model = PackedModel(model_with(llms["qwen2"]), encoder, PAPER_EMOTIONS, {"num_beams": 1})
    model.save(tmp_path / "a model")
    return tmp_path / "a model"


def run(folder: Path, *words):
    return call(
        [RUN, "--data_dir", folder / "data", "--exp_dir", folder / "exp", *words], env=environment(), cwd=folder
    )


def test_answers_are_scored_as_a_whole_and_by_language(source, packed, tmp_path):
    options = ["--model", packed, "--inference_modes", "implicit", "--inference_options", "--constrained"]
    done = run(tmp_path, "--source_dir", source, "--nj", "1", *options)
    assert done.returncode == 0, done.stderr
    answers = tmp_path / "exp" / "a model" / "inference_implicit"
    counts = {name: len(read_table(answers / name / "utt2emo")) for name in ("zh", "en", "all")}
    assert counts == {"zh": 7, "en": 7, "all": 14}
    scores = {name: json.loads((answers / name / "score" / "result.json").read_bytes()) for name in counts}
    assert {name: score["n_utts"] for name, score in scores.items()} == counts
    assert scores["all"]["wa"] == pytest.approx((scores["zh"]["wa"] + scores["en"]["wa"]) / 2)
    table = (tmp_path / "exp" / "RESULTS.md").read_text(encoding="utf-8")
    assert "| a model | implicit | all" in table and "egs/emo_emilia/run.sh" in table

    given = ["--tag", "given", "--features", f"{source / 'npy'} unknown", "--stage", "2", "--stop_stage", "3"]
    given += ["--prompt", "What is it?"]
    done = run(tmp_path, "--nj", "1", *options, *given)
    assert done.returncode == 0, done.stderr
    assert "stage 2" not in done.stdout
    log = (tmp_path / "exp" / "given" / "inference_implicit" / "zh" / "log" / "inference.1.log").read_text()
    assert "of an unknown encoder" in log and "--prompt 'What is it?'" in log
    assert (
        read_table(tmp_path / "exp" / "given" / "inference_implicit" / "zh" / "utt2emo").keys()
        == read_table(answers / "zh" / "utt2emo").keys()
    )


def test_reasons_are_compared_with_what_was_said(source, packed, tmp_path):
    options = ["--model", packed, "--inference_modes", "explicit", "--inference_options", "--max_new_tokens 8"]
    done = run(tmp_path, "--source_dir", source, "--nj", "1", *options)
    assert done.returncode == 0, done.stderr
    answers = tmp_path / "exp" / "a model" / "inference_explicit"
    for name, number in {"zh": 7, "en": 7, "all": 14}.items():
        assert len(read_table(answers / name / "text")) == number
        result = json.loads((answers / name / "faithfulness" / "result.json").read_bytes())
        assert result["n_utts"] == number and result["n_missing"] == 0 and result["cer"] is not None
        assert result["levels"]["pitch"]["macro_recall"] is None
        assert (answers / name / "faithfulness" / "answers.html").read_text().count("<article") == number
    assert "## Reasons" in (tmp_path / "exp" / "RESULTS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words, error",
    [
        ([], "--model '' is not the folder of a packed model; import_checkpoint and pack make them"),
        (["--model", "/nowhere"], "--model '/nowhere' is not the folder of a packed model"),
        (["--modle", "x"], "unknown option --modle"),
    ],
)
def test_wrong_options_end_it_before_it_begins(words, error, tmp_path):
    done = run(tmp_path, *words)
    assert done.returncode == 2 and done.stdout == "" and error in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_stage_lacks_is_named(packed, tmp_path):
    for stage, lacking in ((2, "data/zh/wav.scp is missing; stage 1"), (4, "zh/utt2emo is missing; stage 3")):
        done = run(tmp_path, "--model", packed, "--stage", str(stage))
        assert done.returncode == 1 and f"stage {stage}: " in done.stderr and lacking in done.stderr
