"""A tiny model under all conditions: resumed, in several processes, and on answers that are known."""

import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from helpers.tiny_encoders import save_encoder
from helpers.workspace import make_set, pack

from c2ser.bin import stability
from c2ser.data.commands import NOTE
from c2ser.data.location import AudioLocation
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table
from c2ser.finetuning import ClassifierConfig, SpeechClassifier
from c2ser.stability import answering
from c2ser.stability.conditions import StabilityConfig, list_conditions, read_conditions
from c2ser.stability.summary import Answered, summarise_stability

CONDITIONS = """
prompts:
  implicit: {free: ["How does the speaker feel?"], lettered: ["Which? {options}"], orders: 2}
samples: {temperatures: [5.0], answers: 3}
audio: {noise: [10, 0], silence: [0.2]}
alone: {sounds: [silence, music], number: 2, seconds: 0.5}
"""


@pytest.fixture(scope="module")
def folder(tiny_llm, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("stability")
    pack(folder, tiny_llm)
    make_set(folder / "data", speakers=range(1))
    (folder / "conditions.yaml").write_text(CONDITIONS)
    return folder


def measure(folder: Path, output: Path, *options: str) -> dict:
    words = ["--model", folder / "packed", "--data_dir", folder / "data", "--output_dir", output]
    stability.main(list(map(str, [*words, "--conditions", folder / "conditions.yaml", *options])))
    return json.loads((output / "result.json").read_text())


def contents(output: Path) -> dict[str, bytes]:
    """All files but journals, whose lines may be in another order, and the command, which names the folder."""
    files = (path for path in output.rglob("*") if path.is_file() and path.suffix != ".jsonl" and path.name != NOTE)
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def whole(folder) -> Path:
    measure(folder, folder / "whole")
    return folder / "whole"


def test_all_conditions_are_answered_and_summed_up(folder, whole):
    result = json.loads((whole / "result.json").read_text())
    names = [c.name for c in list_conditions(read_conditions(folder / "conditions.yaml"), "implicit", emotions=["sad"])]
    assert sorted(path.name for path in (whole / "conditions").iterdir()) == sorted(names)
    header, *rows = (line.split("\t") for line in (whole / "answers.tsv").read_text().splitlines())
    assert header == ["utterance", "reference", *(name for name in names if not name.startswith("alone"))]
    assert len(rows) == result["n_utts"] == 12
    for name in header[2:]:
        own = read_table(whole / "conditions" / name / "utt2emo")
        assert [own[row[0]] for row in rows] == [row[header.index(name)] for row in rows]
    assert list(result["prompts"]["by_prompt"]) == ["prompt_1", "letters_1_order_1", "letters_1_order_2"]
    assert [point["value"] for point in result["audio"]["noise"]] == [10, 0]
    assert result["samples"]["5"]["answers"] == 3 and result["samples"]["5"]["entropy"] > 0
    assert result["alone"]["music"]["sounds"] == 2
    confidence = np.mean([max(own.values()) for _, own in read_scores(whole / "conditions/noise_0/utt2scores")])
    assert result["audio"]["noise"][1]["confidence"] == pytest.approx(confidence)
    assert matplotlib.image.imread(whole / "curves.png").shape[1] > 500


def test_an_interrupted_call_resumes_to_the_same_bytes(folder, whole, tmp_path, monkeypatch):
    answered, answer = [], answering.answer_condition

    def interrupted(question, condition):
        if len(answered) == 6:
            raise KeyboardInterrupt
        answered.append(condition.name)
        answer(question, condition)

    monkeypatch.setattr("c2ser.stability.measuring.answer_condition", interrupted)
    with pytest.raises(SystemExit) as ended:
        measure(folder, tmp_path / "out")
    assert ended.value.code == 130 and not (tmp_path / "out/result.json").exists()
    monkeypatch.undo()
    (journal,) = (tmp_path / "out/conditions/unchanged/answers").iterdir()
    journal.write_bytes(journal.read_bytes()[:-20])  # as a kill leaves it
    there = (tmp_path / "out/conditions/prompt_1/answers/1.jsonl").read_bytes()
    measure(folder, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(whole)
    assert (tmp_path / "out/conditions/prompt_1/answers/1.jsonl").read_bytes() == there  # none was made again


def test_a_system_without_prompts_is_asked_of_other_audio(folder, tmp_path):
    save_encoder("wavlm_layer", tmp_path / "wavlm")
    model = SpeechClassifier.from_config(ClassifierConfig(str(tmp_path / "wavlm")), ["angry", "sad"]).eval()
    model.save_pretrained(tmp_path / "classifier")
    options = ["--system", "classifier", "--model", str(tmp_path / "classifier")]
    result = measure(folder, tmp_path / "out", *options)
    assert set(result) == {"model", "mode", "n_utts", "unchanged", "audio", "alone"}
    wavs, answers = (
        read_table(path) for path in (folder / "data/wav.scp", tmp_path / "out/conditions/unchanged/utt2emo")
    )
    for utt, path in list(wavs.items())[:3]:
        (scores,) = model.probabilities([AudioLocation.parse(path).read().samples])
        assert answers[utt] == max(scores, key=scores.get)
    with pytest.raises(SystemExit) as ended:
        measure(folder, tmp_path / "out", *options, "--mode", "explicit")
    assert ended.value.code == 2


def test_faults_are_one_line(folder, tmp_path, capsys):
    with pytest.raises(SystemExit, match="^error: .*no_such: no such"):
        stability.main(["--model", f"{tmp_path}/no_such", "--data_dir", f"{folder}/data", "--output_dir", "o"])
    with pytest.raises(SystemExit, match="utt2emo: no such file; stability is measured on a labelled set"):
        stability.main(["--model", f"{folder}/packed", "--data_dir", f"{tmp_path}", "--output_dir", "o"])
    with pytest.raises(SystemExit) as ended:
        measure(folder, tmp_path, "--mode", "explicit", "--reasons", "measured")
    assert ended.value.code == 2 and "--reasons measured" in capsys.readouterr().err


def test_the_figures_of_answers_that_are_known():
    labels = {"a": "sad", "b": "sad", "c": "angry", "d": "angry"}
    text = {"audio": {"gain": [-10, 10]}, "samples": {"temperatures": [1.0], "answers": 3}}
    conditions = list_conditions(read_config(text), "implicit", emotions=["angry", "sad"])
    other = dict(labels, a="angry", c="<invalid>")
    answers = {condition.name: labels for condition in conditions} | {"gain_-10": other}
    answers |= {"sample_1_1": other, "sample_1_2": other}
    result = summarise_stability(conditions, Answered(labels, answers, {"unchanged": 0.75}, {}))
    assert result["unchanged"]["ua"] == 1 and result["unchanged"]["confidence"] == 0.75
    low, high = result["audio"]["gain"]
    assert (low["value"], low["ua"], low["changed"], low["invalid_rate"]) == (-10, 0.5, 0.5, 0.25)
    assert (high["ua"], high["changed"]) == (1, 0)
    samples = result["samples"]["1"]
    assert samples["ua"] == pytest.approx({"min": 0.5, "mean": 2 / 3, "max": 1, "sd": np.std([0.5, 0.5, 1], ddof=1)})
    assert samples["same_answer"] == 0.5 and samples["vote"]["ua"] == 0.5


def read_config(mapping: dict) -> StabilityConfig:
    from c2ser.settings import build_from_mapping

    return build_from_mapping(StabilityConfig, mapping)
