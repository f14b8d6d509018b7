"""Tasks in several processes, and what goes wrong in them."""

import os
import signal
from pathlib import Path

import pytest

from c2ser.errors import InputError
from c2ser.stability.processes import run_tasks


@pytest.mark.parametrize("num_jobs", [1, 2])
def test_all_tasks_are_done_and_the_first_error_is_raised(tmp_path, num_jobs):
    paths = [tmp_path / str(number) for number in range(5)]
    run_tasks(Path.touch, paths, num_jobs=num_jobs, title="files")
    assert all(path.exists() for path in paths)
    with pytest.raises(FileNotFoundError, match="no_such"):
        run_tasks(os.remove, [paths[0], tmp_path / "no_such"], num_jobs=num_jobs, title="files")


def test_a_process_that_is_killed_is_an_error():
    with pytest.raises(InputError, match="a process was killed, .*; give a smaller --nj"):
        run_tasks(signal.raise_signal, [signal.SIGKILL], num_jobs=2, title="killing")
