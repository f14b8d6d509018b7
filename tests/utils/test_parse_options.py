"""Options of the shell scripts."""

import pytest
from helpers.launchers import call
from helpers.paths import ROOT

SCRIPT = f"""#!/usr/bin/env bash
# A script.
#
# Usage: script [options]
nj=2             # jobs
tag=""           # name
skip=false
. "{ROOT}/utils/parse_options.sh"
printf '%s\\n' "nj=$nj" "tag=$tag" "skip=$skip" "$@"
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.sh"
    path.write_text(SCRIPT)
    return ["bash", "-euo", "pipefail", path]


def test_options_override_variables(script):
    done = call([*script, "--nj", "4", "--tag", "a b $(touch x) '", "--skip", "true", "one", "--two"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["nj=4", "tag=a b $(touch x) '", "skip=true", "one", "--two"]
    assert call(script).stdout.splitlines()[:3] == ["nj=2", "tag=", "skip=false"]
    assert call([*script, "--tag", "--nj"]).stdout.splitlines()[1] == "tag=--nj"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mj", "4"], "unknown option --mj"),
        (["--PATH", "x"], "unknown option --PATH"),
        (["--a[$(touch x)]", "x"], "unknown option --a"),
        (["--nj"], "--nj needs a value"),
        (["--skip", "yes"], "--skip is true or false"),
    ],
)
def test_wrong_options(script, words, said, tmp_path):
    done = call([*script, *words], cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_help_prints_the_head(script):
    done = call([*script, "--help"])
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == ["A script.", "", "Usage: script [options]", "", "--nj 2 jobs", "--tag name", "--skip false"]


def test_help_shows_what_is_set_so_far(script):
    done = call([*script, "--nj", "8", "--tag", "two words", "--help"])
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[-3:] == ["--nj 8 jobs", '--tag "two words" name', "--skip false"]


def test_a_script_that_changes_to_its_own_folder_knows_its_options(tmp_path):
    (tmp_path / "recipe").mkdir()
    text = SCRIPT.replace("nj=2 ", 'cd "$(dirname "${BASH_SOURCE[0]}")"\nnj=2 ')
    (tmp_path / "recipe" / "script.sh").write_text(text)
    done = call(["bash", "-euo", "pipefail", "recipe/script.sh", "--nj", "4"], cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "nj=4", done.stderr
    assert "--nj 2" in call(["bash", "recipe/script.sh", "--help"], cwd=tmp_path).stdout


PASSING = f"""#!/usr/bin/env bash
# A recipe.
nj=2             # jobs
num_threads=     # threads
pass_on() {{ printf -- '--%s VALUE\\n' source_dir fold verbose; }}
. "{ROOT}/utils/parse_options.sh"
at_least 1 nj
[ -z "$num_threads" ] || at_least 1 num_threads
printf '%s\\n' "nj=$nj" "fold=${{PASSED[fold]:-}}" "$@" -- "${{PASSED_OPTIONS[@]}}"
"""


@pytest.fixture
def passing(tmp_path):
    path = tmp_path / "recipe.sh"
    path.write_text(PASSING)
    return ["bash", "-euo", "pipefail", path]


@pytest.mark.parametrize(
    ("words", "own", "passed"),
    [
        (["--fold", "1", "--nj", "4", "--fold", "2"], ["nj=4", "fold=2"], ["--fold", "1", "--fold", "2"]),
        (["--verbose", "--nj", "4", "--fold", "-1"], ["nj=4", "fold=-1"], ["--verbose", "--fold", "-1"]),
        (["--fold", "1", "2", "--nj", "08"], ["nj=8", "fold=2"], ["--fold", "1", "2"]),
        (["--nj", "4", "x", "--fold"], ["nj=4", "fold=", "x", "--fold"], []),
        (["--fold", "--seed 1 --a b", "--nj", "4"], ["nj=4", "fold=--seed 1 --a b"], ["--fold", "--seed 1 --a b"]),
        (
            ["--nj", "4", "--", "--source_dir", "a b", "$(touch x)"],
            ["nj=4", "fold="],
            ["--source_dir", "a b", "$(touch x)"],
        ),
    ],
)
def test_options_of_others_are_passed_on(passing, words, own, passed, tmp_path):
    done = call([*passing, *words], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [*own, "--", *passed]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--mj", "4"], "unknown option --mj"),
        (["--fol", "4"], "unknown option --fol"),
        (["--", "--folds", "4"], "unknown option --folds"),
        (["--a[$(touch x)]", "x"], "unknown option --a"),
        (["--nj", "2.5"], "--nj is a number, not '2.5'"),
        (["--nj", ""], "--nj is a number, not ''"),
        (["--nj", "9" * 30], "--nj is a number, not '999"),
        (["--nj", "0"], "--nj is a number from 1 upwards, not '0'"),
        (["--nj", "-1"], "--nj is a number from 1 upwards, not '-1'"),
        (["--num_threads", "one"], "--num_threads is a number, not 'one'"),
    ],
)
def test_wrong_options_of_a_recipe(passing, words, error, tmp_path):
    test_wrong_options(passing, words, error, tmp_path)


def test_help_of_a_recipe_has_the_options_that_are_passed_on(passing):
    lines = [" ".join(line.split()) for line in call([*passing, "--fold", "3", "--help"]).stdout.splitlines()]
    assert lines[:4] == ["A recipe.", "", "--nj 2 jobs", "--num_threads threads"] and lines[-1] == "--verbose VALUE"
    assert "Further options, here --fold 3:" in lines
