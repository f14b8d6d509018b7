"""Pack trained experiments into one folder for users, which infer takes.

With --packed instead of --alm_exp a packed model of an earlier version of c2ser is packed again.

Examples:
  c2ser pack --alm_exp exp/alm_base_implicit --emotion2vec_exp exp/emotion2vec_s_base --output_dir exp/packed
  c2ser pack --alm_exp exp/a_implicit --checkpoint 9epoch --emotion2vec_exp exp/emotion2vec_s --output_dir exp/packed
  c2ser pack --alm_exp exp/alm --emotion2vec_exp exp/e2v --output_dir exp/packed --thresholds attribute_thresholds.yaml
  c2ser pack --alm_exp exp/alm --output_dir exp/packed --llm google/gemma-3-270m
  c2ser pack --packed exp/old --output_dir exp/new
"""

from c2ser.cli import UsageError, checkpoint_argument, command


def add_arguments(parser) -> None:
    parser.add_argument("--alm_exp", help="experiment of alm_train")
    parser.add_argument("--packed", help="a packed model, instead of an experiment")
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
    parser.add_argument(
        "--dump_dir",
        help="folder of the data directories and of the report of check_leaks, for the card; by default that of the "
        "dev set which the experiment notes",
    )
    parser.add_argument(
        "--corpora", nargs="+", default=[], help="the training set's corpora, where its utt2corpus does not name them"
    )
    parser.add_argument("--made_by", help="the command that the training was started by, for the card")
    parser.add_argument(
        "--licence", default="unknown", help="licence of the weights, as the Hugging Face hub calls it: apache-2.0"
    )
    parser.add_argument(
        "--llm",
        help="with --alm_exp: hub id by which users load a language model that was given as a folder, whose files are "
        "packed otherwise; with --packed: hub id or folder of the language model, instead of what it names",
    )


def run(args) -> None:
    from c2ser.packing.experiments import pack, pack_again

    options = {"thresholds": args.thresholds, "checkpoint": args.checkpoint}
    for_card = {"dump_dir": args.dump_dir, "corpora": args.corpora, "command": args.made_by, "licence": args.licence}
    if (args.alm_exp is None) == (args.packed is None):
        raise UsageError("give --alm_exp, or --packed")
    if args.packed is None:
        pack(args.alm_exp, args.emotion2vec_exp, output_dir=args.output_dir, llm=args.llm, **options, **for_card)
    elif args.emotion2vec_exp or any(options.values()):
        raise UsageError("--packed has its own Emotion2Vec-S, thresholds and weights; give --llm alone with it")
    else:
        pack_again(args.packed, output_dir=args.output_dir, llm=args.llm)


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
