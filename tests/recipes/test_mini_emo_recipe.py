"""The tiny recipe from its first stage to a packed model, as a user runs it, in folders with spaces and accents.

One run of all stages, with a few updates a training, serves all tests; what was learned is nothing, what is written is
everything that a real run writes.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
import yaml
from helpers.launchers import needs_slurm
from helpers.recipes import UPDATES, Recipe, environment, write_configurations

from c2ser.data.data_dir import DataDir
from c2ser.data.provenance import Provenance, provenance_path, read_provenance, write_provenance
from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.languages import read_emotion

SETS = ("train", "unlabelled", "dev", "test")
LEARNED_FROM = ("train", "unlabelled_pseudo", "dev", "test")
MODES = ("explicit", "implicit")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Recipe:
    recipe = Recipe(tmp_path_factory.mktemp("eine Übung 练习"))
    recipe.stdout = recipe.pass_stages(1, 11)
    return recipe


def stages_of(stdout: str) -> list[int]:
    return [int(number) for number in re.findall(r"^[\d:]{8} stage (\d+): (?!done)", stdout, re.MULTILINE)]


def digests(*directories: Path) -> dict[str, str]:
    """What is in the files below some folders, logs left out."""
    files = [path for directory in directories for path in sorted(directory.rglob("*")) if path.is_file()]
    kept = [path for path in files if "log" not in path.parts and "split2" not in path.parts]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def assert_one_error(done: subprocess.CompletedProcess, *words: str) -> None:
    """Exit code 1 and a single line of error, no traceback; the words stand in stderr."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(re.findall(r"\berror: ", done.stderr)) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def running(*words: str) -> int | None:
    """The process whose command line has all words, or None."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if command[0].endswith("python") and all(any(word in part for part in command) for word in words):
            return int(process.name)
    return None


def kill_when(recipe: Recipe, ready, words: tuple[str, ...], stage: int, **options) -> int:
    """Runs one stage, kills its process of these words (see `running`) once ``ready()``; returns the exit code."""
    command = recipe.command(stage, stage, **options)
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as stages:
        deadline = time.monotonic() + 120
        while stages.poll() is None and time.monotonic() < deadline:
            if ready() and (pid := running(*words)):
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        return stages.wait()


# --- what a whole run leaves ---


def test_all_stages_run_in_order_and_say_what_they_took(recipe):
    assert stages_of(recipe.stdout) == list(range(1, 12))
    assert re.findall(r"stage (\d+): done in \d+ s", recipe.stdout) == [str(number) for number in range(1, 12)]


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


def test_results_have_a_row_for_each_model_and_are_printed(recipe):
    results = (recipe.exp / "RESULTS.md").read_text(encoding="utf-8")
    scores = results.split("## Scores")[1].split("## Recall")[0]
    for row in ("emotion2vec_s_tiny", "alm_tiny_explicit", "alm_tiny_implicit"):
        assert len(re.findall(rf"^\| {row} ", scores, re.MULTILINE)) == 1
    assert results in recipe.stdout


def test_trainings_start_without_a_number_of_threads(tmp_path):
    """This one has no data and fails, but not for how it was called."""
    recipe = Recipe(tmp_path)
    (recipe.dump / "train").mkdir(parents=True)
    (recipe.dump / "train" / "wav.scp").touch()
    done = recipe.run(4, 4, num_threads="", unlabelled_sets="")
    assert done.returncode == 1 and "1 of 1 jobs failed" in done.stderr.splitlines()[-1]


@needs_slurm
def test_on_slurm_everything_comes_out_the_same(recipe):
    """All but the corpus is made again from nothing."""
    weights = [path.relative_to(recipe.exp) for path in recipe.exp.glob("*/valid.*.ave.pth")]
    learned = {path: (recipe.exp / path).read_bytes() for path in weights}
    scores = (recipe.exp / "RESULTS.md").read_text(encoding="utf-8").rpartition("Figures are")[0]
    before = digests(recipe.dump)
    packed = (recipe.exp / "packed").rename(recipe.root / "packed")
    shutil.rmtree(recipe.dump)
    shutil.rmtree(recipe.exp)
    recipe.exp.mkdir()
    packed.rename(recipe.exp / "packed")
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
            (message,) = {line for line in done.stderr.splitlines() if "was trained with" in line}
            assert "exp/other (00000000, float32)" in message and encoder[:8] in message
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


# --- the packed model ---


def test_packed_model_answers_as_the_recipe_did(recipe):
    answers = read_table(recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test" / "text")
    found = read_table(recipe.exp / "alm_tiny_implicit" / "inference_implicit" / "test" / "utt2emo")
    wavs = dict(list(read_table(recipe.dump / "test" / "wav.scp").items())[::20])
    missing = str(recipe.root / "no such.wav")
    packed = recipe.root / "published elsewhere"
    shutil.copytree(recipe.exp / "packed", packed)
    command = [sys.executable, "-m", "c2ser.bin.infer", "--model", str(packed), *wavs.values(), missing]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=recipe.root)
    assert_one_error(done, f"{missing}: no such file")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [path for path, _, _ in lines] == list(wavs.values())
    assert [emotion for _, emotion, _ in lines] == [found[utt] for utt in wavs]
    assert [" ".join(text.split()) for _, _, text in lines] == [answers[utt] for utt in wavs]


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


# --- stages alone, again, without input, killed ---


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


@pytest.mark.parametrize(
    ("stage", "option", "error"),
    [
        (5, {"probe_options": "--head none"}, "argument --head: invalid choice: 'none'"),
        (9, {"inference_options": "--repetition_penalty 1.05 --num_beams 0"}, "--num_beams 0: must be above zero"),
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
        (11, {"exp_dir": "none"}, 4),
    ],
)
def test_a_stage_without_input_says_which_stage_makes_it(recipe, stage, folders, maker):
    done = recipe.run(stage, 11, **{option: recipe.root / name for option, name in folders.items()})
    assert_one_error(done, f"error: stage {stage} needs ", f"which stage {maker} makes")
    assert stages_of(done.stdout) == [stage]


def test_killed_feature_extraction_recovers_with_the_same_bytes(recipe):
    dump = recipe.root / "dump killed"
    log = dump / "train" / "log" / "attributes.1.log"
    words = ("c2ser.bin.extract_attributes", str(dump / "train" / "split2" / "1"))
    code = kill_when(recipe, lambda: log.exists() and "0%" in log.read_text(), words, 2, dump_dir=dump)
    assert code == 1 and "code -9" in log.read_text()
    assert not (dump / "train" / "wav.scp").exists() and not (dump / "dev").exists()
    assert_one_error(recipe.run(4, 4, dump_dir=dump), "which stage 2 makes")

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
    options = {"exp_dir": exp, "conf_dir": recipe.root / "longer" / "tiny"}
    model = exp / "alm_tiny_implicit"
    words = ("c2ser.bin.alm_train", str(model))
    assert kill_when(recipe, (model / "1epoch.pth").exists, words, 8, **options) == 1
    assert not list(model.glob("valid.*.ave.pth"))
    assert_one_error(recipe.run(9, 9, **options, test_sets=""), "which stage 8 makes")

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
    recipe.pass_stages(7, 7, exp_dir=exp, conf_dir=conf)
    assert [path.name for path in exp.iterdir()] == ["alm_tiny_explicit"]
    trained = yaml.safe_load((exp / "alm_tiny_explicit" / "config.yaml").read_text(encoding="utf-8"))
    assert trained["llm"] == config["llm"]


# --- input that is bad ---


@pytest.fixture
def small(recipe, tmp_path) -> Recipe:
    """A few utterances with their own copies of the audio, yet to pass stage 2."""
    small = Recipe(tmp_path / "schlechte Daten é")
    for name, count in (("train", 4), ("dev", 4), ("test", 2)):
        wavs = dict(list(read_table(recipe.data / name / "wav.scp").items())[:count])
        DataDir(recipe.data / name).subset(small.data / name, wavs)
        (small.root / "wav").mkdir(exist_ok=True)
        copies = {utt: shutil.copy(wav, small.root / "wav" / f"{utt}.wav") for utt, wav in wavs.items()}
        write_table(small.data / name / "wav.scp", copies)
    shutil.copy(recipe.data / "emotions", small.data / "emotions")
    return small


STAGE_2 = {"unlabelled_sets": ""}


def test_audio_of_any_kind_is_converted_and_broken_audio_is_named_or_skipped(small):
    wavs = read_table(small.data / "train" / "wav.scp")
    stereo, flac, broken, plain = list(wavs)
    samples, rate = soundfile.read(wavs[stereo])
    duration = len(samples) / rate
    soundfile.write(wavs[stereo], np.repeat(samples, 3)[:, None] * [1.0, 0.5], 3 * rate, subtype="PCM_24")
    wavs[flac] = str(small.root / "wav" / "8 kHz ö.flac")
    soundfile.write(wavs[flac], samples[::2], rate // 2)
    write_table(small.data / "train" / "wav.scp", wavs)
    whole = Path(wavs[broken]).read_bytes()
    Path(wavs[broken]).write_bytes(whole[: len(whole) // 2])

    assert_one_error(small.run(2, 2, **STAGE_2), f"'{broken}': {wavs[broken]}: truncated")
    small.pass_stages(2, 2, **STAGE_2, skip_bad="true")
    logs = "".join(path.read_text(encoding="utf-8") for path in (small.dump / "train" / "log").iterdir())
    assert re.findall(r"skipped: .*'(\w+)'", logs) == [broken]
    for table in ("wav.scp", "utt2spk", "utt2emo", "text", "attributes"):
        assert list(read_table(small.dump / "train" / table)) == [stereo, flac, plain]
    audio = read_table(small.dump / "train" / "wav.scp")
    assert audio[plain] == wavs[plain]
    for utt in (stereo, flac):
        info = soundfile.info(audio[utt])
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert info.duration == pytest.approx(duration, abs=1e-3)


def edit_lines(path: Path, change) -> None:
    path.write_text("".join(f"{line}\n" for line in change(path.read_text(encoding="utf-8").splitlines())))


@pytest.mark.parametrize(
    "table, change, fault",
    [
        ("wav.scp", lambda lines: [lines[0], *lines], "wav.scp:2: duplicate key"),
        ("wav.scp", lambda lines: lines[::-1], "wav.scp:2: the table is not sorted"),
        ("wav.scp", lambda lines: [*lines[:3], lines[3] + "x"], r"wav.scp:4: '\w+': no such file .*x"),
        (
            "wav.scp",
            lambda lines: [*lines[:3], lines[3].split()[0] + " touch x |"],
            r"wav.scp:4: '\w+' is a shell pipe",
        ),
        ("utt2emo", lambda lines: [lines[0].split()[0] + " grumpy", *lines[1:]], r"utt2emo:1: .* emotion 'grumpy'"),
        ("utt2spk", lambda lines: [], r"train: the set is empty"),
    ],
)
def test_faults_of_tables_are_named_before_any_work(small, table, change, fault):
    edit_lines(small.data / "train" / table, change)
    done = small.run(2, 2, **STAGE_2)
    assert_one_error(done)
    assert re.search(fault, done.stderr), done.stderr
    assert [path.name for path in small.dump.iterdir()] == [".lock"]


def test_an_empty_wav_is_named_or_skipped(small):
    utt, wav = list(read_table(small.data / "dev" / "wav.scp").items())[1]
    Path(wav).write_bytes(b"")
    assert_one_error(small.run(2, 2, **STAGE_2), f"dev/wav.scp:2: '{utt}': empty file {wav}")
    small.pass_stages(2, 2, **STAGE_2, skip_bad="true")
    assert utt not in read_table(small.dump / "dev" / "wav.scp")
