"""What a whole run of mini_emo leaves: everything that a real run writes, although nothing was learned."""

import json
import re
import shlex

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
from helpers.recipes import (
    LEARNED_FROM,
    MODES,
    SETS,
    Recipe,
    stages_of,
)

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.languages import read_emotion


def test_all_stages_run_in_order_and_say_what_they_took(recipe):
    assert stages_of(recipe.stdout) == list(range(1, 12))
    assert re.findall(r"stage (\d+): done in \d+ s", recipe.stdout) == [str(number) for number in range(1, 12)]
    noted = (recipe.exp / "log" / "stage_times_tiny").read_text().split()[::2]
    assert noted == [str(number) for number in range(1, 12)]
    assert f"  log: {recipe.exp}/alm_tiny_explicit/train.log\n" in recipe.stdout


def test_a_run_says_nothing_that_only_a_programmer_understands(recipe):
    lines = recipe.stderr.splitlines()
    assert not [line for line in lines if re.search(r"Warning\b|Traceback|<frozen", line)]
    assert 0 < len(lines) < 200


def test_a_run_ends_with_commands_that_ask_its_models_about_a_file_of_the_corpus(recipe):
    ends = zip(recipe.stdout.splitlines()[-2:], ("try it", "with reasons"), ("packed_tiny", "packed_tiny_explicit"))
    for line, said, model in ends:
        start, *words = shlex.split(line.removeprefix(f"{said}: "))
        assert line.startswith(said) and {"infer", "--model", str(recipe.exp / model)} <= {start, *words}
        assert words[-1] in read_table(recipe.data / "test" / "wav.scp").values()


def test_data_directories_are_whole(recipe):
    for name in SETS:
        assert DataDir(recipe.data / name).validate() == []
        assert DataDir(recipe.dump / name).validate(PAPER_EMOTIONS) == []
        for table in ("utt2dur", "utt2num_samples", "attributes"):
            assert read_table(recipe.dump / name / table).keys() == read_table(recipe.data / name / "utt2spk").keys()
    durations = read_table(recipe.dump / "test" / "utt2dur")
    for utt, wav in list(read_table(recipe.dump / "test" / "wav.scp").items())[::10]:
        info = soundfile.info(wav)
        assert (info.samplerate, info.channels) == (16000, 1)
        assert float(durations[utt]) == pytest.approx(info.duration, abs=1e-3)
        assert len([float(value) for value in read_table(recipe.dump / "test" / "attributes")[utt].split()]) == 3


def test_pseudo_labels_are_for_unlabelled_utterances_only(recipe):
    pseudo = recipe.dump / "unlabelled_pseudo"
    labels = read_table(pseudo / "utt2emo")
    assert 0 < len(labels) <= len(read_table(recipe.data / "unlabelled" / "utt2spk"))
    assert labels.keys() <= read_table(recipe.data / "unlabelled" / "utt2spk").keys()
    assert set(labels.values()) <= set(PAPER_EMOTIONS)
    assert json.loads((pseudo / "report.json").read_text(encoding="utf-8"))


def test_features_are_float32_of_ten_tokens(recipe):
    for name in LEARNED_FROM:
        features = kaldiio.load_scp(str(recipe.dump / name / "emotion2vec_s.scp"))
        assert set(features) == set(read_table(recipe.dump / name / "wav.scp"))
        for utt in list(features)[::20]:
            assert features[utt].dtype == np.float32 and features[utt].shape == (10, 96)
            assert np.isfinite(features[utt]).all()


def test_targets_name_the_emotion_of_their_utterance(recipe):
    for name in LEARNED_FROM:
        labels = read_table(recipe.dump / name / "utt2emo")
        levels = read_table(recipe.dump / name / "attribute_levels")
        assert all(set(value.split()) <= {"low", "medium", "high", "nan"} for value in levels.values())
        for mode in MODES:
            targets = read_table(recipe.dump / name / mode)
            assert {utt: read_emotion(text) for utt, text in targets.items()} == labels


