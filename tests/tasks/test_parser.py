"""The options of trainings: ESPnet's, with configurations that are based on others."""

import subprocess
import sys

import pytest
import yaml
from helpers.paths import ROOT

pytest.importorskip("espnet2")

from c2ser.alm.config import PARTS, PERCEPTIONS, ALMConfig  # noqa: E402
from c2ser.settings import SettingsError, read_config  # noqa: E402
from c2ser.tasks.alm import ALMTask  # noqa: E402
from c2ser.tasks.emotion2vec import Emotion2VecTask  # noqa: E402

CONF = ROOT / "egs" / "mini_emo" / "conf" / "tiny"


def test_the_second_phase_is_the_first_with_its_own_changes_and_the_command_line_goes_first():
    words = ["--config", str(CONF / "alm_implicit.yaml"), "--max_epoch", "7", "--scheduler_conf", "pct_start=0.5"]
    args, first = ALMTask.get_parser().parse_args(words), read_config(CONF / "alm.yaml")
    assert args.explicit_probability == [1.0, 0.0] and args.answer_dropout == 0.5 and args.max_epoch == 7
    assert args.whisper == first["whisper"] and args.optim_conf == first["optim_conf"]
    assert args.scheduler_conf == {**first["scheduler_conf"], "total_steps": 300, "pct_start": 0.5}
    assert not hasattr(args, "base")


def test_without_a_configuration_the_options_are_those_of_espnet():
    parser = Emotion2VecTask.get_parser()
    assert parser.parse_args([]).max_epoch == 40 and parser.parse_args([]).required[0] == "output_dir"
    assert "(default: 40)" in parser.format_help()


def test_numbers_that_yaml_takes_for_words_are_numbers(tmp_path):
    config = tmp_path / "alm.yaml"
    config.write_text("optim_conf: {lr: 5e-4, betas: [0.9, 0.99]}\nwhisper_conf: {dtype: bfloat16}\n")
    words = ["--config", str(config), "--scheduler_conf", "max_lr=2e-4", "--connector_conf", "dropout=.5e0"]
    args = ALMTask.get_parser().parse_args(words)
    assert args.optim_conf == {"lr": 5e-4, "betas": [0.9, 0.99]} and args.scheduler_conf == {"max_lr": 2e-4}
    assert args.connector_conf == {"dropout": 0.5} and args.whisper_conf == {"dtype": "bfloat16"}


def test_all_faults_of_a_configuration_are_named_at_once(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "max_epochs: 3\naccum_grad: '4'\ngrad_clip: 1e9\nuse_amp: perhaps\nnum_iters_per_epoch: null\n"
        "connector_conf: {heads: '4', layer: 2}\nwhisper_conf: {spec_augment: {frequency_mask: 2}}\n"
        "trained: [connectors]\nllm_rounding: bfloat16\n"
    )
    with pytest.raises(SettingsError) as error:
        ALMTask.get_parser().parse_args(["--config", str(path)])
    assert [fault.removeprefix(f"{path}: ") for fault in error.value.faults] == [
        "unknown key 'max_epochs'; did you mean max_epoch?",
        "accum_grad: expected a whole number, not the text '4'",
        "grad_clip: expected a number, not the text '1e9'; YAML's numbers with an exponent look like 1.0e-3",
        "use_amp: expected true or false, not the text 'perhaps'",
        "connector_conf: unknown key 'layer'; did you mean layers?",
        "connector_conf.heads: expected a whole number, not the text '4'",
        "whisper_conf.spec_augment: unknown key 'frequency_mask'; did you mean frequency_masks or frequency_width?",
        "trained[0]: unknown value 'connectors'; did you mean connector?",
    ]


def test_sizes_of_the_encoder_that_do_not_divide_are_named(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "encoder_conf: {dim: 100, heads: 3, dropout: 2}\npretraining_conf: {clones: 0, decoder_groups: 7}\n"
    )
    with pytest.raises(SettingsError) as error:
        Emotion2VecTask.get_parser().parse_args(["--config", str(path)])
    assert [fault.removeprefix(f"{path}: ") for fault in error.value.faults] == [
        "encoder_conf: dim: 100 is not a multiple of heads, 3",
        "encoder_conf: dim: 100 is not a multiple of position_groups, 16",
        "encoder_conf: dropout: 2 is not from 0 to 1",
        "pretraining_conf: clones: 0 is not a number above 0",
        "pretraining_conf: decoder_dim: 384 is not a multiple of decoder_groups, 7",
    ]


def test_each_field_of_the_model_is_an_option_with_its_default():
    args = ALMTask.get_parser().parse_args(["--llm_rounding", "bfloat16", "--connector_conf", "heads=8"])
    assert args.llm_rounding == "bfloat16" and args.connector_conf == {"heads": 8}
    given = ALMConfig.from_mapping({**vars(args), "whisper": "w", "llm": "l", "acoustic_width": 8})
    defaults = ALMConfig("w", "l", 8, llm_rounding="bfloat16", connector_conf={"heads": 8})
    assert vars(given) == {**vars(defaults), "perception": list(PERCEPTIONS), "trained": list(PARTS)}


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
    assert args.valid_data_path_and_name_and_type == [("dev/wav.scp", "speech", "audio")]
    assert args.train_utt2emo == "a, b/utt2emo" and args.valid_utt2emo == "labels"
