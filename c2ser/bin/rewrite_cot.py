"""Rewrite rationales (explicit targets) with a chat model.

A rewrite is checked; after two that fail, the template stays.

Examples:
  c2ser rewrite_cot --data_dir dump/train --output_dir dump/train --llm Qwen/Qwen2.5-7B-Instruct --ngpu 1
      --prompt conf/rewrite.yaml --cache_dir exp/rewriting
  c2ser rewrite_cot --data_dir dump/train --output_dir dump/train --llm qwen --llm_url http://localhost:8000/v1
      --prompt conf/rewrite.yaml --cache_dir exp/rewriting
"""

import logging

from c2ser.cli import command, device, device_arguments, positive_int

logger = logging.getLogger(__name__)


def add_arguments(parser) -> None:
    parser.add_argument("--data_dir", required=True, help="labelled set with the targets that build_cot writes")
    parser.add_argument("--output_dir", required=True, help="where explicit and the report go; may be --data_dir")
    parser.add_argument("--llm", required=True, help="hub id or folder of a chat model; with --llm_url its name there")
    parser.add_argument(
        "--llm_url",
        help="a server with OpenAI's interface, such as http://localhost:8000/v1, instead of running the model here; "
        "the environment variable OPENAI_API_KEY holds the key if the server needs one",
    )
    parser.add_argument("--prompt", required=True, help="YAML of the prompts, such as egs/TEMPLATE/conf/rewrite.yaml")
    parser.add_argument(
        "--cache_dir",
        required=True,
        help="keeps answers by content and by name of the model, wherever it runs; parallel jobs may share it",
    )
    parser.add_argument("--dtype", default="auto", help="type of the model's weights; auto is as published")
    parser.add_argument("--batch_size", type=positive_int, default=16, help="rationales per batch; without --llm_url")
    parser.add_argument("--concurrency", type=positive_int, default=16, help="parallel requests; with --llm_url")
    device_arguments(parser)


def run(args) -> None:
    from c2ser.lm.chat import load_chat_model
    from c2ser.rationales.rewriting import RewritingConfig, rewrite_cot
    from c2ser.rationales.rewriting_report import outcomes_text

    config = RewritingConfig.read(args.prompt)
    chat = load_chat_model(
        args.llm,
        args.llm_url,
        cache_dir=args.cache_dir,
        device="cpu" if args.llm_url else device(args),
        dtype=args.dtype,
        batch_size=args.batch_size,
        concurrency=args.concurrency,
    )
    report = rewrite_cot(args.data_dir, args.output_dir, chat=chat, config=config)
    logger.info("%s: %s", args.output_dir, outcomes_text(report))


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
