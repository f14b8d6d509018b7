#!/usr/bin/env python3
"""Answers of C²SER, one by one and in batches, against the way of the paper's release: time, and how many are the same.

Usage: tools/benchmark/release.py --audio_dir EMODB/wav

The release answers clip by clip with transformers' `generate`, 4 beams of two tokens each (do_sample with top_p 0) or
greedily; the same call is the stand-in for it, on the same weights. Whisper and the connection module are this
project's on both sides, as is the language model with its mend for transformers 5, which otherwise copies the output
matrix at each token; Emotion2Vec-S's tokens are given. Clips are cut at random, so that batches have padding.
Weights are random, with the language model in bfloat16, unless --model names a packed model: speed does not depend on
them, and random answers, with many near ties, are the hardest to repeat. Each part of the clips goes to one system
after another; reported are medians over parts, of CPU time a clip, which other work on the machine disturbs less than
the clock.
"""

import argparse
import copy
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path

import numpy as np
import torch
import transformers
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm
from transformers import AutoConfig, Qwen2Config

from c2ser import C2SER
from c2ser.alm.config import ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.data.audio import SAMPLE_RATE, read_audio
from c2ser.lm.building import build_llm
from c2ser.lm.generation import Decoding, generate
from c2ser.packing.release import LLM_ROUNDING, PROMPTS

# Of Whisper base; the language model has Qwen2's vocabulary.
WHISPER = {
    "d_model": 512,
    "encoder_layers": 6,
    "encoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "init_std": 0.05,
}
LLM = Qwen2Config(
    vocab_size=152064,
    hidden_size=512,
    intermediate_size=1408,
    num_hidden_layers=4,
    num_attention_heads=8,
    num_key_value_heads=2,
    initializer_range=0.05,
)
LORA = {
    "r": 8,
    "lora_alpha": 32,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"],
    "init_lora_weights": False,
}
ACOUSTIC_WIDTH = 512
RELEASE = "as the release"

Clip = tuple[Tensor, Tensor]  # waveform (N,), acoustic tokens (10, D)
Answers = list[list[int]]
System = Callable[[Sequence[Clip]], Answers]


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_arguments(argv)
    torch.set_num_threads(args.threads)
    model, extract = packed_model(args.model) if args.model else (random_model(), random_tokens)
    clips = load(args, extract)
    exact = copy.deepcopy(model)
    exact.llm.float()
    lengths = [len(waveform) / SAMPLE_RATE for waveform, _ in clips]
    print(f"{cpu_name()}, {args.threads} threads, PyTorch {torch.__version__}, transformers {transformers.__version__}")
    print(f"{len(clips)} clips of {min(lengths):.1f} to {max(lengths):.1f} s; {args.tokens} new tokens")
    for beams in args.beams:
        decoding = Decoding(args.tokens, beams, **({} if beams == 1 else {"repetition_penalty": 1.05, "top_k": 2}))
        systems = {
            RELEASE: partial(one_by_one, partial(answer_as_release, model, decoding)),
            "one by one": partial(one_by_one, partial(answer, model, decoding)),
            f"batches of {args.batch}": partial(in_batches, partial(answer, model, decoding), args.batch),
            "one by one, float32": partial(one_by_one, partial(answer, exact, decoding)),
            f"batches of {args.batch}, float32": partial(in_batches, partial(answer, exact, decoding), args.batch),
        }
        report(beams, *measure(systems, [clips[part :: args.parts] for part in range(args.parts)]))


def report(beams: int, times: dict[str, list[float]], answers: dict[str, Answers]) -> None:
    """Prints a line for each system; answers are compared with those of the release's way and of one by one."""
    print(f"\n{'greedy' if beams == 1 else f'{beams} beams':26}{'CPU ms':>10}{'x release':>11}", end="")
    print(f"{'= release':>11}{'= one by one':>14}")
    for system, spent in times.items():
        alone = "one by one, float32" if "float32" in system else "one by one"
        ratio = statistics.median(a / b for a, b in zip(times[RELEASE], spent, strict=True))
        same = (share(answers[system], answers[other]) for other in (RELEASE, alone))
        print(f"{system:26}{statistics.median(spent) * 1000:10.0f}{ratio:11.2f}{next(same):>11}{next(same):>14}")


def share(ours: Answers, theirs: Answers) -> str:
    return f"{sum(a == b for a, b in zip(ours, theirs, strict=True))}/{len(ours)}"


def measure(
    systems: dict[str, System], parts: Sequence[Sequence[Clip]]
) -> tuple[dict[str, list[float]], dict[str, Answers]]:
    """Returns CPU seconds a clip of each system for each part, and its answers as token ids."""
    times: dict[str, list[float]] = {system: [] for system in systems}
    answers: dict[str, Answers] = {system: [] for system in systems}
    for number, part in enumerate(tqdm([parts[0][:2], *parts])):  # the first time to warm up, not counted
        for system, give in systems.items():
            start = time.process_time()
            with torch.inference_mode():
                rows = give(part)
            if number:
                times[system].append((time.process_time() - start) / len(part))
                answers[system] += rows
    return times, answers


def one_by_one(give: System, clips: Sequence[Clip]) -> Answers:
    return [row for clip in clips for row in give([clip])]


