"""Tasks in several processes, each of which may load a model of its own."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from tqdm import tqdm

from c2ser.errors import InputError
from c2ser.signals import die_with_parent

Task = TypeVar("Task")


def run_tasks(function: Callable[[Task], None], tasks: Sequence[Task], *, num_jobs: int, title: str) -> None:
    """Calls a function with each task, in this process or in several that share the cores.

    Args:
        function: of a module, not of another function.
        tasks: what it takes.
        num_jobs: processes; 1 for this one.
        title: of the progress bar.

    Raises:
        InputError: as the function, or a process was killed.

    Example:
        >>> run_tasks(print, ["a", "b"], num_jobs=1, title="printing")
        a
        b
    """
    progress = partial(tqdm, total=len(tasks), desc=title, unit="condition", disable=None)
    if num_jobs == 1:
        for task in progress(tasks):
            function(task)
        return
    threads = max(1, (os.cpu_count() or 1) // num_jobs)
    with ProcessPoolExecutor(num_jobs, get_context("spawn"), initializer=_begin, initargs=(threads,)) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        try:
            for future in progress(as_completed(futures)):
                future.result()
        except BrokenProcessPool:
            raise InputError("a process was killed, perhaps for want of memory; give a smaller --nj") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(threads: int) -> None:
    die_with_parent(signal.SIGTERM)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # read when PyTorch is imported
