"""Pack trained experiments into one folder for users, which infer takes.

Examples:
  c2ser pack --alm_exp exp/alm_base_implicit --emotion2vec_exp exp/emotion2vec_s_base --output_dir exp/packed
  c2ser pack --alm_exp exp/a_implicit --checkpoint 9epoch --emotion2vec_exp exp/emotion2vec_s --output_dir exp/packed
  c2ser pack --alm_exp exp/alm --emotion2vec_exp exp/e2v --output_dir exp/packed --thresholds attribute_thresholds.yaml
"""

from c2ser.cli import checkpoint_argument, command


def add_arguments(parser) -> None:
    parser.add_argument("--alm_exp", required=True, help="experiment of alm_train")
    checkpoint_argument(parser)
    parser.add_argument(
        "--emotion2vec_exp",
        help="experiment of emotion2vec_train; by default that of the features that --alm_exp was trained on",
    )
    parser.add_argument("--output_dir", required=True, help="the folder to write")
    parser.add_argument(
        "--thresholds",
        help="the training set's attribute_thresholds.yaml, by which infer --reasons measured tells low from high",
    )


def run(args) -> None:
    from c2ser.packing.packed_model import pack

    options = {"thresholds": args.thresholds, "checkpoint": args.checkpoint}
    pack(args.alm_exp, args.emotion2vec_exp, output_dir=args.output_dir, **options)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
