#!/usr/bin/env python3
"""All that there is to know of a GPU, as one page of Markdown: the benchmark of gpu.py, then the tests of tests/gpu.

Usage: tools/benchmark/gpu_page.py --output gpu.md

It takes less than ten minutes of one GPU of 80 GB, and needs the repository and its extras recipe and test, no weights,
no data and no network. Options other than its own go to gpu.py: `--device cpu --size tiny` shows that it runs.
"""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def call(words: Sequence[object], seconds: int) -> tuple[int, str]:
    """Runs a program for so many seconds at most; returns its exit code and what it printed."""
    try:
        done = subprocess.run(
            list(map(str, words)),
            cwd=ROOT,
            timeout=seconds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired as ended:
        printed = ended.stdout or b""
        printed = printed if isinstance(printed, str) else printed.decode(errors="replace")
        return 124, f"{printed}\nended after {seconds} s"
    return done.returncode, done.stdout


def tests_section(code: int, printed: str) -> str:
    """What pytest printed, without the progress: failures, skipped tests and their reasons, the count."""
    lines = printed.splitlines()
    begin = next((number for number, line in enumerate(lines) if "short test summary" in line), len(lines) - 1)
    said = "\n".join(line.strip("= ") for line in lines[begin:]).strip() or "nothing"
    return f"\n## Tests of tests/gpu\n\nExit code {code}.\n\n```\n{said}\n```\n"


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("gpu.md"), help="the page")
    parser.add_argument("--tests", default="tests/gpu", help="folder or file of tests")
    parser.add_argument("--processes", type=int, default=6, help="that share the tests")
    parser.add_argument("--seconds", type=int, default=290, help="for the benchmark at most, and for the tests")
    args, others = parser.parse_known_args(argv)
    page = args.output.resolve()
    page.unlink(missing_ok=True)  # an earlier page says nothing of a benchmark that fails now
    benchmark = [sys.executable, ROOT / "tools" / "benchmark" / "gpu.py", "--output", page, *others]
    code, printed = call(benchmark, args.seconds)
    if not page.exists():
        sys.exit(f"gpu.py wrote no page (exit code {code}): {' '.join(printed.strip().splitlines()[-1:])}")
    test_code, told = call(
        [sys.executable, "-m", "pytest", "-q", "-rfEs", "-n", args.processes, args.tests], args.seconds
    )
    with page.open("a", encoding="utf-8") as file:
        file.write(tests_section(test_code, told))
    print(page.read_text(encoding="utf-8"))
    if code or test_code:
        sys.exit(f"{args.output}: benchmark ended with {code}, tests with {test_code}; the page says what failed")


if __name__ == "__main__":
    main()
