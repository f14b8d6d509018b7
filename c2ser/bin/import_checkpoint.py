"""Turn the released C²SER, or a model trained upon it, into a packed model for infer.

The checkpoint may hold the trained parts only; the language model's weights are then those of --llm.

Examples:
  c2ser import_checkpoint --checkpoint C2SER_llm.pt --emotion2vec emotion2vec_s --output_dir exp/c2ser_release
  c2ser import_checkpoint --checkpoint C2SER_llm.pt --emotion2vec emotion2vec_s --output_dir out --llm_dtype bfloat16
"""

from c2ser.cli import EMOTION2VEC_HELP, command, positive_float, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--checkpoint", required=True, help="the release's C2SER_llm.pt, or a state dict of its form")
    parser.add_argument("--emotion2vec", required=True, help=EMOTION2VEC_HELP)
    parser.add_argument(
        "--llm",
        default="Qwen/Qwen2-7B",
        help="hub id or folder of the language model that the release is built on, which the packed model refers to; "
        "from a folder without weights, those of the checkpoint go into the packed model",
    )
    parser.add_argument("--output_dir", required=True, help="the folder to write")
    parser.add_argument(
        "--lora_alpha",
        type=positive_float,
        default=32,
        help="alpha of the LoRA adapters, which is not in the checkpoint",
    )
    parser.add_argument(
        "--whisper_heads",
        type=positive_int,
        help="attention heads of the Whisper encoder, which are not in the checkpoint; needed where its width is "
        "none of OpenAI's, for which they are known",
    )
    parser.add_argument(
        "--llm_dtype",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="type of the language model's weights; auto is the type that they are published in",
    )


def run(args) -> None:
    from c2ser.packing.release import import_release

    model = import_release(
        args.checkpoint,
        args.emotion2vec,
        llm=args.llm,
        lora_alpha=args.lora_alpha,
        whisper_heads=args.whisper_heads,
        llm_dtype=args.llm_dtype,
    )
    model.save(args.output_dir)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
