"""Options of a training: a YAML file of ``--config``, which may be based on another one, then the command line."""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from c2ser.annotations import convert, unknown
from c2ser.data.names import UTT2CORPUS, UTT2EMO, UTT2NUM_SAMPLES, UTT2VOTES
from c2ser.settings import SettingsError, read_config
from c2ser.tasks.options import annotation_of
from c2ser.tasks.sequential import add_sequential_argument

PARTS = ("train", "valid")
# Numbers that YAML 1.1 takes for words, as it asks for a point and a sign: 2e-4.
POINTLESS = re.compile(r"[-+]?(\d+|\d*\.\d+|\d+\.)[eE][-+]?\d+")


class TrainingParser(argparse.ArgumentParser):
    """Has the options of ESPnet's parser, reads ``--config`` by `read_config`, and takes data directories.

    Args:
        parent: ESPnet's parser of a task.
        tables: what the task reads of a data directory: table, name in a batch, ESPnet's type.
        annotations: types of options, where the options themselves do not tell them.

    Raises:
        SettingsError: the YAML file has unknown keys or values of a wrong type; all of them are named.

    Example:
        >>> words = ["--config", "conf/tiny/alm_implicit.yaml", "--train_dir", "dump/train", "--max_epoch", "5"]
        ...  # doctest: +SKIP
        >>> ALMTask.get_parser().parse_args(words).train_shape_file  # doctest: +SKIP
        ['dump/train/utt2num_samples']
    """

    def __init__(
        self,
        parent: argparse.ArgumentParser,
        *,
        tables: Sequence[tuple[str, str, str]],
        annotations: Mapping[str, Any],
    ):
        super().__init__(
            description=parent.description, formatter_class=parent.formatter_class, parents=[parent], add_help=False
        )
        self.set_defaults(num_workers=None)  # see `c2ser.tasks.processes.choose_readers`
        self.tables, self.annotations = tables, annotations
        group = self.add_argument_group(description="Data directories")
        for part in PARTS:
            group.add_argument(
                f"--{part}_dir", help=f"data directory, from which --{part}_* take their files if they are not given"
            )
        add_sequential_argument(group)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None):
        """Parses the command line on top of the configuration."""
        given, _ = super().parse_known_args(args)
        if given.config is not None:
            config = read_config(given.config)
            if faults := [f"{given.config}: {fault}" for fault in self.faults(config)]:
                raise SettingsError(faults)
            self.set_defaults(**config)
        parsed, rest = super().parse_known_args(args, namespace)
        for name, value in vars(parsed).items():
            if name.endswith("_conf"):
                setattr(parsed, name, _with_numbers(value))
        for part in PARTS:
            if directory := getattr(parsed, f"{part}_dir"):
                self._take_files(parsed, part, Path(directory))
        return parsed, rest

    def faults(self, config: Mapping[str, Any]) -> list[str]:
        """Returns what is wrong with the keys and values of a configuration, one line per fault.

        Args:
            config: option -> value.
        """
        found: list[str] = []
        actions = {action.dest: action for action in self._actions}
        for key, value in config.items():
            if key not in actions:
                found.append(unknown(key, actions, what="key"))
            elif value is not None:
                convert(value, self.annotations.get(key, annotation_of(actions[key])), name=key, faults=found)
        return found

    def _take_files(self, args: argparse.Namespace, part: str, directory: Path) -> None:
        """Fills the options for files of a part that are empty."""
        files = {
            f"{part}_data_path_and_name_and_type": [(str(directory / table), *rest) for table, *rest in self.tables],
            f"{part}_shape_file": [str(directory / UTT2NUM_SAMPLES)],
            f"{part}_utt2emo": str(directory / UTT2EMO),
            f"{part}_utt2votes": str(directory / UTT2VOTES),
            f"{part}_utt2corpus": str(directory / UTT2CORPUS),
        }
        for option, value in files.items():
            if hasattr(args, option) and not getattr(args, option):
                setattr(args, option, value)


def _with_numbers(value: Any) -> Any:
    """Returns keywords with numbers such as ``lr=2e-4`` made numbers."""
    if isinstance(value, Mapping):
        return {name: _with_numbers(nested) for name, nested in value.items()}
    return float(value) if isinstance(value, str) and POINTLESS.fullmatch(value) else value
