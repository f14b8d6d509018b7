"""What ESPnet's DeepSpeed trainer leaves to the model, and its default trainer does itself."""

import argparse
import json
import logging
import shutil
from pathlib import Path

from espnet2.train.abs_espnet_model import AbsESPnetModel

from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def uses_deepspeed(args: argparse.Namespace) -> bool:
    """Tells whether ESPnet chooses its DeepSpeed trainer, which it does for several processes only."""
    return args.use_deepspeed and args.distributed


def suit_deepspeed(model: AbsESPnetModel, args: argparse.Namespace) -> None:
    """Makes a model return what the DeepSpeed trainer expects, and count its updates itself; mends its checkpoints.

    The trainer divides the loss by the sum of all processes' weights without having multiplied it by its own, so it
    wants the batch's sum where the default trainer wants its mean. Its optimizer is DeepSpeed's, made from the JSON, so
    no hook of ours sees it step; it steps after every ``gradient_accumulation_steps`` batches.

    Args:
        model: returns loss, statistics and weight, has a buffer ``updates``, and counts its training ``batches``.
        args: ESPnet's; of them ``accum_grad``, ``deepspeed_config`` and ``output_dir``.

    Raises:
        InputError: the JSON cannot be read, or accumulates gradients over another number of batches than the YAML.
    """
    try:
        settings = json.loads(Path(args.deepspeed_config).read_text(encoding="utf-8"))
    except (TypeError, OSError, ValueError) as error:
        raise InputError(f"deepspeed_config '{args.deepspeed_config}': no JSON to read ({error})") from None
    steps = settings.get("gradient_accumulation_steps", 1)
    if steps != args.accum_grad:
        raise InputError(
            f"{args.deepspeed_config}: gradient_accumulation_steps is {steps}, but accum_grad {args.accum_grad}; "
            "give both alike"
        )
    _delete_half_written(args.output_dir)

    def weigh_and_count(model: AbsESPnetModel, _, outputs: tuple) -> tuple:
        loss, stats, weight = outputs
        if model.training and model.batches % steps == 0:
            model.updates.add_(1)
        return loss * weight, stats, weight

    model.register_forward_hook(weigh_and_count)


def _delete_half_written(output_dir: str | Path) -> None:
    """Deletes checkpoints without the file that DeepSpeed writes last; the trainer would resume from the newest."""
    for checkpoint in Path(output_dir).glob("checkpoint_*"):
        if not (checkpoint / "latest").exists():
            logger.warning("%s: half-written, deleted; training goes on from the one before", checkpoint)
            shutil.rmtree(checkpoint, ignore_errors=True)  # another process may have been first
