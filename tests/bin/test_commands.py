"""What holds of every command: its help, its exit codes, and that help loads nothing heavy."""

import argparse
import importlib
import inspect
import pkgutil
import shlex
import subprocess
import sys
from itertools import takewhile

import pytest

import c2ser.bin
from c2ser import __main__ as console
from c2ser.cli import argument_parser
from c2ser.cli.command import split_doc
from c2ser.cli.index import GROUPS, SHORT, TRAININGS, command_names, summary

COMMANDS = [name for name in command_names() if name not in TRAININGS]
HEAVY = ("torch", "numpy", "transformers", "sklearn", "soundfile", "matplotlib", "espnet2")


def module(name: str):
    return importlib.import_module(f"c2ser.bin.{name}")


def parser_of(name: str) -> argparse.ArgumentParser:
    return argument_parser(f"c2ser {name}", module(name).__doc__, add_arguments=module(name).add_arguments)


def examples(doc: str) -> list[list[str]]:
    """The command lines of a docstring's examples, as words; a deeper indented line continues the one before."""
    text = split_doc(doc)[1] or ""
    lines = [shlex.split(line) for line in text.replace("\n      ", " ").splitlines()[1:] if line.strip()]
    return [list(takewhile(lambda word: word not in "<>", words)) for words in lines]


