"""Export an Emotion2Vec to ONNX, for programs without PyTorch.

The file takes waveforms of any length, alone or as a padded batch, and gives utterance tokens and frames, with a
classifier also probabilities. It is written once onnxruntime has computed with it what PyTorch computes.

Examples:
  c2ser export --model exp/packed --output emotion2vec_s.onnx
  c2ser export --model emotion2vec_plus_base --output emotion2vec_plus_base.int8.onnx --int8
"""

from pathlib import Path

from c2ser.cli import EMOTION2VEC_HELP, command


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, type=Path, help=f"a packed model; {EMOTION2VEC_HELP}")
    parser.add_argument("--format", choices=["onnx"], default="onnx", help="of the file")
    parser.add_argument("--output", required=True, type=Path, help="the file to write")
    parser.add_argument(
        "--int8", action="store_true", help="8-bit weights: a third of the size, faster, not quite the same features"
    )


def run(args) -> None:
    from c2ser.emotion2vec import Emotion2Vec
    from c2ser.packing import export_onnx
    from c2ser.packing.format import EMOTION2VEC

    packed = args.model / EMOTION2VEC
    model = Emotion2Vec.from_pretrained(packed if packed.is_dir() else args.model)
    export_onnx(model, args.output, int8=args.int8)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
