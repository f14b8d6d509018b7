"""How often a training goes through its data: by the updates of its configuration, or as often as that asks for."""

import argparse
import logging
import math
from collections.abc import Mapping
from pathlib import Path

from c2ser.data.tables import table_lines
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

FEW = 2.0  # passes, less than which few trainings of these sizes have learned what there is


def add_passes_argument(group) -> None:
    """Adds the option that `lengthen` reads.

    Args:
        group: of an argument parser.
    """
    group.add_argument(
        "--min_passes",
        type=float,
        default=0.0,
        help="passes over the training set that a training makes at least: num_iters_per_epoch grows where it is too "
        "low for them, and total_steps of onecyclelr with it",
    )


def lengthen(args: argparse.Namespace, limits: Mapping[str | Path, float], *, most: float = math.inf) -> None:
    """Makes the epochs of a training longer where they have fewer passes over the data than ``min_passes``.

    Logs how many passes there are, as a warning where they are few. Where the configuration has no
    ``num_iters_per_epoch`` each epoch is a pass, and nothing is done.

    Args:
        args: arguments of an ESPnet task; ``num_iters_per_epoch`` and ``scheduler_conf`` are replaced.
        limits: table of what each utterance of the training set takes of a batch -> what a batch may have, both over
            all processes, such as samples.
        most: what an utterance takes at most, where it is cropped.

    Raises:
        InputError: ``min_passes`` is given with batches that are not limited in size.

    Example:
        >>> lengthen(args, {"dump/train/utt2num_samples": args.batch_bins})  # doctest: +SKIP
    """
    if args.num_iters_per_epoch is None:
        return
    if args.batch_type != "numel":
        if args.min_passes:
            raise InputError(f"min_passes goes with batch_type numel, not {args.batch_type}; set it to 0")
        return
    batches = max(_total(table, most) / limit for table, limit in limits.items())
    needed = math.ceil(args.min_passes * batches / args.max_epoch / args.accum_grad) * args.accum_grad
    if needed > args.num_iters_per_epoch:
        logger.info("epochs of %d batches instead of %d, by min_passes", needed, args.num_iters_per_epoch)
        if args.scheduler == "onecyclelr":
            steps = args.scheduler_conf["total_steps"] * needed / args.num_iters_per_epoch
            args.scheduler_conf = args.scheduler_conf | {"total_steps": math.ceil(steps)}
        args.num_iters_per_epoch = needed
    passes = args.max_epoch * args.num_iters_per_epoch / batches
    few = passes < FEW and args.max_epoch > 1
    logger.log(
        logging.WARNING if few else logging.INFO,
        "%d batches of training: %.1f passes over the training set%s",
        *(args.max_epoch * args.num_iters_per_epoch, passes),
        "; min_passes in the configuration makes more" if few else "",
    )


def _total(table: str | Path, most: float) -> float:
    return sum(min(int(value.partition(",")[0]), most) for _, _, value in table_lines(table))
