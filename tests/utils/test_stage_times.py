"""How long a stage is about to take, by what earlier runs noted."""

import pytest
from helpers.launchers import call
from helpers.paths import ROOT

REFERENCE = "# on another machine\n1 60  # speaks\n2 120\n3 300\n"


def expected(folder, stage: int, stop_stage: int, record: str = "", reference: str = REFERENCE) -> str:
    for name, text in (("record", record), ("reference", reference)):
        (folder / name).write_text(text)
    done = call([ROOT / "utils/stage_times.py", stage, stop_stage, folder / "record", folder / "reference"])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("stages", "record", "said"),
    [
        ((1, 3), "", "about 1 min, 8 min to the end"),
        ((3, 3), "", "about 5 min"),
        ((2, 3), "1 120\n", "about 4 min, 14 min to the end"),  # half as fast as the other machine
        ((2, 3), "1 120\n1 2\n", "about 4 min, 14 min to the end"),  # the second run found it done
        ((2, 3), "1 60\n2 20\n3 36000\n", "less than a minute, 601 min to the end"),
        ((3, 4), "", "about 5 min"),  # nobody knows stage 4
        ((4, 4), "", ""),
    ],
)
def test_times_are_those_of_earlier_runs_and_else_of_the_reference_at_this_machines_pace(
    stages, record, said, tmp_path
):
    assert expected(tmp_path, *stages, record=record) == said.replace("601 min", "10.0 h")


def test_without_any_run_nothing_is_said(tmp_path):
    done = call([ROOT / "utils/stage_times.py", 1, 11, tmp_path / "none"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
