#!/usr/bin/env python3
"""Faults on purpose: stages of mini_emo are killed, cancelled and starved at different moments, and then run again.

    tests/faults/run.py [--repeats 10] [--work_dir DIR] [FAULT...]

Each fault is repeated so often, spread over the time that the stage takes. It has passed where the rerun succeeds and
every file of data, features, weights and answers has the bytes of a run that nothing disturbed. Prints a line a repeat
and a table; ends with exit code 1 where a repeat has not passed. Faults on Slurm need SLURM_CONF, see
tests/slurm/start.sh, those of nodes a Slurm that it has started with three of them, those of FUSE bindfs; these and
"disk full" need root.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT), str(ROOT / "tests")]

from bench import Bench, Fault, kill  # noqa: E402
from cluster import HAS_NODES, HAS_SLURM, node_dies, requeue, scancel  # noqa: E402
from storage import (  # noqa: E402
    corrupt_checkpoint,
    disk_full,
    kill_without_locks,
    on_two_machines,
    twice_at_once,
    twice_without_locks,
)

from c2ser.scoring.tables import markdown_table  # noqa: E402


def killed(stage: int, program: str, **options) -> tuple[int, Callable[[Bench, float], str]]:
    """A stage, and the fault that one of its programs is killed."""
    return stage, lambda bench, moment: kill(bench, stage, program, moment, **options)


def dead_node(stage: int, program: str, **options) -> tuple[int, Callable[[Bench, float], str]]:
    """A stage, and the fault that a node with this program dies."""
    return stage, lambda bench, moment: node_dies(bench, stage, program, moment, **options)


ANYWHERE: dict[str, tuple[int, Callable[[Bench, float], str]]] = {
    "SIGKILL of a worker, stage 2": killed(2, "extract_attributes"),
    "SIGKILL of a worker, stage 2, flac.ark": killed(2, "extract_attributes", audio_format="flac.ark"),
    "SIGKILL of a worker, stage 5": killed(5, "extract_emotion2vec"),
    "SIGKILL of a worker, stage 9": killed(9, "alm_inference"),
    "SIGKILL of the launcher, stage 5": killed(5, "utils/run.py"),
    "SIGKILL of the program around the launcher, stage 5": killed(5, "c2ser.bin.parallel_data_dir"),
    "SIGKILL of training, stage 4": killed(4, "emotion2vec_train"),
    "SIGKILL of training, stage 8": killed(8, "alm_train"),
    "corrupt checkpoint": (4, corrupt_checkpoint),
    "disk full": (5, disk_full),
    "two runs at once": (5, twice_at_once),
    "SIGKILL of a worker, stage 5, no locks": (5, kill_without_locks),
    "two runs at once, no locks": (5, twice_without_locks),
}
ON_FUSE = {"two runs at once, on two machines": (5, on_two_machines)}
ON_SLURM = {
    "SIGKILL of Slurm's launcher, stage 5": killed(5, "utils/slurm.py", started={"cmd_backend": "slurm"}),
    "scancel": (4, scancel),
    "requeue": (4, requeue),
}
ON_NODES = {
    "a node dies, training": dead_node(4, "emotion2vec_train"),
    "a node dies, training on two": dead_node(4, "emotion2vec_train", num_nodes=2),
    "a node dies, array": dead_node(5, "extract_emotion2vec"),
    "a node dies, array, no requeue": dead_node(5, "extract_emotion2vec", requeued=False),
}
FAULTS = ANYWHERE | ON_FUSE | ON_SLURM | ON_NODES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--work_dir", type=Path, help="keeps what is before and after each stage, for further calls")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of: {'; '.join(FAULTS)}")
    args = parser.parse_args()
    possible = [(ON_FUSE, shutil.which("bindfs")), (ON_SLURM, HAS_SLURM), (ON_NODES, HAS_NODES)]
    chosen = args.faults or [*ANYWHERE, *(fault for faults, there in possible if there for fault in faults)]
    unknown = [fault for fault in chosen if fault not in FAULTS]
    if unknown:
        parser.error(f"unknown fault '{unknown[0]}'")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench((args.work_dir or Path(folder)).resolve())
        bench.prepare(max(FAULTS[fault][0] for fault in chosen))
        rows = [[fault, *repeat(bench, fault, args.repeats)] for fault in chosen]
    print(markdown_table(["fault", "repeats", "passed", "seconds each"], rows))
    sys.exit(any(row[1] != row[2] for row in rows))


def repeat(bench: Bench, fault: str, repeats: int) -> list[str]:
    """Repeats a fault at moments spread over its stage."""
    passed, started = 0, time.monotonic()
    for number in range(repeats):
        try:
            said = FAULTS[fault][1](bench, (number + 0.5) / repeats)
            passed += 1
        except Fault as reason:
            said = f"NOT PASSED: {reason}"
        print(f"{fault}, {number + 1}: {said}", flush=True)
    return [str(repeats), str(passed), f"{(time.monotonic() - started) / repeats:.0f}"]


if __name__ == "__main__":
    main()
