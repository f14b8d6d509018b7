"""How long utterances are for the audio language model; those beyond the limits of a training are left out."""

import argparse
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from transformers import PreTrainedTokenizerBase

from c2ser.data.resample import SAMPLE_RATE
from c2ser.data.tables import lines_by_key, table_writer, values_of
from c2ser.errors import InputError
from c2ser.lm.loading import load_tokenizer
from c2ser.settings import build_from_mapping, positive, require

logger = logging.getLogger(__name__)

SAMPLES_PER_POSITION = 1280  # 80 ms: hop of Whisper's features, halved there and quartered in the connection module
_AT_ONCE = 1000  # utterances whose targets are tokenized together


@dataclass(frozen=True)
class UtteranceLimits:
    """The most that an utterance of a training may have; None for no limit.

    Attributes:
        seconds: of audio.
        target_tokens: of its targets, with the end mark; the longer of the two counts.
        positions: of the language model; see `UtteranceSize`.

    Example:
        >>> UtteranceLimits(seconds=29).exceeded(UtteranceSize(samples=480_000, target_tokens=20, positions=410))
        '29 seconds'
    """

    seconds: float | None = None
    target_tokens: int | None = None
    positions: int | None = None

    def __post_init__(self):
        require(*positive(self, *(name for name, limit in vars(self).items() if limit is not None)))

    def exceeded(self, size: "UtteranceSize") -> str | None:
        """Returns the first limit that an utterance exceeds, None if it exceeds none."""
        values = (size.samples / SAMPLE_RATE, size.target_tokens, size.positions)
        for (name, limit), value in zip(vars(self).items(), values, strict=True):
            if limit is not None and value > limit:
                return f"{limit:g} {name.replace('_', ' ')}"
        return None


class UtteranceSize(NamedTuple):
    """How long an utterance is.

    Attributes:
        samples: at 16 kHz.
        target_tokens: of the longer of its targets, with the end mark.
        positions: of the language model for prompt, speech and target, the more of the two modes. As in the release,
            the acoustic tokens and the two speech marks, 12 in all, are not counted; nor are pooled tokens. Where
            queries read the speech, it has as many as there are of these.
    """

    samples: int
    target_tokens: int
    positions: int


class SizeMeter:
    """Measures utterances.

    Args:
        tokenizer: of the language model.
        prompts: by mode, all that may be asked; the longest counts.
        queries: that read the speech; 0 where the language model reads its frames.

    Example:
        >>> SizeMeter(load_tokenizer(args.llm), {"implicit": ["Name the emotion."]})  # doctest: +SKIP
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, prompts: Mapping[str, Sequence[str]], *, queries: int = 0):
        self.tokenizer, self.queries = tokenizer, queries
        self.prompts = {mode: max(map(len, tokenizer(list(own)).input_ids)) for mode, own in prompts.items()}

    def measure(
        self, shape_file: str | Path, targets: Mapping[str, str | Path]
    ) -> Iterator[tuple[str, str, UtteranceSize]]:
        """Measures the utterances of a training, all of which have targets.

        Args:
            shape_file: utterance -> number of samples at 16 kHz, and possibly more numbers behind a comma.
            targets: the table of each mode.

        Yields:
            Utterance, its value in the shape file, and its size.

        Raises:
            InputError: a value is not a number of samples; names file, line and utterance.
        """
        tables = (values_of((utt for _, utt, _ in lines_by_key(shape_file)), lines_by_key(targets[m])) for m in targets)
        rows = zip(lines_by_key(shape_file), *tables, strict=True)
        while chunk := list(islice(rows, _AT_ONCE)):
            counts = [self._tokens([row[place] for row in chunk]) for place in range(1, len(targets) + 1)]
            for ((line, utt, shape), *_), *tokens in zip(chunk, *counts, strict=True):
                try:
                    samples = int(shape.partition(",")[0])
                except ValueError:
                    raise InputError(f"{shape_file}:{line}: '{utt}': '{shape}' is not a number of samples") from None
                text = max(self.prompts[mode] + count for mode, count in zip(targets, tokens, strict=True))
                speech = self.queries or -(-samples // SAMPLES_PER_POSITION)
                yield utt, shape, UtteranceSize(samples, max(tokens), text + speech)

    def _tokens(self, texts: list[str]) -> list[int]:
        """Numbers of tokens with the end mark."""
        return [len(tokens) + 1 for tokens in self.tokenizer(texts, add_special_tokens=False).input_ids]


def apply_limits(args: argparse.Namespace, modes: tuple[str, ...]) -> None:
    """Leaves utterances beyond ``limits`` out of a training, and counts positions where ``batch_positions`` needs them.

    Shape files of the utterances that are kept, and tables of their positions, go to the training's ``output_dir``.

    Args:
        args: arguments of an ESPnet task; its shape files are replaced where utterances are left out.
        modes: names of the data that are targets, which are also those of the prompts.

    Raises:
        InputError: all utterances of a set are beyond the limits, or it has several shape files.
    """
    limits = build_from_mapping(UtteranceLimits, args.limits, name="limits")
    if limits == UtteranceLimits() and args.batch_positions is None:
        return
    prompts = {mode: [own, *args.more_prompts.get(mode, ())] for mode, own in args.prompts.items()}
    meter = SizeMeter(load_tokenizer(args.llm), prompts, queries=args.connector_conf.get("queries", 0))
    for part in ("train", "valid"):
        tables = {name: path for path, name, _ in getattr(args, f"{part}_data_path_and_name_and_type") if name in modes}
        shape_file, *others = getattr(args, f"{part}_shape_file")
        if others:
            raise InputError(f"{part}_shape_file: limits and batch_positions go with one file, the numbers of samples")
        kept = Path(args.output_dir) / f"{part}_within_limits"
        if _write_kept(
            meter.measure(shape_file, tables),
            limits,
            shape_file=shape_file,
            kept=kept,
            positions=positions_table(args, part),
        ):
            setattr(args, f"{part}_shape_file", [str(kept)])


def positions_table(args: argparse.Namespace, part: str) -> Path:
    """Returns where `apply_limits` writes the positions of the utterances of a part, ``train`` or ``valid``."""
    return Path(args.output_dir) / f"{part}_positions"


def _write_kept(
    rows: Iterator[tuple[str, str, UtteranceSize]],
    limits: UtteranceLimits,
    *,
    shape_file: str,
    kept: Path,
    positions: Path,
) -> int:
    """Writes shapes and positions of the utterances within the limits; returns how many are left out, and logs why."""
    reasons: Counter[str | None] = Counter()
    with table_writer(kept) as shape_table, table_writer(positions) as position_table:
        for utt, shape, size in rows:
            reason = limits.exceeded(size)
            reasons[reason] += 1
            if reason is None:
                shape_table.write(utt, shape)
                position_table.write(utt, size.positions)
    within = reasons.pop(None, 0)
    left_out = reasons.total()
    said = ", ".join(f"{count} over {reason}" for reason, count in sorted(reasons.items()))
    if not within:
        raise InputError(f"{shape_file}: all {left_out} utterances are beyond limits ({said}); raise them")
    if left_out:
        logger.warning(
            "%s: left out %d of %d utterances beyond limits: %s", shape_file, left_out, left_out + within, said
        )
    return left_out
