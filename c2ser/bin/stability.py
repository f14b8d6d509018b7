"""Measure whether a system's answers stay the same under other prompts, draws and audio.

It is asked without any speech, too. The conditions are in a YAML file; that of the package has a comment on each. An
interrupted command resumes when repeated. With --nj, several conditions are answered at a time, each by a process that
loads the model; with --part, jobs on several machines share them.

Examples:
  c2ser stability --model exp/packed --data_dir dump/test --output_dir exp/packed_stability
  c2ser stability --model exp/packed --data_dir dump/test --output_dir exp/packed_stability --nj 2
  c2ser stability --model exp/packed --data_dir dump/test --output_dir exp/packed_stability --part 2/4
  c2ser stability --system classifier --model exp/wavlm_finetuned --data_dir dump/test --output_dir out
  c2ser stability --model exp/alm_base_explicit --data_dir dump/test --output_dir out --mode explicit
      --conditions conf/conditions.yaml
"""

from c2ser.cli import (
    UsageError,
    answer_arguments,
    audio_arguments,
    batch_arguments,
    batch_samples,
    checkpoint_argument,
    command,
    device,
    device_arguments,
    generated_answer_options,
    part_argument,
    positive_int,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="an experiment of alm_train or a packed model; or of --system")
    parser.add_argument(
        "--system",
        default="c2ser",
        help="what answers: c2ser, or a system of recognize, which has no prompts and draws no answers",
    )
    checkpoint_argument(parser)
    parser.add_argument("--data_dir", required=True, help="labelled data directory (wav.scp, utt2emo)")
    parser.add_argument("--output_dir", required=True, help="where answers, curves.png and result.* go")
    parser.add_argument("--conditions", help="YAML file; by default c2ser/stability/conditions.yaml of the package")
    parser.add_argument(
        "--emotion2vec",
        help="the Emotion2Vec-S that an experiment was trained with; by default where it was at the training",
    )
    parser.add_argument("--nj", type=positive_int, default=1, help="conditions that are answered at a time")
    part_argument(parser, "conditions")
    answer_arguments(parser)
    audio_arguments(parser)
    batch_arguments(parser, seconds=120)
    device_arguments(parser)


def run(args) -> None:
    options = generated_answer_options(args, refusal="levels are measured before the audio is changed")
    if args.system == "c2ser":
        options["checkpoint"] = args.checkpoint
    elif options or args.checkpoint or args.mode == "explicit":
        raise UsageError(f"--system {args.system} names emotions alone; leave mode, checkpoint and decoding out")

    from c2ser.data.commands import note_command
    from c2ser.stability.answering import Question
    from c2ser.stability.conditions import read_conditions
    from c2ser.stability.measuring import ask, measure_stability
    from c2ser.stability.text import stability_text

    question = Question(
        args.model,
        args.data_dir,
        args.output_dir,
        system=args.system,
        mode=args.mode,
        emotion2vec=args.emotion2vec,
        options=options | {"device": device(args)},
        language=args.language,
        batch_samples=batch_samples(args),
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
    )
    config = read_conditions(args.conditions)
    if args.part is not None:
        ask(question, config, part=args.part, num_jobs=args.nj)
        return
    result = measure_stability(question, config, num_jobs=args.nj)
    note_command(args.output_dir, args.command_line, data_dir=args.data_dir)
    print(stability_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
