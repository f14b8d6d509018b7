"""Options of alm_inference."""

import pytest

from c2ser.bin import alm_inference, infer


@pytest.mark.parametrize(
    "options, remedy",
    [("--mode explicit --constrained", "--mode implicit"), ("--reasons measured", "--mode explicit")],
)
def test_options_that_make_no_sense_are_wrong_usage(options, remedy, capsys):
    with pytest.raises(SystemExit) as ended:
        alm_inference.main(["--model", "m", "--data_dir", "d", "--output_dir", "o", *options.split()])
    assert ended.value.code == 2 and remedy in capsys.readouterr().err


def test_a_language_is_given_by_its_code(capsys):
    with pytest.raises(SystemExit) as ended:
        alm_inference.main(["--model", "m", "--data_dir", "d", "--output_dir", "o", "--language", "Chinese"])
    assert ended.value.code == 2 and "'Chinese' is not a language code of ISO 639-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command, folders", [(alm_inference, ["--data_dir", "d", "--output_dir", "o"]), (infer, ["a"])]
)
def test_reasons_are_measured_for_answers_that_have_reasons(command, folders, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--model", "m", *folders, "--reasons", "measured"])
    assert ended.value.code == 2 and "--mode explicit" in capsys.readouterr().err


def test_words_are_recognised_for_measured_reasons_only(capsys):
    with pytest.raises(SystemExit) as ended:
        infer.main(["--model", "m", "--mode", "explicit", "--asr", "w", "a.wav"])
    assert ended.value.code == 2 and "--reasons measured" in capsys.readouterr().err