def in_batches(give: System, size: int, clips: Sequence[Clip]) -> Answers:
    """Clips of similar length together, as the commands answer them."""
    order = sorted(range(len(clips)), key=lambda place: -len(clips[place][0]))
    answers: Answers = [[] for _ in clips]
    for start in range(0, len(clips), size):
        places = order[start : start + size]
        for place, row in zip(places, give([clips[place] for place in places]), strict=True):
            answers[place] = row
    return answers


def heard(model: C2SERModel, clips: Sequence[Clip]) -> list[Tensor]:
    """Prompt and speech of each clip as embeddings (S, W)."""
    waveforms, tokens = zip(*clips, strict=True)
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    speech = model.perceive(pad_sequence(waveforms, batch_first=True), lengths, torch.stack(tokens))
    return model.inputs(speech, "explicit")


def answer(model: C2SERModel, decoding: Decoding, clips: Sequence[Clip]) -> Answers:
    end, pad = model.tokenizer.eos_token_id, model.tokenizer.pad_token_id
    rows = generate(model.llm, heard(model, clips), decoding=decoding, end_tokens=[end], pad_token=pad).tolist()
    return [until_end(row, end, pad) for row in rows]


def answer_as_release(model: C2SERModel, decoding: Decoding, clips: Sequence[Clip]) -> Answers:
    """Answers one clip with transformers' generate."""
    (row,) = heard(model, clips)
    end, pad = model.tokenizer.eos_token_id, model.tokenizer.pad_token_id
    sampling = {"do_sample": True, "top_p": 0.0, "top_k": 0, "temperature": 1.0} if decoding.num_beams > 1 else {}
    tokens = model.llm.generate(
        inputs_embeds=row[None],
        attention_mask=torch.ones(1, len(row), dtype=torch.long),
        max_new_tokens=decoding.max_new_tokens,
        num_beams=decoding.num_beams,
        repetition_penalty=decoding.repetition_penalty,
        eos_token_id=end,
        pad_token_id=pad,
        **{"do_sample": False, **sampling},
    )
    return [until_end(tokens[0].tolist(), end, pad)]


def until_end(row: list[int], *ends: int) -> list[int]:
    return list(takewhile(lambda token: token not in ends, row))


def load(args: argparse.Namespace, extract: Callable[[np.ndarray], np.ndarray]) -> list[Clip]:
    """Reads clips, evenly spaced in the folder, cut to a random length."""
    files = sorted(args.audio_dir.glob("**/*.wav"))
    rng = np.random.default_rng(args.seed)
    clips = []
    for file in files[:: max(1, len(files) // args.clips)][: args.clips]:
        waveform = read_audio(file)
        waveform = waveform[: int(rng.uniform(min(args.shortest * SAMPLE_RATE, len(waveform)), len(waveform)))]
        clips.append((torch.from_numpy(waveform), torch.from_numpy(extract(waveform))))
    return clips


def random_tokens(waveform: np.ndarray) -> np.ndarray:
    return np.random.default_rng(len(waveform)).normal(size=(10, ACOUSTIC_WIDTH)).astype(np.float32)


def packed_model(path: str) -> tuple[C2SERModel, Callable[[np.ndarray], np.ndarray]]:
    """A model with its language model in bfloat16, LoRA's factors left as they are, and its Emotion2Vec-S."""
    packed = C2SER.from_pretrained(path)
    model = packed.recognizer.model
    for name, weight in model.llm.named_parameters():
        if "lora_" not in name:
            weight.data = weight.data.bfloat16()
    return model, lambda waveform: packed.emotion2vec.extract([waveform])[0]["utterance"]


def random_model() -> C2SERModel:
    """Whisper of base size and a language model with Qwen2's vocabulary in bfloat16, as the release has it."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        build_llm({}, {"vocab_size": 300}, texts=[*PROMPTS.values()] * 20, output_dir=Path(folder))
        end = AutoConfig.from_pretrained(folder).eos_token_id
        LLM.eos_token_id = end
        LLM.save_pretrained(folder)
        config = ALMConfig(
            whisper=WHISPER,
            llm=folder,
            acoustic_width=ACOUSTIC_WIDTH,
            lora_conf=LORA,
            llm_dtype=LLM_ROUNDING,
            prompts=PROMPTS,
        )
        model = C2SERModel(config).eval()
    with torch.no_grad():  # what is heard is louder than the words around it
        model.connector.output.weight.mul_(4)
    return model


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in facts.get("flags", "").split()]
    return f"{facts.get('model name', 'CPU')} ({', '.join(flags)})"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio_dir", required=True, type=Path, help="folder with WAV files")
    parser.add_argument("--model", help="packed model; by default random weights")
    parser.add_argument("--clips", type=int, default=40, help="evenly spaced in the folder")
    parser.add_argument("--shortest", type=float, default=1.0, help="seconds that a clip is cut to at least")
    parser.add_argument("--seed", type=int, default=0, help="of the lengths")
    parser.add_argument("--parts", type=int, default=2, help="of the clips; medians are over them")
    parser.add_argument("--batch", type=int, default=20, help="clips in a batch")
    parser.add_argument("--tokens", type=int, default=16, help="greatest length of an answer")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
