"""Stages run alone, again, without their input, or killed."""

import json
import shutil

import pytest
import torch
import yaml
from helpers.recipes import (
    MODES,
    SETS,
    UPDATES,
    assert_one_error,
    digests,
    kill_when,
    stages_of,
    write_configurations,
)


def test_features_and_targets_made_again_are_the_same_bytes(recipe):
    before = digests(recipe.dump, recipe.exp / "emotion2vec_s_tiny" / "probe")
    assert stages_of(recipe.pass_stages(5, 6)) == [5, 6]
    after = digests(recipe.dump, recipe.exp / "emotion2vec_s_tiny" / "probe")
    assert {path for path in before if before[path] != after.get(path)} == set() and before.keys() == after.keys()


def test_answers_and_scores_made_again_are_the_same(recipe):
    folders = [recipe.exp / f"alm_tiny_{mode}" / f"inference_{mode}" for mode in MODES]
    table = (recipe.exp / "RESULTS.md").read_text(encoding="utf-8").split("Figures")[0]
    before = digests(*folders)
    assert stages_of(recipe.pass_stages(9, 10)) == [9, 10]
    assert digests(*folders) == before
    assert (recipe.exp / "RESULTS.md").read_text(encoding="utf-8").split("Figures")[0] == table


CONDITIONS = "{prompts: {implicit: {free: ['Which emotion?']}}, audio: {gain: [-10], noise: [10]}}"
MEASURED = {"inference_modes": "implicit", "stability_modes": "implicit", "interventions_modes": "implicit"}


