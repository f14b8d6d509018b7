#!/usr/bin/env python3
"""Tokens per second of explicit answers, greedy: c2ser with and without drafts, and transformers' generate.

Usage: tools/benchmark/decoding.py --model EXP/packed_explicit --audio_dir EMODB/wav [--clips 100]

All continue the same prompts and speech embeddings, sorted by length, in turns; hearing is not counted. Reported are
medians of the language model's CPU time, which other programs disturb less than the clock, of the ratios, and how often
the language model is run. Drafts begin each turn with the wording of the targets alone.
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from c2ser import C2SER
from c2ser.alm.answers import worded_answers
from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.data.batches import length_batches
from c2ser.lm.drafts import Drafts
from c2ser.lm.greedy import greedy_search
from c2ser.lm.inputs import batch_inputs
from c2ser.systems.recognizer import Speech

Batches = list[list[Tensor]]
MAX_NEW_TOKENS = 256


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    packed = C2SER.from_pretrained(args.model)
    model = packed.recognizer.model
    batches = heard(packed, args)
    end, pad = model.tokenizer.eos_token_id, model.tokenizer.pad_token_id

    def ours(rows: list[Tensor], drafts: Drafts | None) -> Tensor:
        options = {"max_new_tokens": MAX_NEW_TOKENS, "end_tokens": [end], "pad_token": pad}
        return greedy_search(model.llm, rows, **options, drafts=drafts)

    def theirs(rows: list[Tensor], _: Drafts) -> Tensor:
        options = {"max_new_tokens": MAX_NEW_TOKENS, "do_sample": False, "eos_token_id": end, "pad_token_id": pad}
        return model.llm.generate(**batch_inputs(rows), **options)

    systems = {"transformers": theirs, "without drafts": lambda rows, _: ours(rows, None), "c2ser": ours}
    times: dict[str, list[float]] = {name: [] for name in systems}
    answers: dict[str, list[list[int]]] = {}
    runs = Counter[str]()
    for repeat in range(args.repeats + 1):  # the first time to warm up, its time is not counted
        for name, continue_rows in systems.items():
            counting = model.llm.register_forward_hook(lambda *_, name=name: runs.update([name]))
            drafts = Drafts(worded_answers(model.tokenizer))
            start = time.process_time()
            answers[name] = [row for rows in batches for row in until_end(continue_rows(rows, drafts), end)]
            if repeat:
                times[name].append(time.process_time() - start)
            counting.remove()
    same = sum(len({tuple(row) for row in rows}) == 1 for rows in zip(*answers.values(), strict=True))
    tokens = sum(map(len, answers["c2ser"]))
    print(f"{len(answers['c2ser'])} answers, {tokens} tokens, batches of {max(map(len, batches))}; {same} are the same")
    for name, spent in times.items():
        ratio = statistics.median(a / b for a, b in zip(times["transformers"], spent, strict=True))
        typical, each = statistics.median(spent), runs[name] // (args.repeats + 1)
        print(f"{name:16}{typical:8.2f} s{tokens / typical:8.0f} tokens a second{ratio:8.2f} x", end="")
        print(f"{each:8} runs of the language model")


@torch.inference_mode()
def heard(packed: C2SER, args: argparse.Namespace) -> Batches:
    """Prompt and speech of clips as embeddings (S, W), in batches."""
    clips = [read_audio(path) for path in sorted(args.audio_dir.glob("**/*.wav"))[: args.clips]]
    lengths = {number: len(clip) for number, clip in enumerate(clips)}
    batches = []
    for numbers in length_batches(lengths, args.batch_seconds * SAMPLE_RATE):
        waveforms = [clips[number] for number in numbers]
        outputs = packed.emotion2vec.extract(waveforms, None, batch_samples=None)
        speech = [Speech(clip, tokens["utterance"]) for clip, tokens in zip(waveforms, outputs, strict=True)]
        recognizer = packed.recognizer
        batches.append(recognizer.model.inputs(recognizer.perceive(speech), "explicit"))
    return batches


def until_end(rows: Tensor, end: int) -> list[list[int]]:
    """Token ids of each row up to its end, this included."""
    return [row[: row.index(end) + 1] if end in row else row for row in rows.tolist()]


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="packed model that gives explicit answers")
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--clips", type=int, default=100, help="only the first so many")
    parser.add_argument("--batch_seconds", type=int, default=120, help="of audio in a batch, padding included")
    parser.add_argument("--repeats", type=int, default=3, help="medians are over them")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
