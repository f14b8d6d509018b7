"""Let a chat model read the emotion in answers, and tell how far the rules agree with it.

recognize and alm_inference read answers by rules, which need no model and give the same at each run. This reads them
again, with the reply of a chat model in this process or, with --llm_url, on a server. It writes utt2emo by the judge,
for score and compare, differences.tsv, and agreement.json: the share of answers that are read alike, and Cohen's kappa.
An interrupted command resumes.

Examples:
  c2ser judge --answers_dir exp/qwen2_audio/inference_zero_shot/test --llm Qwen/Qwen2.5-14B-Instruct --ngpu 1
      --prompt egs/TEMPLATE/conf/judge.yaml --emotions data/emotions
      --output_dir exp/qwen2_audio/inference_judged/test
  c2ser judge --answers_dir exp/qwen2_audio/inference_zero_shot/test --llm qwen --llm_url http://localhost:8000/v1
      --prompt egs/TEMPLATE/conf/judge.yaml --emotions data/emotions
      --output_dir exp/qwen2_audio/inference_judged/test
"""

from dataclasses import replace

from c2ser.cli import command, device, device_arguments, positive_int


def add_arguments(parser) -> None:
    parser.add_argument("--answers_dir", required=True, help="text and utt2emo, as recognize writes them")
    parser.add_argument(
        "--output_dir", required=True, help="where utt2emo, text, differences.tsv, agreement.json and system.json go"
    )
    parser.add_argument("--emotions", required=True, help="the label set's file")
    parser.add_argument("--prompt", required=True, help="YAML of a prompt per language, such as conf/judge.yaml")
    parser.add_argument("--llm", required=True, help="hub id or folder of a chat model; with --llm_url its name there")
    parser.add_argument(
        "--llm_url",
        help="a server with OpenAI's interface, such as http://localhost:8000/v1, instead of running the model here; "
        "the environment variable OPENAI_API_KEY holds the key if the server needs one",
    )
    parser.add_argument("--batch_size", type=positive_int, default=16, help="answers per batch; without --llm_url")
    parser.add_argument("--concurrency", type=positive_int, default=16, help="parallel requests; with --llm_url")
    device_arguments(parser)


def run(args) -> None:
    from c2ser.data.commands import note_command
    from c2ser.emotions import read_emotions
    from c2ser.lm.chat import load_chat_model
    from c2ser.scoring.origins import Origin, read_origin, write_origin
    from c2ser.systems.judge import Judge, agreement_text, judge_answers
    from c2ser.systems.transcript import read_prompts

    emotions, prompts = read_emotions(args.emotions), read_prompts(args.prompt)
    chat = load_chat_model(
        args.llm,
        args.llm_url,
        cache_dir=f"{args.output_dir}/chat",
        device="cpu" if args.llm_url else device(args),
        batch_size=args.batch_size,
        concurrency=args.concurrency,
    )
    judge = Judge(chat, emotions, prompts=prompts)
    agreement = judge_answers(judge, args.answers_dir, output_dir=args.output_dir)
    origin = read_origin(args.answers_dir) or Origin("answers of", args.answers_dir)
    write_origin(args.output_dir, replace(origin, judge=args.llm).with_file(args.prompt))
    note_command(args.output_dir, args.command_line)
    print(agreement_text(agreement), end="")


main = command(__doc__, add_arguments, run=run)

if __name__ == "__main__":
    main()
