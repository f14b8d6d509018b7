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
    assert lines == ["A script.", "", "Usage: script [options]", "--nj 2 jobs", '--tag "" name', "--skip false"]
