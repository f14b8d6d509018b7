"""What the commands in `c2ser.bin` share: how they start and end, and the options that several of them have."""

from c2ser.cli.command import UsageError, argument_parser, command, training_command
from c2ser.cli.options import (
    EMOTION2VEC_HELP,
    audio_arguments,
    batch_arguments,
    batch_samples,
    decoding_arguments,
    decoding_options,
    device,
    device_arguments,
    journal_arguments,
    non_negative_float,
    non_negative_int,
    pipe_arguments,
    positive_float,
    positive_int,
    probability,
)

__all__ = [
    "EMOTION2VEC_HELP",
    "UsageError",
    "argument_parser",
    "audio_arguments",
    "batch_arguments",
    "batch_samples",
    "command",
    "decoding_arguments",
    "decoding_options",
    "device",
    "device_arguments",
    "journal_arguments",
    "non_negative_float",
    "non_negative_int",
    "positive_float",
    "pipe_arguments",
    "positive_int",
    "probability",
    "training_command",
]
