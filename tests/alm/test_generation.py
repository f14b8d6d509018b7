"""Answers of the audio language model: the same in any batch, ended, bounded, and within the label set where asked."""

import runpy
from dataclasses import replace
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from helpers.tiny_alm import ACOUSTIC_WIDTH, LLM, WHISPER, build, byte_level_tokenizer, one, speech_batch, targets
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from c2ser.alm.answers import label_answers
from c2ser.alm.config import ALMConfig
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.bin import alm_inference
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.lm.building import build_llm
from c2ser.lm.generation import Decoding
from c2ser.lm.inputs import batch_inputs
from c2ser.lm.loading import load_tokenizer
from c2ser.rationales.prompts import PROMPTS
from c2ser.rationales.templates import implicit_target
from c2ser.systems.inference import answer_data_dir
from c2ser.systems.recognizer import MAX_NEW_TOKENS, AnswerGenerator

LATENCY = ROOT / "tools/benchmark/alm_latency.py"
LENGTHS = (16000, 3000, 24000, 200, 9000)
LANGUAGES = ("en", "zh", None, "zh", "de")
LORA = {"r": 4, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}
# Rotary, rotary with a sliding window shorter than the prompt, and learned positions.
ARCHITECTURES = ("llama", "qwen2", "gemma3", "gpt2")


def language_model(architecture: str, vocabulary: int) -> PreTrainedModel:
    """Weights large enough that what the model says hangs on what it hears."""
    common = {"vocab_size": vocabulary, "initializer_range": 0.4, "pad_token_id": 3}
    torch.manual_seed(0)
    match architecture:
        case "llama":
            return LlamaForCausalLM(LlamaConfig(**LLM, **common))
        case "qwen2":
            return Qwen2ForCausalLM(Qwen2Config(**LLM, **common, num_key_value_heads=1))
        case "gemma3":
            return Gemma3ForCausalLM(
                Gemma3TextConfig(**LLM, **common, num_key_value_heads=1, head_dim=16, sliding_window=16)
            )
        case "gpt2":
            return GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=2, n_head=2, **common))


@pytest.fixture(scope="module")
def llms(tmp_path_factory) -> dict[str, str]:
    """A folder of each architecture, with a tokenizer of its kind."""
    folder = tmp_path_factory.mktemp("llms")
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=folder / "tokenizer")
    pieces = load_tokenizer(str(folder / "tokenizer"))
    for architecture in ARCHITECTURES:
        tokenizer = byte_level_tokenizer() if architecture in ("qwen2", "gpt2") else pieces
        language_model(architecture, len(tokenizer)).save_pretrained(folder / architecture)
        tokenizer.save_pretrained(folder / architecture)
    return {architecture: str(folder / architecture) for architecture in ARCHITECTURES}


def model_with(llm: str, **changes) -> C2SERModel:
    config = ALMConfig(
        whisper={**WHISPER, "init_std": 0.2},
        llm=llm,
        acoustic_width=ACOUSTIC_WIDTH,
        connector_conf={"layers": 1, "feed_forward": 64},
    )
    model = build(replace(config, **changes))
    with torch.no_grad():  # what is heard is louder than the words around it
        model.connector.output.weight.mul_(10)
    return model


def perceived(model: C2SERModel, batch) -> list[torch.Tensor]:
    with torch.inference_mode():
        return model.perceive(*batch)


def alone(model: C2SERModel, batch) -> list[list[torch.Tensor]]:
    """What is heard of each utterance when it is a batch of its own."""
    return [perceived(model, one(batch, index)) for index in range(len(batch[1]))]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("decoding", [{}, {"repetition_penalty": 1.3}, {"num_beams": 4, "repetition_penalty": 1.05}])
def test_batched_answers_are_those_of_one_by_one(llms, architecture, decoding):
    model = model_with(llms[architecture])
    batch = speech_batch(*LENGTHS)
    for mode in PROMPTS:
        together = model.generate(perceived(model, batch), mode, Decoding(24, **decoding))
        assert together == [model.generate(heard, mode, Decoding(24, **decoding))[0] for heard in alone(model, batch)]
        assert len(set(together)) > 1  # the model does listen


