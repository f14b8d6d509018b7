"""Options of a training: a YAML file of ``--config``, which may be based on another one, then the command line."""

import argparse
from collections.abc import Sequence

from c2ser.settings import read_config


class TrainingParser(argparse.ArgumentParser):
    """Has the options of ESPnet's parser, and reads ``--config`` by `read_config`.

    Args:
        parent: ESPnet's parser of a task.

    Example:
        >>> parser = TrainingParser(ALMTask.get_parser())
        >>> args = parser.parse_args(["--config", "conf/tiny/alm_implicit.yaml", "--max_epoch", "5"])
    """

    def __init__(self, parent: argparse.ArgumentParser):
        super().__init__(
            description=parent.description, formatter_class=parent.formatter_class, parents=[parent], add_help=False
        )

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None):
        """Parses the command line on top of the configuration; an unknown key of the YAML is wrong usage."""
        given, _ = super().parse_known_args(args)
        if given.config is not None:
            config = read_config(given.config)
            unknown = sorted(config.keys() - vars(given).keys())
            if unknown:
                self.error(f"{given.config}: unknown key '{unknown[0]}'; --help lists all")
            self.set_defaults(**config)
        return super().parse_known_args(args, namespace)
