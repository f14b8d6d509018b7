"""How arguments are read, and how a command ends that left something out."""

import pytest

from c2ser.cli import command, left_out


def read(*argv: str) -> dict:
    found = {}

    def add_arguments(parser):
        parser.add_argument("config")
        parser.add_argument("changes", nargs="*")
        parser.add_argument("--nj", type=int, default=2)

    command("Reads.", add_arguments, run=lambda args: found.update(vars(args)))(argv)
    return found


@pytest.mark.parametrize(
    "words", ["a.yaml --nj 3 x=1 y=2", "--nj 3 a.yaml x=1 y=2", "a.yaml x=1 --nj=3 y=2", "a.yaml x=1 y=2 --nj 3"]
)
def test_options_may_stand_between_other_arguments(words):
    found = read(*words.split())
    assert (found["config"], found["changes"], found["nj"]) == ("a.yaml", ["x=1", "y=2"], 3)


def test_what_comes_after_two_dashes_is_no_option():
    assert read("--nj", "3", "--", "-a.yaml", "--nj")["changes"] == ["--nj"]


def test_inputs_that_were_left_out_are_listed_and_end_with_3(capsys):
    def run(args):
        left_out(["a.wav: broken\n, replace it", "b.wav: empty"], 20)

    with pytest.raises(SystemExit) as ended:
        command("Runs.", lambda parser: None, run=run)([])
    assert ended.value.code == 3
    assert capsys.readouterr().err.splitlines() == [
        "left out: a.wav: broken , replace it",
        "left out: b.wav: empty",
        "error: 2 inputs were left out of 20; the reasons are above",
    ]
