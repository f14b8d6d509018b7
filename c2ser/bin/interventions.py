"""Measure how far a model's answers follow voice, words and stated reasons.

Of two utterances of one sentence and two emotions one is answered with an input of the other: Emotion2Vec-S's tokens,
what Whisper tells, and with --mode explicit the levels or words that it is made to give as reasons. Counted is whose
answer it then gets. An interrupted command resumes when repeated; with --part, jobs share the work.

Examples:
  c2ser interventions --model exp/alm_base_implicit --data_dir dump/test --output_dir exp/interventions
  c2ser interventions --model exp/packed_explicit --data_dir dump/test --output_dir out --mode explicit --donors 6
"""

from c2ser.cli import (
    answer_arguments,
    audio_arguments,
    batch_arguments,
    batch_samples,
    checkpoint_argument,
    command,
    device,
    device_arguments,
    generated_answer_options,
    non_negative_int,
    part_argument,
    positive_int,
)


def add_arguments(parser) -> None:
    parser.add_argument("--model", required=True, help="an experiment of alm_train, or a packed model")
    checkpoint_argument(parser)
    parser.add_argument(
        "--data_dir",
        required=True,
        help="data directory with text, utt2emo and emotion2vec_s.scp, in which sentences are said with several "
        "emotions; --mode explicit takes attributes where the model was packed with thresholds, otherwise "
        "attribute_levels",
    )
    parser.add_argument("--output_dir", required=True, help="where result.* and answers.tsv go")
    parser.add_argument(
        "--donors", type=positive_int, default=3, help="utterances whose inputs each utterance gets, at most"
    )
    parser.add_argument("--seed", type=non_negative_int, default=0, help="of the draw of these utterances")
    part_argument(parser, "utterances")
    answer_arguments(parser)
    audio_arguments(parser)
    batch_arguments(parser, seconds=120)
    device_arguments(parser)


def run(args) -> None:
    options = generated_answer_options(args, refusal="generated and given reasons are both measured here")

    from c2ser.data.commands import note_command
    from c2ser.interventions.answering import Question
    from c2ser.interventions.measuring import Exchanges, measure_interventions
    from c2ser.interventions.text import interventions_text

    question = Question(
        args.model,
        args.data_dir,
        args.output_dir,
        mode=args.mode,
        options=options | {"checkpoint": args.checkpoint, "device": device(args)},
        donors=args.donors,
        language=args.language,
        batch_samples=batch_samples(args),
        skip_bad=args.skip_bad,
        max_seconds=args.max_seconds,
        seed=args.seed,
    )
    if args.part is not None:
        Exchanges(question).answer(args.part)
        return
    result = measure_interventions(question)
    note_command(args.output_dir, args.command_line, data_dir=args.data_dir)
    print(interventions_text(result), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
