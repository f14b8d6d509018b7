"""Which epoch of a training of the audio language model is chosen: by its answers on dev, and among which epochs.

ESPnet's trainer names the best epochs by ``best_model_criterion``. Here it can choose by figures of the answers, too;
an epoch whose model is not eligible (`ExplicitSchedule.first_eligible_epoch`) has the worst ones.
"""

import argparse
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from espnet2.train.reporter import SubReporter
from espnet2.train.trainer import Trainer

from c2ser.errors import InputError
from c2ser.rationales.schedule import ExplicitSchedule
from c2ser.tasks.answer_figures import FAITHFULNESS, QUALITY, WORST
from c2ser.tasks.answering import DevAnswers
from c2ser.tasks.deepspeed import uses_deepspeed
from c2ser.tasks.trainer import InterruptibleOptions, InterruptibleTrainer

logger = logging.getLogger(__name__)


def add_selection_arguments(group) -> None:
    """Adds the options of a phase's schedule and of choosing an epoch of it.

    Args:
        group: of an argument parser.
    """
    group.add_argument(
        "--explicit_probability",
        type=float,
        nargs=2,
        default=[1.0, 1.0],
        help="probability of explicit targets at the first update of the phase, and its final value",
    )
    group.add_argument(
        "--explicit_until",
        type=float,
        default=1.0,
        help="fraction of the phase's updates after which the probability of explicit targets has its final value",
    )
    group.add_argument(
        "--answer_utterances",
        type=int,
        default=200,
        help="number of dev utterances that are answered after each epoch, drawn evenly over emotions; 0 for none",
    )


def phase_schedule(args: argparse.Namespace) -> ExplicitSchedule:
    """Returns the schedule of a training.

    Args:
        args: of an ``alm_train``.

    Raises:
        InputError: the length of the phase is not known, or an option is out of range.
    """
    start, end = args.explicit_probability
    if start == end:
        return ExplicitSchedule(start, end, 0, until=args.explicit_until)
    if args.num_iters_per_epoch is None:
        raise InputError("explicit_probability changes over the phase; give num_iters_per_epoch to know its length")
    return ExplicitSchedule(start, end, phase_updates(args), until=args.explicit_until)


def phase_updates(args: argparse.Namespace) -> int:
    """Returns the number of updates of a training.

    Args:
        args: of an ``alm_train`` with ``num_iters_per_epoch``.
    """
    return args.max_epoch * _updates_per_epoch(args)


def _updates_per_epoch(args: argparse.Namespace) -> int:
    return (args.num_iters_per_epoch or 0) // args.accum_grad


def _first_eligible_epoch(args: argparse.Namespace) -> int:
    """The first epoch that can be chosen; of a single one, as in a trial, there is no choice."""
    return 1 if args.max_epoch == 1 else phase_schedule(args).first_eligible_epoch(_updates_per_epoch(args))


def check_selection(args: argparse.Namespace) -> None:
    """Refuses a training that chooses by answers and has too few epochs to choose from, or no answers.

    Args:
        args: of an ``alm_train``.

    Raises:
        InputError: the option that has to change is named.
    """
    schedule, first = phase_schedule(args), _first_eligible_epoch(args)
    names = {name for phase, name, _ in args.best_model_criterion if phase == "valid"}
    if not names & {*WORST, *FAITHFULNESS}:
        return
    criterion = f"best_model_criterion is valid {' and '.join(sorted(names))}"
    if schedule.final_mode == "implicit" and names & {*FAITHFULNESS}:
        raise InputError(f"{criterion}, but implicit answers give no reasons; choose by valid {QUALITY}")
    if not args.answer_utterances:
        raise InputError(f"{criterion}; give answer_utterances above 0")
    if uses_deepspeed(args):
        raise InputError(f"{criterion}, but DeepSpeed's trainer reports no answers; choose by valid loss")
    most = max(args.keep_nbest_models) if isinstance(args.keep_nbest_models, list) else args.keep_nbest_models
    eligible = max(0, args.max_epoch - first + 1)
    if eligible < most:
        raise InputError(
            f"{criterion}: {eligible} of {args.max_epoch} epochs have implicit batches only, and keep_nbest_models is "
            f"{most}; lower explicit_until, which is {args.explicit_until}"
        )
    if args.patience is not None and args.patience < first - 2:
        raise InputError(f"patience {args.patience} ends the training before epoch {first}, the first that is eligible")


