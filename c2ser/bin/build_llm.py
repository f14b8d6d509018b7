"""Write the folder of a small, untrained language model.

It holds the model's configuration, and a tokenizer that is trained on CoT texts.

Examples:
  c2ser build_llm --config conf/tiny/llm.yaml --texts dump/train/explicit dump/train/implicit --output_dir exp/llm
"""

from pathlib import Path

from c2ser.cli import command


def add_arguments(parser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="YAML with 'model' and 'tokenizer'")
    parser.add_argument("--texts", nargs="+", required=True, help="tables <utt> <text> to train the tokenizer on")
    parser.add_argument("--output_dir", type=Path, required=True, help="where the configuration and the tokenizer go")


def run(args) -> None:
    from c2ser.data.tables import table_lines
    from c2ser.lm.building import build_llm
    from c2ser.rationales.prompts import PROMPTS
    from c2ser.settings import read_settings

    config = read_settings(args.config)
    texts = [text for path in args.texts for _, _, text in table_lines(path)]
    prompts = list(PROMPTS.values()) * len(texts)  # one prompt per answer, so that both weigh the same
    build_llm(config["model"], config["tokenizer"], texts=texts + prompts, output_dir=args.output_dir)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
