"""Builds the folder of a small language model, yet to be trained, from a configuration and the CoT texts."""

import argparse
from pathlib import Path

from c2ser.bin._command import argument_parser, run_command
from c2ser.data.tables import table_lines
from c2ser.settings import read_settings


def main() -> None:
    from c2ser.lm.loading import build_llm
    from c2ser.rationales.prompts import PROMPTS

    args = parse_arguments()
    config = read_settings(args.config)
    texts = [text for path in args.texts for _, _, text in table_lines(path)]
    prompts = list(PROMPTS.values()) * len(texts)  # each answer is one to a prompt, whose words weigh as much
    build_llm(config["model"], config["tokenizer"], texts + prompts, args.output_dir)


def parse_arguments() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--config", type=Path, required=True, help="YAML with 'model' and 'tokenizer'")
    parser.add_argument("--texts", nargs="+", required=True, help="tables <utterance> <text> to train the tokenizer on")
    parser.add_argument("--output_dir", type=Path, required=True, help="where configuration and tokenizer go")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
