#!/usr/bin/env python3
"""c2ser serve under load: requests in batches against one by one.

Usage: tools/benchmark/serving.py --model EXP/packed --audio_dir EMODB/wav [--requests 500] [--clients 20]

Two servers are started as users do, one of which makes each request a batch of its own. Clients in this process send
the files by HTTP on this machine, each its next one as soon as it has an answer. The requests are dealt into parts,
which go to one server after the other, so that a noisy machine disturbs both alike. Requests without an answer are
lost; memory is the server's resident set after the first part and at the end. That the answers are the same is checked.
"""

import argparse
import asyncio
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from c2ser.data.audio_files import audio_files

PARTS = 5
WAYS = {"in batches": [], "one by one": ["--batch_seconds", "1"]}
START_SECONDS, ANSWER_SECONDS = 300, 120  # that a server may take


@dataclass
class Served:
    """A server and what it did.

    Attributes:
        process: the server's.
        url: of it.
        answers: file -> emotion.
        times: seconds of each request.
        clock: seconds of all parts.
        lost: what prevented the answers that did not come.
        memory: MiB, after each part.
    """

    process: subprocess.Popen
    url: str
    answers: dict[str, str | None] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    clock: float = 0.0
    lost: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def resident(self) -> float:
        """Returns the memory that the server has, in MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def processor(self) -> float:
        """Returns the seconds of the processor that the server has used."""
        times = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")

    def batches(self) -> float:
        """Returns the number of batches that it has answered."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("c2ser_batch_size_count"))


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    files = list(map(str, audio_files(args.audio_dir)))
    requests = list(itertools.islice(itertools.cycle(files), args.requests))
    asked = {"mode": args.mode, "scores": str(args.scores).lower()}
    with ExitStack() as stack:
        servers = {way: stack.enter_context(started(args.model, options)) for way, options in WAYS.items()}
        for server in servers.values():  # to warm up, not counted
            asyncio.run(send(Served(server.process, server.url), files[: args.clients], asked, clients=args.clients))
        before = {way: (server.processor(), server.batches()) for way, server in servers.items()}
        for part in range(PARTS):
            for server in servers.values():
                asyncio.run(send(server, requests[part::PARTS], asked, clients=args.clients))
        print(f"{args.requests} requests of {len(files)} files from {args.clients} clients, {asked}")
        print_table(servers, before)
    batched, single = (server.answers for server in servers.values())
    print(f"different answers: {sum(batched[file] != single[file] for file in batched.keys() & single.keys())}")


@contextmanager
def started(model: str, options: Sequence[str]) -> Iterator[Served]:
    """Starts a server, and ends it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "c2ser", "serve", "--no_page", "--rate", "none", "--model", model]
    command += ["--port", str(port), *options]
    with subprocess.Popen(command) as process:
        try:
            served = Served(process, f"http://127.0.0.1:{port}")
            end = time.monotonic() + START_SECONDS
            while not answers(served.url):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"the server does not start: {' '.join(command)}")
                time.sleep(0.2)
            yield served
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


async def send(server: Served, files: Sequence[str], asked: dict[str, Any], *, clients: int) -> None:
    """Sends files, as many at a time as there are clients."""
    todo = iter(files)

    async def work() -> None:
        async with httpx.AsyncClient(base_url=server.url, timeout=ANSWER_SECONDS) as client:
            for file in todo:
                content = Path(file).read_bytes()
                began = time.perf_counter()
                try:
                    response = await client.post("/v1/recognize", data=asked, files={"file": (file, content)})
                    response.raise_for_status()
                except httpx.HTTPError as error:
                    server.lost.append(f"{file}: {error}")
                else:
                    server.times.append(time.perf_counter() - began)
                    server.answers[file] = response.json()["emotion"]

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(clients)))
    server.clock += time.perf_counter() - began
    server.memory.append(server.resident())


def print_table(servers: dict[str, Served], before: dict[str, tuple[float, float]]) -> None:
    """Prints what each server did."""
    names = ["lost", "a second", "p50 s", "p95 s", "p99 s", "CPU ms", "a batch", "MiB before", "after"]
    print(f"\n{'':12}" + "".join(f"{name:>12}" for name in names))
    for way, server in servers.items():
        count = len(server.times)
        percentiles = np.percentile(server.times, (50, 95, 99))
        processor, batches = server.processor() - before[way][0], server.batches() - before[way][1]
        values = [count / server.clock, *percentiles, 1000 * processor / count, count / batches]
        numbers = "".join(f"{value:12.2f}" for value in values)
        print(f"{way:12}{len(server.lost):12}{numbers}{server.memory[0]:12.0f}{server.memory[-1]:12.0f}")
        for reason in server.lost[:3]:
            print(f"  {reason}")
    batched, single = servers.values()
    print(f"\nin batches {single.clock / batched.clock:.2f} times as many a second as one by one")


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of a packed model")
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder of audio files")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--mode", choices=("implicit", "explicit"), default="implicit")
    parser.add_argument("--scores", action="store_true", help="ask for probabilities")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