@dataclass
class SelectionOptions(InterruptibleOptions):
    """Options of `InterruptibleTrainer`, and what `AnsweringTrainer` needs.

    Attributes:
        schedule: of the phase.
        first_epoch: the first whose model is eligible.
        dev_answers: None where nothing is answered.
        eligible: whether the model of the current epoch is.
    """

    schedule: ExplicitSchedule
    first_epoch: int
    dev_answers: DevAnswers | None
    eligible: bool = True


class AnsweringTrainer(Trainer):
    """ESPnet's trainer, which after each validation also reports the figures of the answers on dev."""

    @classmethod
    def train_one_epoch(cls, reporter: SubReporter, options: SelectionOptions, **others) -> bool:
        no_update = super().train_one_epoch(reporter=reporter, options=options, **others)
        final = options.schedule.end
        probabilities = (report.value for report in reporter.stats.get("explicit_probability", ()))
        settled = all(abs(probability - final) < 1e-6 for probability in probabilities)
        options.eligible = settled or options.first_epoch == 1
        return no_update

    @classmethod
    @torch.no_grad()
    def validate_one_epoch(cls, model, *, reporter: SubReporter, options: SelectionOptions, **others) -> None:
        super().validate_one_epoch(model=model, reporter=reporter, options=options, **others)
        if options.dev_answers is None:
            return
        figures, epoch = options.dev_answers.worst_figures(), reporter.get_epoch()
        if options.eligible:
            with _autocast(options):
                figures = options.dev_answers.figures(getattr(model, "module", model).model, epoch=epoch)
        else:
            logger.info("epoch %d: batches were explicit, so its model is not eligible and answers nothing", epoch)
        reporter.register(figures)  # without a weight: a weighted value that is not finite is left out
        reporter.next()


class SelectingTrainer(InterruptibleTrainer, AnsweringTrainer):
    """`InterruptibleTrainer`, which saves an epoch after its answers; warns of a best epoch at either end."""

    @classmethod
    def build_options(cls, args: argparse.Namespace) -> SelectionOptions:
        schedule, first = phase_schedule(args), _first_eligible_epoch(args)
        dev_answers = None
        if first > args.max_epoch:
            logger.info("no answers on dev: no epoch has implicit batches only; explicit_until below 1 leaves some")
        elif args.answer_utterances:
            dev_answers = DevAnswers(args, schedule.final_mode)
        options = vars(super().build_options(args))
        return SelectionOptions(**options, schedule=schedule, first_epoch=first, dev_answers=dev_answers)

    @classmethod
    def run(cls, trainer_options: SelectionOptions, distributed_option, **parts) -> None:
        super().run(trainer_options=trainer_options, distributed_option=distributed_option, **parts)
        if distributed_option.dist_rank in (None, 0):
            for phase, name, _ in trainer_options.best_model_criterion:
                warn_of_ends(trainer_options.output_dir, f"{phase}.{name}", first=trainer_options.first_epoch)


def warn_of_ends(output_dir: str | Path, criterion: str, *, first: int) -> None:
    """Warns where the best epoch is the first or the last of those that are eligible, or is not eligible.

    Args:
        output_dir: of a training that has ended.
        criterion: what was chosen by, such as ``valid.ua``; one that was not reported is passed over.
        first: the first epoch that is eligible.
    """
    best, last = (_epoch(Path(output_dir) / f"{name}.pth") for name in (f"{criterion}.best", "latest"))
    if best is None or last is None or not first < last:
        return
    if best < first:
        logger.warning(
            "the best epoch by %s is %d, in which batches were explicit; choose by valid %s", criterion, best, QUALITY
        )
    elif best == first:
        logger.warning(
            "the best epoch by %s is the first that counts, %d of %d to %d; does a lower learning rate do better?",
            *(criterion, best, first, last),
        )
    elif best == last:
        logger.warning(
            "the best epoch by %s is the last, %d of %d to %d; do more epochs (max_epoch) do better?",
            *(criterion, best, first, last),
        )


def _epoch(link: Path) -> int | None:
    """The epoch of the checkpoint that a link of ESPnet's trainer points to."""
    found = re.fullmatch(r"(\d+)epoch\.pth", link.readlink().name) if link.is_symlink() else None
    return int(found[1]) if found else None


def _autocast(options: SelectionOptions) -> torch.autocast:
    """Mixed precision as ESPnet's trainer validates with."""
    enabled = options.use_amp and options.ngpu > 0
    dtype = torch.bfloat16 if enabled and torch.cuda.is_bf16_supported() else torch.float16
    return torch.autocast("cuda", dtype=dtype, enabled=enabled)
