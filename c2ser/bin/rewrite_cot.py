"""Stage 6: rewrites rationales (explicit targets) with a chat model; what fails the check twice stays a template."""

import logging

from c2ser.bin._command import argument_parser, run_command


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data_dir", required=True, help="labelled set that c2ser.bin.build_cot has been through")
    parser.add_argument("--output_dir", required=True, help="where explicit and the report go; may be --data_dir")
    parser.add_argument("--llm", required=True, help="hub id or folder of a chat model; with --llm_url its name there")
    parser.add_argument(
        "--llm_url",
        help="a server with OpenAI's interface, such as http://localhost:8000/v1, instead of running the model here; "
        "the environment variable OPENAI_API_KEY holds the key, where it wants one",
    )
    parser.add_argument("--prompt", required=True, help="YAML of the prompts, such as egs/TEMPLATE/conf/rewrite.yaml")
    parser.add_argument(
        "--cache_dir",
        required=True,
        help="keeps answers by content and name of the model, wherever it runs; parallel jobs may share it",
    )
    parser.add_argument("--ngpu", type=int, default=0, help="0 for the CPU; without --llm_url")
    parser.add_argument("--dtype", default="auto", help="of the model's weights; auto is as published")
    parser.add_argument("--batch_size", type=int, default=16, help="rationales at once; without --llm_url")
    parser.add_argument("--concurrency", type=int, default=16, help="requests at once; with --llm_url")
    args = parser.parse_args()
    for name in ("batch_size", "concurrency"):
        if getattr(args, name) < 1:
            parser.error(f"--{name} {getattr(args, name)}: 1 or more")

    from c2ser.lm.chat import load_chat_model
    from c2ser.rationales.rewriting import RewritingConfig, rewrite_cot

    config = RewritingConfig.read(args.prompt)
    device = "cuda" if args.ngpu else "cpu"
    chat = load_chat_model(
        args.llm, args.llm_url, args.cache_dir, device, args.dtype, args.batch_size, args.concurrency
    )
    report = rewrite_cot(args.data_dir, args.output_dir, chat, config)
    log_outcomes(args.output_dir, report)


def log_outcomes(directory: str, report: dict) -> None:
    """Says how many rationales were rewritten."""
    numbers = {name: outcome["number"] for name, outcome in report["outcomes"].items()}
    logging.info(
        "%s: %d rationales: %d rewritten at once, %d on the second try, %d left as templates",
        *(directory, report["utterances"], *numbers.values()),
    )


if __name__ == "__main__":
    run_command(main)
