#!/usr/bin/env python3
"""Prints how long a stage and those after it will take, as far as earlier runs tell: "about 2 min, 9 min to the end".

    stage_times.py STAGE STOP_STAGE RECORD [REFERENCE]

RECORD has a line "<stage> <seconds>" for each stage that a run here has finished. Of several the longest counts, as the
others may have found their work done. REFERENCE has such lines of another machine, and comments after #: a stage that
was not yet run here is expected to take as much longer or shorter than there as those that were.
"""

import sys
from pathlib import Path


def read_times(path: Path) -> dict[int, float]:
    """Returns the seconds of each stage in a file, of several lines the largest; none without the file."""
    times: dict[int, float] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.partition("#")[0].split()
            if len(words) == 2:
                times[int(words[0])] = max(float(words[1]), times.get(int(words[0]), 0.0))
    return times


def expected_times(record: dict[int, float], reference: dict[int, float]) -> dict[int, float]:
    """Returns the seconds that each stage is expected to take, of all stages that either file knows."""
    both = record.keys() & reference.keys()
    there = sum(reference[stage] for stage in both)
    factor = sum(record[stage] for stage in both) / there if there else 1.0
    return {stage: seconds * factor for stage, seconds in reference.items()} | record


def spoken(seconds: float) -> str:
    """Returns a time as text, to the minute."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def main() -> None:
    stage, stop_stage = int(sys.argv[1]), int(sys.argv[2])
    record, reference = (read_times(Path(path)) for path in (*sys.argv[3:5], "")[:2])
    expected = expected_times(record, reference)
    if stage not in expected:
        return
    text = spoken(expected[stage])
    if text[0].isdigit():
        text = f"about {text}"
    rest = range(stage, stop_stage + 1)
    if len(rest) > 1 and all(number in expected for number in rest):
        text += f", {spoken(sum(expected[number] for number in rest))} to the end"
    print(text)


if __name__ == "__main__":
    main()