def test_greedy_answers_are_the_likeliest_tokens_and_the_penalty_counts_all_of_the_answer(llms):
    """By hand: the whole answer so far is read again for each token."""
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    for penalty in (1.0, 1.3):
        said = model.generate(heard, "explicit", Decoding(10, repetition_penalty=penalty))
        for utterance, text in zip(heard, said, strict=True):
            ids: list[int] = []
            while len(ids) < 10 and model.tokenizer.eos_token_id not in ids:
                answer = torch.tensor(ids, dtype=torch.long)
                logits = model.logits([utterance], "explicit", [answer], count=1)[0, -1].detach()
                known = logits[ids]
                logits[ids] = torch.where(known > 0, known / penalty, known * penalty)
                ids.append(int(logits.argmax()))
            assert text == model.tokenizer.decode(ids, skip_special_tokens=True).strip()


def count_steps(model: C2SERModel, heard: list[torch.Tensor], max_new_tokens: int) -> tuple[list[str], int]:
    """The answers, and how often the language model was run for them."""
    steps = []
    handle = model.llm.register_forward_hook(lambda *_: steps.append(1))
    said = model.generate(heard, "implicit", Decoding(max_new_tokens))
    handle.remove()
    return said, len(steps)


def test_generation_stops_when_all_answers_have_ended_or_at_the_bound(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    assert count_steps(model, heard, 7)[1] == 7
    inputs = batch_inputs(model.inputs(heard, "implicit"))
    rows = model.llm.generate(**inputs, max_new_tokens=20, do_sample=False)
    for ids in rows.tolist():  # any token that an answer has in its middle may be the end mark
        model.tokenizer.eos_token = model.tokenizer.convert_ids_to_tokens(ids[10])
        together, _ = count_steps(model, heard, 20)
        for utterance, row, text in zip(heard, rows.tolist(), together, strict=True):
            said, steps = count_steps(model, [utterance], 20)
            length = row.index(ids[10]) + 1 if ids[10] in row else 20
            assert steps == length
            assert said == [text] == [model.tokenizer.decode(row[:length], skip_special_tokens=True).strip()]


def test_the_bound_on_new_tokens_is_the_modes_or_the_given_one(llms, monkeypatch):
    model = model_with(llms["qwen2"])
    bounds = []
    monkeypatch.setattr(model, "generate", lambda heard, mode, decoding: bounds.append(decoding.max_new_tokens) or [""])
    waveforms, acoustic = [np.zeros(2000, np.float32)], [np.zeros((10, ACOUSTIC_WIDTH), np.float32)]
    for given in (None, 5):
        generator = AnswerGenerator(model, PAPER_EMOTIONS, max_new_tokens=given)
        for mode in PROMPTS:
            generator.answer(waveforms, acoustic, mode)
    assert bounds == [MAX_NEW_TOKENS["explicit"], MAX_NEW_TOKENS["implicit"], 5, 5]


@pytest.mark.parametrize("changes", [{"llm": architecture} for architecture in ARCHITECTURES] + [{"lora_conf": LORA}])
def test_choice_is_by_the_probability_of_whole_answers(llms, changes):
    """Against each answer of each utterance read by itself, from its first token to its end mark."""
    model = model_with(**{"llm": llms[changes.get("llm", "qwen2")], "lora_conf": changes.get("lora_conf", {})})
    batch = speech_batch(*LENGTHS)
    answers = [label_answers(model.tokenizer, PAPER_EMOTIONS, language) for language in LANGUAGES]
    probabilities, greedy = model.score_candidates(perceived(model, batch), "implicit", answers)
    assert torch.equal(greedy, model.match_greedy(perceived(model, batch), "implicit", answers))
    for heard, candidates, chosen in zip(alone(model, batch), answers, probabilities, strict=True):
        whole = []
        for ids in map(torch.tensor, candidates):
            with torch.inference_mode():
                logits = model.logits(heard, "implicit", [ids], count=len(ids) + 1)[0, :-1]
            whole.append(logits.log_softmax(1).gather(1, ids.unsqueeze(1)).sum())
        torch.testing.assert_close(chosen, torch.stack(whole).softmax(0), atol=1e-4, rtol=1e-4)
    assert (probabilities - probabilities[0]).abs().max() > 1e-3


def test_one_emotion_is_certain_and_answers_may_be_of_any_length(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(5000, 2000))
    only = label_answers(model.tokenizer, ["sad"], "en")
    assert model.score_candidates(heard, "implicit", [only, only])[0].tolist() == [[1.0], [1.0]]
    end = model.tokenizer.eos_token_id
    answers = [[[end], [5, end]], [[5, 6, 7, end], [5, 6, end]]]  # one begins as the other does, or with nothing
    probabilities, _ = model.score_candidates(heard, "implicit", answers)
    apart = torch.cat(
        [model.score_candidates([row], "implicit", [pair])[0] for row, pair in zip(heard, answers, strict=True)]
    )
    torch.testing.assert_close(probabilities, apart, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_answer_of_greedy_search_is_foreseen(llms, architecture):
    """Against generation: of an utterance's own answer, its beginning, and others that depart from it where all choices
    still agree, where they part, or after that."""
    model = model_with(llms[architecture])
    heard = perceived(model, speech_batch(*LENGTHS))
    inputs = batch_inputs(model.inputs(heard, "implicit"))
    said = model.llm.generate(**inputs, max_new_tokens=8, do_sample=False, eos_token_id=None).tolist()
    other = [[(token + 1) % 500 for token in row] for row in said]
    answers = [
        [[*row[:3], *wrong[3:5]], row, [*row[:6], *wrong[6:]], row[:7]] for row, wrong in zip(said, other, strict=True)
    ]
    assert model.match_greedy(heard, "implicit", answers).tolist() == [[False, True, False, True]] * len(heard)
    for utterance, row, wrong in zip(heard, said, other, strict=True):
        beginning = [row[0], wrong[1]]  # what follows it would be likeliest, but it is not
        likeliest = int(model.logits([utterance], "implicit", [torch.tensor(beginning)], count=1).argmax())
        assert not model.match_greedy([utterance], "implicit", [[[*beginning, likeliest]]]).any()


def test_what_the_label_set_holds_is_not_generated_and_said_all_the_same(llms, monkeypatch):
    model = model_with(llms["llama"])
    batch = speech_batch(*LENGTHS)
    texts = [implicit_target(emotion, "en") for emotion in ("happy", "sad", "happy", "angry")] + ["Das will sie."]
    tokens = [torch.tensor([*model.tokenizer(text, add_special_tokens=False).input_ids, 2]) for text in texts]
    answers = Answers("implicit", tokens, [torch.zeros_like(row, dtype=torch.bool) for row in tokens])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(80):
        model(*batch, answers)["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert model.generate(perceived(model, batch), "implicit", Decoding(24)) == texts

    counts = []
    monkeypatch.setattr(
        model,
        "generate",
        lambda heard, *rest, **more: counts.append(len(heard)) or type(model).generate(model, heard, *rest, **more),
    )
    waveforms = [row[:length].numpy() for row, length in zip(batch[0], batch[1], strict=True)]
    for decoding, generated in (({}, 1), ({"scores": True}, 1), ({"max_new_tokens": 3}, 5), ({"num_beams": 2}, 5)):
        counts.clear()
        generator = AnswerGenerator(model, PAPER_EMOTIONS, **decoding)
        said = [answer.text for answer in generator.answer(waveforms, batch[2].numpy(), "implicit")]
        assert counts == [generated]
        bound = {name: decoding.get(name, value) for name, value in (("max_new_tokens", 24), ("num_beams", 1))}
        assert said == type(model).generate(model, perceived(model, batch), "implicit", Decoding(**bound))


def test_output_layer_is_given_no_views(llms):
    """Of a view, also of a single row's last positions, a CPU multiplies copies of a large vocabulary's weights."""
    model = model_with(llms["qwen2"])
    strides = []
    output = model.llm.get_output_embeddings()
    output.register_forward_pre_hook(
        lambda _, inputs: strides.append((inputs[0].stride(), torch.empty(inputs[0].shape).stride()))
    )
    for lengths in ((9000,), LENGTHS):
        heard = perceived(model, speech_batch(*lengths))
        model.generate(heard, "implicit", Decoding(2))
        model.logits(heard, "implicit", count=3)
    assert len(strides) == 6
    assert all(given == own for given, own in strides)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """Ten utterances of several languages, one of them unknown."""
    folder = tmp_path_factory.mktemp("data ü")
    rng = np.random.default_rng(0)
    tables: dict[str, dict[str, object]] = {name: {} for name in ("wav.scp", "utt2num_samples", "utt2lang")}
    acoustic = {}
    for number, length in enumerate(LENGTHS * 2):
        utt = f"utt{number}"
        soundfile.write(folder / f"{utt}.wav", rng.normal(scale=0.1, size=length), 16000)
        tables["wav.scp"][utt], tables["utt2num_samples"][utt] = folder / f"{utt}.wav", length
        acoustic[utt] = rng.normal(size=(10, ACOUSTIC_WIDTH)).astype(np.float32)
    tables["utt2lang"] = {f"utt{number}": language for number, language in enumerate(LANGUAGES * 2) if language}
    for name, table in tables.items():
        write_table(folder / name, table)
    kaldiio.save_ark(str(folder / "e.ark"), acoustic, scp=str(folder / "emotion2vec_s.scp"))
    return folder


def answer(model: C2SERModel, data_dir: Path, output_dir: Path, batch_samples: int, **decoding) -> dict[str, dict]:
    """The tables that inference writes, by name."""
    answer_data_dir(AnswerGenerator(model, PAPER_EMOTIONS, **decoding), data_dir, output_dir, "implicit", batch_samples)
    return {path.name: read_table(path) for path in output_dir.iterdir()}


def test_constrained_answers_are_those_of_the_label_set_in_each_utterances_language(llms, data_dir, tmp_path):
    model = model_with(llms["qwen2"])
    free = answer(model, data_dir, tmp_path / "free", 50000)
    assert INVALID in free["utt2emo"].values()  # random weights say nothing by themselves
    bound = answer(model, data_dir, tmp_path / "bound", 50000, constrained=True)
    languages = read_table(data_dir / "utt2lang")
    assert bound["utt2emo"].keys() == bound["utt2scores"].keys() == read_table(data_dir / "wav.scp").keys()
    for utt, emotion in bound["utt2emo"].items():
        assert emotion in PAPER_EMOTIONS
        assert bound["text"][utt] == implicit_target(emotion, languages.get(utt))
        scores = dict(entry.split("=") for entry in bound["utt2scores"][utt].split())
        assert list(scores) == list(PAPER_EMOTIONS)
        assert sum(map(float, scores.values())) == pytest.approx(1.0, abs=1e-5)
        assert emotion == max(scores, key=lambda name: float(scores[name]))
    assert len(set(bound["utt2emo"].values())) > 1


def test_scores_leave_the_answers_as_they_are_and_batches_change_nothing(llms, data_dir, tmp_path):
    model = model_with(llms["qwen2"])
    free = answer(model, data_dir, tmp_path / "free", 50000)
    assert free.keys() == {"text", "utt2emo"}
    scored = answer(model, data_dir, tmp_path / "scored", 50000, scores=True)
    single = answer(model, data_dir, tmp_path / "single", 1, scores=True)
    assert {name: scored[name] for name in free} == free == {name: single[name] for name in free}
    assert answer(model, data_dir, tmp_path / "scored", 50000).keys() == free.keys()  # no scores of a run before
    for utt, line in scored["utt2scores"].items():
        one_by_one = single["utt2scores"][utt]
        numbers = [[float(entry.split("=")[1]) for entry in row.split()] for row in (line, one_by_one)]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-4)


def test_benchmark_of_latency_compares_each_system_with_explicit_answers(llms, data_dir, monkeypatch, capsys):
    model = model_with(llms["qwen2"])
    monkeypatch.setattr(
        AnswerGenerator, "from_experiment", lambda *_: AnswerGenerator(model, PAPER_EMOTIONS, max_new_tokens=9)
    )
    options = ["--utterances", "2", "--batch_seconds", "2", "--threads", str(torch.get_num_threads())]
    monkeypatch.setattr("sys.argv", ["alm_latency.py", "--model", "e", "i", "--data_dir", str(data_dir), *options])
    runpy.run_path(str(LATENCY), run_name="__main__")
    table = capsys.readouterr().out.split("\n\n")[1].splitlines()[2:]
    rows = {line[:22].strip(): [float(value) for value in line[22:].split()] for line in table}
    assert list(rows) == ["explicit", "implicit", "implicit, constrained"]
    assert rows["explicit"][2] == rows["explicit"][4] == 1.0
    assert all(value > 0 for row in rows.values() for value in row)


@pytest.mark.parametrize("options", [["--mode", "explicit", "--constrained"], ["--mode", "explicit", "--scores"]])
def test_options_that_make_no_sense_are_wrong_usage(options, capsys):
    with pytest.raises(SystemExit) as ended:
        alm_inference.main(["--model", "m", "--data_dir", "d", "--output_dir", "o", *options])
    assert ended.value.code == 2 and "--mode implicit" in capsys.readouterr().err
