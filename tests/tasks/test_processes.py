"""How the processes of a training share GPUs and cores."""

import os

import pytest
import torch
from espnet2.train.distributed_utils import resolve_distributed_mode

from c2ser.errors import InputError
from c2ser.tasks.alm import ALMTask
from c2ser.tasks.processes import choose_readers, limit_threads, share_gpus

ONE_OF_EIGHT = ("--dist_world_size", "8", "--dist_rank", "3", "--local_rank", "3")


@pytest.mark.parametrize(
    ("options", "ngpu", "distributed", "starts_processes", "backend"),
    [
        (["--ngpu", "0"], 0, False, False, "gloo"),
        (["--ngpu", "1"], 1, False, False, "nccl"),
        (["--ngpu", "4"], 4, True, True, "nccl"),
        (["--ngpu", "4", "--collect_stats", "true"], 1, False, False, "nccl"),
        (["--ngpu", "0", *ONE_OF_EIGHT], 0, True, False, "gloo"),
        (["--ngpu", "4", *ONE_OF_EIGHT], 1, True, False, "nccl"),
        (["--ngpu", "4", *ONE_OF_EIGHT, "--multiprocessing_distributed", "true"], 4, True, True, "nccl"),
    ],
)
def test_each_process_has_a_gpu_or_none(options, ngpu, distributed, starts_processes, backend, monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    args = ALMTask.get_parser().parse_args(["--output_dir", "exp", *options])
    share_gpus(args)
    resolve_distributed_mode(args)  # what ESPnet makes of it
    assert (args.ngpu, args.distributed, args.multiprocessing_distributed) == (ngpu, distributed, starts_processes)
    assert args.dist_backend == backend


def test_processes_are_told_by_the_environment_as_well(monkeypatch):
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    args = ALMTask.get_parser().parse_args(["--output_dir", "exp", "--ngpu", "2"])
    share_gpus(args)
    resolve_distributed_mode(args)
    assert (args.ngpu, args.distributed, args.multiprocessing_distributed) == (1, True, False)


@pytest.mark.parametrize(
    ("options", "readers"),
    [
        (["--ngpu", "0"], 1),
        (["--ngpu", "1"], 8),
        (["--ngpu", "4"], 3),
        (["--ngpu", "20"], 1),
        (["--ngpu", "4", *ONE_OF_EIGHT], 8),
        (["--ngpu", "1", "--num_workers", "0"], 0),
        (["--ngpu", "0", "--num_workers", "5"], 5),
    ],
)
def test_readers_are_as_many_as_there_are_cores_for_each_gpu(options, readers, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(12))
    args = ALMTask.get_parser().parse_args(["--output_dir", "exp", *options])
    share_gpus(args)
    choose_readers(args)
    assert args.num_workers == readers


def test_a_training_computes_with_as_many_threads_as_it_is_told():
    parse = ALMTask.get_parser().parse_args
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        for options, threads in ([], 3), (["--cpu_threads", "2"], 2):
            limit_threads(parse(["--output_dir", "exp", *options]))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    with pytest.raises(InputError, match="cpu_threads: 0 is below 1"):
        limit_threads(parse(["--output_dir", "exp", "--cpu_threads", "0"]))
    with pytest.raises(SystemExit, match="^error: cpu_threads: 0 is below 1$"):  # before anything else of the training
        ALMTask.main_worker(parse(["--output_dir", "exp", "--cpu_threads", "0"]))