def test_trainings_leave_a_model_and_a_log(recipe):
    for name in ("emotion2vec_s_tiny", "alm_tiny_explicit", "alm_tiny_implicit"):
        (model,) = (recipe.exp / name).glob("valid.*.ave.pth")
        weights = torch.load(model, map_location="cpu", weights_only=True)
        assert all(torch.isfinite(weight).all() for weight in weights.values())
        log = (recipe.exp / name / "train.log").read_text(encoding="utf-8")
        assert "1epoch results" in log and "Ended (code 0)" in log
        assert (recipe.exp / name / "config.yaml").is_file()
    assert (recipe.exp / "emotion2vec_s_tiny" / "probe" / "test" / "result.json").is_file()


def test_answers_and_scores_are_there_for_both_modes(recipe):
    labels = read_table(recipe.dump / "test" / "utt2emo")
    for mode in MODES:
        folder = recipe.exp / f"alm_tiny_{mode}" / f"inference_{mode}" / "test"
        answers, found = read_table(folder / "text"), read_table(folder / "utt2emo")
        assert answers.keys() == found.keys() == labels.keys()
        assert {utt: read_emotion(text) or INVALID for utt, text in answers.items()} == found
        result = json.loads((folder / "score" / "result.json").read_text(encoding="utf-8"))
        assert result["n_utts"] == len(labels)
        assert result["wa"] == pytest.approx(np.mean([found[utt] == labels[utt] for utt in labels]))
        assert result["invalid_rate"] == pytest.approx(np.mean([emotion == INVALID for emotion in found.values()]))
        for name in ("confusion.tsv", "confusion.png", "utt.tsv", "result.txt"):
            assert (folder / "score" / name).stat().st_size > 0


def test_reasons_are_compared_with_what_was_measured(recipe):
    folder = recipe.exp / "alm_tiny_explicit" / "inference_explicit" / "test" / "faithfulness"
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["n_utts"] == len(read_table(recipe.dump / "test" / "utt2emo")) and result["n_missing"] == 0
    levels = read_table(recipe.dump / "test" / "attribute_levels").values()
    for place, figures in enumerate(result["levels"].values()):
        assert figures["n_utts"] == sum(value.split()[place] != "nan" for value in levels)
    assert (folder / "answers.html").read_text(encoding="utf-8").count("<article") == min(20, result["n_utts"])
    assert "## Reasons" in (recipe.exp / "RESULTS.md").read_text(encoding="utf-8")


def test_measured_answers_begin_with_the_levels_and_words_of_the_targets(recipe):
    folder = recipe.exp / "alm_tiny_explicit" / "inference_measured" / "test"
    targets, answers = read_table(recipe.dump / "test" / "explicit"), read_table(folder / "text")
    assert answers.keys() == targets.keys() == read_table(folder / "utt2scores").keys()
    for utt, text in answers.items():
        quoted, mark, _ = targets[utt].rpartition("”" if "”" in targets[utt] else '"')
        assert mark and text.startswith(quoted + mark)  # the conclusion's wording is left to the model
    for name in ("score", "calibration", "faithfulness"):
        assert json.loads((folder / name / "result.json").read_text(encoding="utf-8"))["n_utts"] == len(answers)


def test_results_have_a_row_for_each_model_and_are_printed(recipe):
    results = (recipe.exp / "RESULTS.md").read_text(encoding="utf-8")
    scores = results.split("## Scores")[1].split("## Recall")[0]
    rows = {("emotion2vec_s_tiny", "probe"), ("alm_tiny_explicit", "explicit"), ("alm_tiny_explicit", "measured")}
    rows.add(("alm_tiny_implicit", "implicit"))
    found = [tuple(row) for row in re.findall(r"^\| (\w+) +\| (\w+) +\| test ", scores, re.MULTILINE)]
    assert len(found) == len(rows) and set(found) == rows
    assert results in recipe.stdout


def test_trainings_start_without_a_number_of_threads(tmp_path):
    """This one has no data and fails, but not for how it was called."""
    recipe = Recipe(tmp_path)
    (recipe.dump / "train").mkdir(parents=True)
    (recipe.dump / "train" / "wav.scp").touch()
    done = recipe.run(4, 4, num_threads="", unlabelled_sets="")
    assert done.returncode == 1 and "1 of 1 jobs failed" in done.stderr.splitlines()[-1]
