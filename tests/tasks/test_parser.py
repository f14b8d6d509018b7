"""The options of trainings: ESPnet's, with configurations that are based on others."""

import subprocess
import sys

import pytest
import yaml
from helpers.paths import ROOT

pytest.importorskip("espnet2")

from c2ser.settings import read_config  # noqa: E402
from c2ser.tasks.alm import ALMTask  # noqa: E402
from c2ser.tasks.emotion2vec import Emotion2VecTask  # noqa: E402

CONF = ROOT / "egs" / "mini_emo" / "conf" / "tiny"


def test_the_second_phase_is_the_first_with_its_own_changes_and_the_command_line_goes_first():
    words = ["--config", str(CONF / "alm_implicit.yaml"), "--max_epoch", "7", "--scheduler_conf", "pct_start=0.5"]
    args, first = ALMTask.get_parser().parse_args(words), read_config(CONF / "alm.yaml")
    assert args.explicit_probability == [1.0, 0.0] and args.answer_dropout == 0.5 and args.max_epoch == 7
    assert args.whisper == first["whisper"] and args.optim_conf == first["optim_conf"]
    assert args.scheduler_conf == {"max_lr": 0.001, "total_steps": 240, "pct_start": 0.5}
    assert not hasattr(args, "base")


def test_without_a_configuration_the_options_are_those_of_espnet():
    parser = Emotion2VecTask.get_parser()
    assert parser.parse_args([]).max_epoch == 40 and parser.parse_args([]).required[0] == "output_dir"
    assert "(default: 40)" in parser.format_help()


def test_an_unknown_key_is_wrong_usage(tmp_path, capsys):
    (tmp_path / "x.yaml").write_text("max_epochs: 3\n")
    with pytest.raises(SystemExit) as stopped:
        ALMTask.get_parser().parse_args(["--config", str(tmp_path / "x.yaml")])
    assert stopped.value.code == 2 and "x.yaml: unknown key 'max_epochs'" in capsys.readouterr().err


def test_the_printed_configuration_is_whole():
    command = [sys.executable, "-m", "c2ser.bin.alm_train", "--config", CONF / "alm_implicit.yaml", "--print_config"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    printed, config = yaml.safe_load(done.stdout), read_config(CONF / "alm_implicit.yaml")
    assert {key: printed[key] for key in config if key not in ("optim_conf", "scheduler_conf")} == {
        key: value for key, value in config.items() if key not in ("optim_conf", "scheduler_conf")
    }
    assert config["optim_conf"].items() <= printed["optim_conf"].items()


def test_data_directories_stand_for_their_files():
    words = ["--train_dir", "a, b", "--valid_dir", "dev", "--valid_shape_file", "lengths"]
    args = ALMTask.get_parser().parse_args(words)
    assert [path for path, _, _ in args.train_data_path_and_name_and_type] == [
        f"a, b/{table}" for table in ("wav.scp", "emotion2vec_s.scp", "explicit", "implicit")
    ]
    assert args.train_shape_file == ["a, b/utt2num_samples"] and args.valid_shape_file == ["lengths"]
    args = Emotion2VecTask.get_parser().parse_args([*words, "--valid_utt2emo", "labels"])
    assert args.valid_data_path_and_name_and_type == [("dev/wav.scp", "speech", "sound")]
    assert args.train_utt2emo == "a, b/utt2emo" and args.valid_utt2emo == "labels"
