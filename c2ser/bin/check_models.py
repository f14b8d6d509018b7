"""Warn of pretrained models of a configuration that cannot be had.

They are looked for in folders, among what was downloaded before, and on the Hugging Face hub; nothing is downloaded. A
model that is built from the configuration needs none.

Examples:
  c2ser check_models --config conf/small/alm.yaml
  c2ser check_models --config conf/paper/alm.yaml --whisper models/whisper-medium
"""

import logging
from pathlib import Path

from c2ser.cli import command

logger = logging.getLogger(__name__)

ROLES = ("whisper", "llm")


def add_arguments(parser) -> None:
    parser.add_argument("--config", required=True, type=Path, help="of alm_train")
    parser.add_argument("--whisper", help="instead of that of the configuration")
    parser.add_argument("--llm", help="instead of that of the configuration")


def run(args) -> None:
    from c2ser.checkpoints.availability import find_obstacle
    from c2ser.settings import read_config

    config = read_config(args.config)
    for role in ROLES:
        name = getattr(args, role) or config.get(role)
        if isinstance(name, str) and (obstacle := find_obstacle(name)):
            logger.warning(
                "%s '%s' %s; give a folder that has it (--%s DIR), connect this machine, or take another configuration",
                *(role, name, obstacle, role),
            )


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