def test_stage_9_asks_under_conditions_by_jobs_that_may_be_killed(recipe, tmp_path):
    conf, measured = tmp_path / "conf" / "tiny", ("stability_implicit/test", "interventions_implicit/test")
    shutil.copytree(recipe.root / "conf" / "tiny", conf)
    (conf / "conditions.yaml").write_text(CONDITIONS)
    folders = {}
    for name in ("whole", "killed"):
        shutil.copytree(recipe.exp, tmp_path / name)
        options = {"exp_dir": tmp_path / name, "conf_dir": conf, **MEASURED}
        own = folders[name] = [tmp_path / name / "alm_tiny_implicit" / folder for folder in measured]
        if name == "killed":
            ready = (own[0] / "conditions" / "unchanged" / "answers" / "1.jsonl").exists
            assert kill_when(recipe, ready, ("c2ser.bin.stability", "2/2"), 9, **options) == 1
            assert not (own[0] / "result.json").exists()
        recipe.pass_stages(9, 10, **options)
    whole, killed = (
        [path.read_bytes() for folder in own for path in sorted(folder.rglob("*.tsv"))] for own in folders.values()
    )
    assert whole == killed and len(whole) == 2
    result = json.loads((folders["whole"][0] / "result.json").read_text())
    assert [len(result["audio"][name]) for name in ("gain", "noise")] == [1, 1]
    page = (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")
    assert "gain, dB" in page and "all of Whisper" in page
    done = recipe.run(9, 9, stability_modes="measured")
    assert done.returncode == 2 and "not 'measured'" in done.stderr


@pytest.mark.parametrize(
    ("stage", "option", "error"),
    [
        (5, {"probe_options": "--head none"}, "argument --head: invalid choice: 'none'"),
        (9, {"inference_options": "--repetition_penalty 1.05 --num_beams 0"}, "argument --num_beams: "),
    ],
)
def test_options_of_commands_reach_them(recipe, stage, option, error):
    done = recipe.run(stage, stage, **option)
    assert done.returncode == 1 and error in done.stderr


@pytest.mark.parametrize(
    "stage, folders, maker",
    [
        (2, {"data_dir": "none"}, 1),
        (3, {"dump_dir": "none"}, 2),
        (4, {"dump_dir": "none"}, 2),
        (5, {"exp_dir": "none"}, 4),
        (6, {"dump_dir": "none"}, 2),
        (7, {"dump_dir": "none"}, 6),
        (8, {"exp_dir": "none"}, 7),
        (9, {"exp_dir": "none"}, 7),
        (10, {"exp_dir": "none"}, 9),
        (11, {"exp_dir": "none"}, 8),
    ],
)
def test_a_stage_without_input_says_which_stage_makes_it(recipe, stage, folders, maker):
    done = recipe.run(stage, 11, **{option: recipe.root / name for option, name in folders.items()})
    assert_one_error(done, f"error: stage {stage}: ", f"is missing; stage {maker} makes it")
    assert stages_of(done.stdout) == [stage]


def test_killed_feature_extraction_recovers_with_the_same_bytes(recipe):
    dump = recipe.root / "dump killed"
    log = dump / "train" / "log" / "attributes.1.log"
    words = ("c2ser.bin.extract_attributes", str(dump / "train" / "split2" / "1"))
    journal = dump / "train" / "measured" / "1.jsonl"
    code = kill_when(recipe, lambda: journal.exists() and journal.read_bytes(), words, 2, dump_dir=dump)
    assert code == 1 and "code -9" in log.read_text()
    assert not (dump / "train" / "wav.scp").exists() and not (dump / "dev").exists()
    assert_one_error(recipe.run(4, 4, dump_dir=dump), "stage 2 makes it")

    half_written = dump / "train" / "split2" / "1"
    half_written.mkdir(parents=True, exist_ok=True)
    (half_written / "wav.scp").write_text("f01_en_00000 /nowh")
    (dump / "train" / "attributes").write_text("f01_en_00000 1")
    recipe.pass_stages(2, 2, dump_dir=dump, nj=3)
    for name in SETS:
        for table in ("wav.scp", "utt2spk", "spk2utt", "utt2emo", "text", "utt2dur", "utt2num_samples", "attributes"):
            assert (dump / name / table).read_bytes() == (recipe.dump / name / table).read_bytes(), f"{name}/{table}"
        assert not [path.name for path in (dump / name).iterdir() if ".part" in path.name]


def test_killed_training_goes_on_where_it_stopped(recipe):
    """Six epochs, killed after the first; the rerun does the rest, and the falling probability goes on too."""
    epochs = 6
    write_configurations(recipe.root / "longer" / "tiny", epochs)
    exp = recipe.root / "exp killed"
    exp.mkdir()
    for name in ("alm_tiny_explicit", "llm_tiny"):
        (exp / name).symlink_to(recipe.exp / name)
    options = {"exp_dir": exp, "conf_dir": recipe.root / "longer" / "tiny", "tag": "tiny"}
    model = exp / "alm_tiny_implicit"
    words = ("c2ser.bin.alm_train", str(model))
    assert kill_when(recipe, (model / "1epoch.pth").exists, words, 8, **options) == 1
    assert not list(model.glob("valid.*.ave.pth"))
    assert_one_error(recipe.run(9, 9, **options, test_sets=""), "stage 8 makes it")

    recipe.pass_stages(8, 8, **options)
    assert "The training was resumed using" in (model / "train.log").read_text(encoding="utf-8")
    assert torch.load(model / "latest.pth", weights_only=True)["updates"] == epochs * UPDATES
    assert len(list(model.glob("valid.*.ave.pth"))) == 1


def test_a_configuration_may_name_its_language_model_itself(recipe):
    """As the paper's does: no llm.yaml to build one from."""
    conf, exp = recipe.root / "named" / "tiny", recipe.root / "exp named"
    write_configurations(conf, max_epoch=1)
    (conf / "llm.yaml").unlink()
    config = yaml.safe_load((conf / "alm.yaml").read_text(encoding="utf-8"))
    config["llm"] = str(recipe.exp / "llm_tiny")
    (conf / "alm.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    recipe.pass_stages(7, 7, exp_dir=exp, conf_dir=conf, tag="tiny")
    assert {path.name for path in exp.iterdir()} == {"log", "alm_tiny_explicit"}
    trained = yaml.safe_load((exp / "alm_tiny_explicit" / "config.yaml").read_text(encoding="utf-8"))
    assert trained["llm"] == config["llm"]
