"""Options of recipes: what is checked before anything runs, and what reaches the data preparation and the stages."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE, tone
from helpers.launchers import call
from helpers.paths import ROOT
from helpers.recipes import environment, stages_of

from c2ser.data.tables import read_table, write_table

MINI_EMO, EMODB = (ROOT / "egs" / name / "run.sh" for name in ("mini_emo", "emodb"))


def run(recipe: Path, folder: Path, *words, **variables: str):
    """A recipe whose folders are below one of the test's own, and variables of its environment."""
    folders = [word for name in ("data", "dump", "exp") for word in (f"--{name}_dir", folder / name)]
    return call([recipe, *folders, *words], env=environment() | variables, cwd=folder)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--stop_stage", "2.5"], "--stop_stage is a number, not '2.5'"),
        (["--stage", "a"], "--stage is a number, not 'a'"),
        (["--nj", "0"], "--nj is a number from 1 upwards, not '0'"),
        (["--ngpu", "one"], "--ngpu is a number, not 'one'"),
        (["--num_nodes", "0"], "--num_nodes is a number from 1 upwards"),
        (["--num_threads", "-1"], "--num_threads is a number from 1 upwards"),
        (["--stpo_stage", "3"], "unknown option --stpo_stage"),
        (["--stage", "2", "--num_utt", "7"], "unknown option --num_utt"),
        (["--tag", "a,b"], "--tag 'a,b' has a comma"),
        (["--dump_dir", "a,b"], "--dump_dir 'a,b' has a comma"),
        (["--num_utts", "420", "--fold", "1"], "unknown option --fold"),
    ],
)
def test_wrong_options_end_a_recipe_before_it_begins(words, error, tmp_path):
    done = run(MINI_EMO, tmp_path, *words)
    assert done.returncode == 2 and done.stdout == ""
    assert error in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_options_of_the_data_preparation_name_folders(tmp_path):
    words = ["--protocol", "emobox", "--fold", "3", "--source_dir", "/nowhere", "--stage", "2"]
    done = run(EMODB, tmp_path, "--data_dir", tmp_path / "{protocol}, fold {fold}", *words)
    assert done.returncode == 1
    assert f"stage 2: {tmp_path}/emobox, fold 3/emotions is missing; stage 1 makes it" in done.stderr


