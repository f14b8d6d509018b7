"""What every entry point shares: a parser with defaults in its help, and errors as one line on stderr."""

import argparse
import logging
import sys
from collections.abc import Callable

from c2ser.errors import one_line_errors

# What --model of the commands that load an Emotion2Vec takes.
EMOTION2VEC_HELP = (
    "an experiment of emotion2vec_train; a folder of convert_emotion2vec; a FunASR folder of emotion2vec or "
    "emotion2vec+ (config.yaml, one .pt); or a fairseq checkpoint (.pt) such as the one C²SER releases"
)


def argument_parser(description: str) -> argparse.ArgumentParser:
    """Returns a parser that shows defaults in ``--help``."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)


def run_command(main: Callable[[], None]) -> None:
    """Runs an entry point: `InputError` and operating system errors become one line on stderr and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    with one_line_errors():
        main()
