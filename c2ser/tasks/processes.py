"""How the processes of a training share GPUs and cores."""

import os
from argparse import Namespace

import torch
from espnet2.train.distributed_utils import get_world_size

from c2ser.errors import InputError

MOST_READERS = 8


def share_gpus(args: Namespace) -> None:
    """Sets ESPnet's options so that each process of a training has a GPU of its own, or none.

    A training that is one of several processes, started by Slurm, torchrun or by hand, uses one of the GPUs. A training
    that is alone starts a process per GPU, except to collect statistics, which one process does. Processes without GPUs
    exchange gradients by gloo.

    Args:
        args: options of ESPnet's trainer, which are changed; ``ngpu`` is the number of GPUs of this machine to use.

    Example:
        >>> options = {"multiprocessing_distributed": False, "dist_launcher": None, "collect_stats": False}
        >>> args = Namespace(ngpu=4, dist_world_size=8, **options)
        >>> share_gpus(args)
        >>> args.ngpu
        1
    """
    if args.collect_stats:
        args.ngpu = min(args.ngpu, 1)
    if get_world_size(args.dist_world_size, args.dist_launcher) == 1:
        args.multiprocessing_distributed = args.ngpu > 1
    elif not args.multiprocessing_distributed:
        args.ngpu = min(args.ngpu, 1)
    if args.ngpu == 0:
        args.dist_backend = "gloo"


def choose_readers(args: Namespace) -> None:
    """Sets how many processes read and tokenize batches, if ``num_workers`` is not given.

    One keeps up with a CPU. A GPU that computes an update in 40 ms waits for it: there are as many as there are cores
    for each training process, `MOST_READERS` at most.

    Args:
        args: options of ESPnet's trainer, after `share_gpus`; ``num_workers`` is changed where it is None.

    Example:
        >>> args = Namespace(num_workers=None, ngpu=0)
        >>> choose_readers(args)
        >>> args.num_workers
        1
    """
    if args.num_workers is None:
        cores = len(os.sched_getaffinity(0)) // args.ngpu if args.ngpu else 1
        args.num_workers = max(1, min(cores, MOST_READERS))


def limit_threads(args: Namespace) -> None:
    """Computes with ``cpu_threads`` threads, if they are given.

    Args:
        args: options of a training.

    Raises:
        InputError: there is less than one.

    Example:
        >>> limit_threads(Namespace(cpu_threads=None))
    """
    if args.cpu_threads is None:
        return
    if args.cpu_threads < 1:
        raise InputError(f"cpu_threads: {args.cpu_threads} is below 1")
    torch.set_num_threads(args.cpu_threads)


def own_process(distributed: bool) -> dict[str, int]:
    """Returns ``rank`` and ``world_size`` of this process.

    Args:
        distributed: whether it is one of several.

    Example:
        >>> own_process(False)
        {'rank': 0, 'world_size': 1}
    """
    if not distributed:
        return {"rank": 0, "world_size": 1}
    return {"rank": torch.distributed.get_rank(), "world_size": torch.distributed.get_world_size()}


def check_utterances(number: int, world_size: int) -> None:
    """Refuses a training set of fewer utterances than there are processes.

    Args:
        number: of utterances.
        world_size: number of processes.

    Raises:
        InputError: there are fewer.
    """
    if number < world_size:
        raise InputError(f"{number} utterances cannot be shared by {world_size} processes; start fewer")