def test_every_module_is_in_one_group():
    modules = sorted(info.name for info in pkgutil.iter_modules(c2ser.bin.__path__))
    assert sorted(command_names()) == modules
    assert all(GROUPS.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_three_functions(name):
    command = module(name)
    assert list(inspect.signature(command.add_arguments).parameters) == ["parser"]
    assert list(inspect.signature(command.run).parameters) == ["args"]
    assert inspect.signature(command.main).parameters["argv"].default is None


@pytest.mark.parametrize("name", command_names())
def test_the_help_is_a_sentence_and_examples_of_the_command(name):
    line = summary(name)
    assert line.endswith(".") and len(line) <= 90 and line[0].isupper()
    lines = examples(module(name).__doc__)
    assert lines and all(words[0] == "c2ser" and SHORT.get(words[1], words[1]) == name for words in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_valid_usage_and_options_have_help(name):
    parser = parser_of(name)
    for words in examples(module(name).__doc__):
        parser.parse_args(words[2:])
    assert "Examples:" in parser.format_help()
    recording = RecordingParser()
    module(name).add_arguments(recording)
    assert recording.faulty == []


class RecordingParser:
    """Takes the options of a command and keeps those that have no help or are not in snake_case."""

    def __init__(self):
        self.faulty = []

    def add_argument(self, *names: str, **options) -> None:
        if not options.get("help") or any("-" in name.removeprefix("--") for name in names):
            self.faulty.append(names)

    def add_argument_group(self, *_, **__) -> "RecordingParser":
        return self

    add_mutually_exclusive_group = add_argument_group


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_wrong_usage(name, capsys):
    with pytest.raises(SystemExit) as ended:
        module(name).main(["--no_such_option"])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert f"usage: c2ser {name}" in error and "error: " in error


@pytest.mark.parametrize(
    "words",
    [
        ["speak_mini_emo", "--seed", "-1"],
        ["speak_mini_emo", "--nj", "0"],
        ["split_data_dir", "--data_dir", "d", "--nj", "0"],
        ["merge_data_dir", "--data_dir", "d", "--nj", "two"],
        ["alm_inference", "--model", "m", "--data_dir", "d", "--output_dir", "o", "--num_beams", "0"],
        ["alm_inference", "--model", "m", "--data_dir", "d", "--output_dir", "o", "--repetition_penalty", "nan"],
        ["extract_emotion2vec", "--model", "m", "--data_dir", "d", "--output_dir", "o", "--batch_seconds", "0"],
        ["transcribe", "--model", "m", "--data_dir", "d", "--ngpu", "-1"],
        ["subset_data_dir", "--data_dir", "d", "--output_dir", "o", "--fraction", "0"],
        ["subset_data_dir", "--data_dir", "d", "--output_dir", "o", "--fraction", "1.5"],
        ["plot_embeddings", "--data_dirs", "a", "b", "--titles", "x", "x", "--output_file", "o.png"],
        ["probe", "--output_dir", "o"],
    ],
)
def test_values_that_make_no_sense_are_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as ended:
        console.main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"c2ser {words[0]}: error: ")


def test_what_goes_wrong_exits_with_1_and_one_line(tmp_path):
    words = ["score", "--ref", tmp_path / "none", "--hyp", tmp_path / "none", "--output_dir", tmp_path / "out"]
    for program in (["c2ser"], [f"c2ser.bin.{words[0]}"]):
        command = [sys.executable, "-m", *program, *(words if program == ["c2ser"] else words[1:])]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.startswith(f"error: {tmp_path / 'none'}: ")
        assert done.stderr.count("\n") == 1


def test_unknown_commands_are_wrong_usage_with_the_nearest(capsys):
    for words, said in (
        (["infr"], "did you mean infer?"),
        (["combine_data_dir"], "combine_data_dirs"),
        (["xyzzy"], "`c2ser --help` lists all"),
        ([], "usage: c2ser"),
        (["--nonsense"], "--nonsense"),
    ):
        with pytest.raises(SystemExit) as ended:
            console.main(words)
        assert ended.value.code == 2 and said in capsys.readouterr().err


def test_help_lists_all_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        console.main(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0 and all(f"\n  {name} " in text for name in (*command_names(), *SHORT))


def test_short_names_are_those_of_commands(capsys):
    assert set(SHORT.values()) <= set(command_names()) and not set(SHORT) & set(command_names())
    for short, name in SHORT.items():
        with pytest.raises(SystemExit) as ended:
            console.main([short, "--help"])
        assert ended.value.code == 0 and f"usage: c2ser {name}" in capsys.readouterr().out


def test_help_is_as_wide_as_the_terminal(capsys, monkeypatch):
    for columns in (80, 110):
        monkeypatch.setenv("COLUMNS", str(columns))
        with pytest.raises(SystemExit):
            console.main(["--help"])
        commands = capsys.readouterr().out.partition("short names:")[2].partition("Examples:")[0]
        assert columns - 10 < max(map(len, commands.splitlines())) <= columns


def test_help_loads_nothing_heavy():
    """In one process, because each start takes a moment: all helps, and then what was loaded."""
    code = f"""
import contextlib, io, sys
from c2ser.__main__ import main
for words in [["--help"], ["--version"], *[[name, "--help"] for name in {COMMANDS}]]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main(words)
    assert out.getvalue(), words
    loaded = [name for name in {HEAVY} if name in sys.modules]
    assert not loaded, (words, loaded)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_choices_and_defaults_of_options_are_those_of_the_library():
    """Options name them in text, because the modules that define them take long to import."""
    from c2ser.acoustics.pitch import PITCH_EXTRACTORS
    from c2ser.corpora.mini_emo import NUM_UTTS
    from c2ser.rationales.targets import GROUP_TABLES, THRESHOLDS_NAME

    options = ["--data_dir", "d", "--output_dir", "o"]
    for extractor in PITCH_EXTRACTORS:
        parser_of("extract_attributes").parse_args([*options, "--pitch_extractor", extractor])
    for group in GROUP_TABLES:
        parser_of("build_cot").parse_args([*options, "--levels_by", group])
    assert THRESHOLDS_NAME in parser_of("build_cot").format_help()
    assert parser_of("speak_mini_emo").parse_args([]).num_utts == NUM_UTTS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--acoustic", "none", "--text", "none"], "leave no teacher"),
        ([], "learn from --train_dir"),
        (["--acoustic", "head", "--text", "none"], "give the label set"),
        (["--acoustic", "head", "--text", "none", "--emotions", "e"], "needs --acoustic_model"),
        (["--acoustic", "none", "--text", "llm", "--emotions", "e"], "needs --llm and --prompt"),
        (["--train_dir", "t", "--text_threshold", "1.5"], "--text_threshold: '1.5' is not a number from 0 to 1"),
        (["--train_dir", "t", "--max_per_class", "0"], "--max_per_class: '0' is not a whole number"),
    ],
)
def test_teachers_that_lack_something_are_wrong_usage(options, message, capsys):
    with pytest.raises(SystemExit) as ended:
        module("pseudo_label").main(["--unlabelled_dir", "u", "--output_dir", "o", *options])
    assert ended.value.code == 2 and message in capsys.readouterr().err