def test_features_of_another_configuration_need_a_tag(tmp_path):
    for path in ("dump/train/explicit", "dump/train/emotion2vec_s.scp", "dump/dev/emotion2vec_s.scp"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    done = run(MINI_EMO, tmp_path, "--stage", "7", "--stop_stage", "7", "--unlabelled_sets", "")
    assert done.returncode == 1 and f"stage 7: there is no {tmp_path}/exp/emotion2vec_s_tiny, so the" in done.stderr
    assert "give --tag NAME to train on them, or --dump_dir DIR" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    done = run(MINI_EMO, tmp_path, "--data_dir", tmp_path / "file" / "data")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"stage 1: cannot write to {tmp_path}/file/data" in line


@pytest.mark.parametrize(("ngpu", "nj", "jobs"), [(2, 8, 2), (8, 3, 3), (0, 4, 4)])
def test_locally_there_are_no_more_jobs_than_gpus(ngpu, nj, jobs, tmp_path):
    """The jobs fail for want of a model, and the launcher says how many there were."""
    for folder in ("dump/train", "exp/emotion2vec_s_tiny"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "exp" / "emotion2vec_s_tiny" / "valid.loss.ave.pth").touch()
    utterances = [f"s-{number}" for number in range(8)]
    write_table(tmp_path / "dump" / "train" / "wav.scp", dict.fromkeys(utterances, "nowhere.wav"))
    write_table(tmp_path / "dump" / "train" / "utt2spk", dict.fromkeys(utterances, "s"))
    words = ["--stage", "5", "--stop_stage", "5", "--ngpu", ngpu, "--nj", nj]
    done = run(MINI_EMO, tmp_path, *words, CUDA_VISIBLE_DEVICES=",".join(map(str, range(ngpu))))
    assert f"run.py: {jobs} of {jobs} jobs failed" in done.stderr


def test_pipes_are_run_where_they_are_allowed_and_shared_speakers_stop_where_they_are_not(tmp_path):
    for number, name in enumerate(("train", "dev", "test")):
        samples = 0.3 * np.sin(np.arange(16000) * 2 * np.pi * (150 + number) / 16000)
        data = tmp_path / "data" / name
        data.mkdir(parents=True)
        soundfile.write(data / "a.wav", samples, 16000)
        tables = {"utt2spk": "s", "spk2utt": "s-1", "utt2emo": "happy", "wav.scp": f"cat {data / 'a.wav'} |"}
        for table, value in tables.items():
            write_table(data / table, {"s" if table == "spk2utt" else "s-1": value})
    (tmp_path / "data" / "emotions").write_text("happy\n")
    words = ["--stage", "2", "--stop_stage", "2", "--unlabelled_sets", "", "--nj", "1"]
    done = run(MINI_EMO, tmp_path, *words)
    assert done.returncode == 1 and "wav.scp:1: 's-1' is a shell pipe" in done.stderr
    done = run(MINI_EMO, tmp_path, *words, "--allow_pipe", "true", "--speakers_apart", "true")
    assert done.returncode == 1 and "speakers: train and test: 1 of 1 speakers of test are in train" in done.stderr
    assert "test: 0 utterances have audio of train, speakers 1 shared, sentences unknown" in done.stdout
    audio, rate = soundfile.read(read_table(tmp_path / "dump" / "test" / "wav.scp")["s-1"])
    assert rate == 16000 and len(audio) == len(samples)


def test_a_frozen_encoder_gives_a_first_figure_without_training(tmp_path):
    """A newcomer's folder, ten files of each emotion, through all stages that need no training."""
    for speaker in range(5):
        for pitch, emotion in ((150, "sad"), (1500, "happy")):
            folder = tmp_path / "voices" / f"speaker{speaker}" / emotion
            folder.mkdir(parents=True)
            for take in range(2):
                soundfile.write(folder / f"{take}.wav", tone(hertz=pitch + 10 * speaker + take), RATE)
    words = ["--source_dir", tmp_path / "voices", "--language", "de", "--encoder", ROOT / "egs/mini_emo/whisper"]
    done = run(ROOT / "egs" / "TEMPLATE" / "run.sh", tmp_path, *words, "--probe_options", "--layers all")
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    assert stages_of(done.stdout) == [1, 2, 5, 10]
    assert re.search(r"^\| whisper +\| probe +\| test +\| +4 +\| 100.0 ", done.stdout, re.MULTILINE), done.stdout
    assert sorted(path.name for path in (tmp_path / "exp").iterdir()) == ["RESULTS.md", "log", "report.html", "whisper"]

    options = "--max_epoch 2 --frozen encoder --layers weighted --optim_conf lr=0.01 --batch_bins 32000"
    words += ["--stage", "5", "--finetune", "true", "--finetuning_options", options]
    done = run(ROOT / "egs" / "TEMPLATE" / "run.sh", tmp_path, *words)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    assert stages_of(done.stdout) == [5, 10]
    row = re.search(r"^\| whisper_finetuned +\| finetuned +\| test +\| +4 +\| (\S+) ", done.stdout, re.MULTILINE)
    assert row and float(row[1]) >= 50.0, done.stdout
    assert (tmp_path / "exp" / "whisper_finetuned" / "inference_finetuned" / "test" / "utt2scores").is_file()
    times = {path.name for path in (tmp_path / "exp" / "log").glob("stage_times*")}
    assert times == {"stage_times_whisper", "stage_times_whisper_finetuned"}  # not those of the whole model's stages
