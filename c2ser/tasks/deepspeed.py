"""What ESPnet's DeepSpeed trainer, unlike its default trainer, leaves to the model."""

import argparse
import json
import logging
import shutil
from pathlib import Path

from espnet2.train.abs_espnet_model import AbsESPnetModel

from c2ser.errors import InputError

logger = logging.getLogger(__name__)


def uses_deepspeed(args: argparse.Namespace) -> bool:
    """Returns whether ESPnet selects its DeepSpeed trainer, which requires several processes."""
    return args.use_deepspeed and args.distributed


def adapt_to_deepspeed(model: AbsESPnetModel, args: argparse.Namespace) -> None:
    """Makes a model return what the DeepSpeed trainer expects and count its own updates; deletes broken checkpoints.

    The trainer divides the loss by the sum of all processes' weights without having multiplied it by its own, so it
    needs the sum over a batch, where the default trainer needs the mean. Its optimizer is created by DeepSpeed, so
    hooks on ours do not see its steps; it steps after every ``gradient_accumulation_steps`` batches.

    Args:
        model: returns loss, statistics and weight, has a buffer ``updates``, and counts its training ``batches``.
        args: ESPnet's, of which ``accum_grad``, ``deepspeed_config`` and ``output_dir`` are used.

    Raises:
        InputError: the JSON cannot be read, or its number of accumulated batches differs from the YAML's.
    """
    try:
        settings = json.loads(Path(args.deepspeed_config).read_text(encoding="utf-8"))
    except (TypeError, OSError, ValueError) as error:
        raise InputError(f"deepspeed_config '{args.deepspeed_config}': not readable as JSON ({error})") from None
    steps = settings.get("gradient_accumulation_steps", 1)
    if steps != args.accum_grad:
        raise InputError(
            f"{args.deepspeed_config}: gradient_accumulation_steps is {steps}, but accum_grad {args.accum_grad}; "
            "use the same value"
        )
    _delete_half_written(args.output_dir)

    def balance_batch(model: AbsESPnetModel, _, outputs: tuple) -> tuple:
        loss, stats, weight = outputs
        if model.training and model.batches % steps == 0:
            model.updates.add_(1)
        return loss * weight, stats, weight

    model.register_forward_hook(balance_batch)


def _delete_half_written(output_dir: str | Path) -> None:
    """Deletes checkpoints without the file that DeepSpeed writes last, because the trainer resumes from the newest."""
    for checkpoint in Path(output_dir).glob("checkpoint_*"):
        if not (checkpoint / "latest").exists():
            logger.warning("%s: incomplete, deleted; training resumes from the previous one", checkpoint)
            shutil.rmtree(checkpoint, ignore_errors=True)  # another process may have been first
