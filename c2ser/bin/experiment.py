"""Run an experiment: conditions, folds and seeds of a YAML file, compared in a table.

Commands run in the recipe's folder, the one above the YAML's with a run.sh; paths are relative to it. What is done
already is not done again. Parameters and loops are given as NAME=VALUE, values of a loop separated by commas.

Examples:
  c2ser experiment egs/emodb/conf/ablation.yaml source_dir=/data/emodb emobox_dir=/data/EmoBox
  c2ser experiment egs/emodb/conf/category_loss.yaml source_dir=/data/emodb fold=1,2 seed=0 --nj 4
"""

import os
import signal
import sys
from pathlib import Path

from c2ser.cli import UsageError, command, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("config", type=Path, help="the YAML file")
    parser.add_argument("changes", nargs="*", metavar="NAME=VALUE", help="a parameter or a loop of the YAML")
    parser.add_argument("--nj", type=positive_int, default=2, help="combinations that run at the same time")


def run(args) -> None:
    from c2ser.experiments import Experiment

    changes = dict(change.split("=", 1) for change in args.changes if "=" in change)
    if len(changes) < len(args.changes):
        raise UsageError("parameters are given as NAME=VALUE, each once")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # combinations share the cores
    experiment = Experiment(args.config, changes, directory=recipe_of(args.config))
    experiment.parameters["command_line"] = args.command_line
    experiment.run(args.nj)


def recipe_of(config: Path) -> Path:
    """Returns the folder of the recipe that a configuration is in."""
    from c2ser.errors import InputError

    for folder in config.absolute().parents:
        if (folder / "run.sh").is_file() and (folder / "conf").is_dir():
            return folder
    raise InputError(f"{config}: none of the folders above it has run.sh and conf; put it into the conf of a recipe")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
