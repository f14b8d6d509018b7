"""Candidate answers, against reading each whole, and against generation."""

from collections.abc import Sequence

import pytest
import torch
from helpers.tiny_alm import ARCHITECTURES, LANGUAGES, LENGTHS, LORA, alone, model_with, perceived, speech_batch
from transformers import AutoModelForCausalLM, FalconH1Config

from c2ser.alm import answers
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.lm.candidates import score_candidates
from c2ser.lm.inputs import batch_inputs
from c2ser.rationales.templates import implicit_target


def label_answers(tokenizer, emotions: Sequence[str], language: str | None) -> list[list[int]]:
    """The implicit answers of a label set."""
    texts = [implicit_target(emotion, language) for emotion in emotions]
    return answers.label_answers(tokenizer, texts, end_token=tokenizer.eos_token_id).endings


@pytest.mark.parametrize("changes", [{"llm": architecture} for architecture in ARCHITECTURES] + [{"lora_conf": LORA}])
def test_choice_is_by_the_probability_of_whole_answers(llms, changes):
    """Against each answer of each utterance read by itself, from its first token to its end mark."""
    model = model_with(**{"llm": llms[changes.get("llm", "qwen2")], "lora_conf": changes.get("lora_conf", {})})
    check_probabilities(model)


def test_layers_with_a_window_that_is_never_full_are_as_others(llms):
    """Gemma's, of which those of the test above have a window shorter than what is read."""
    model = model_with(llms["gemma3"])
    model.llm.config.sliding_window = 1000
    check_probabilities(model)


def check_probabilities(model) -> None:
    batch = speech_batch(*LENGTHS)
    answers = [label_answers(model.tokenizer, PAPER_EMOTIONS, language) for language in LANGUAGES]
    answers[1] = answers[1] + answers[0]  # rows may have different numbers of candidates
    probabilities, _ = model.score_candidates(perceived(model, batch), "implicit", candidates=answers)
    assert not probabilities[0, len(answers[0]) :].any()
    for heard, candidates, chosen in zip(alone(model, batch), answers, probabilities, strict=True):
        whole = []
        for ids in map(torch.tensor, candidates):
            with torch.inference_mode():
                logits = model.logits(heard, "implicit", answers=[ids], count=len(ids) + 1)[0, :-1]
            whole.append(logits.log_softmax(1).gather(1, ids.unsqueeze(1)).sum())
        torch.testing.assert_close(chosen[: len(whole)], torch.stack(whole).softmax(0), atol=1e-4, rtol=1e-4)
    assert (probabilities - probabilities[0]).abs().max() > 1e-3


def test_what_all_prompts_begin_with_is_read_once(llms):
    model, read = model_with(llms["qwen2"]), []
    heard = perceived(model, speech_batch(5000, 2000))
    model.llm.register_forward_pre_hook(
        lambda _, args, known: read.append(known["inputs_embeds"].shape[:2]), with_kwargs=True
    )
    model.score_candidates(heard, "implicit", candidates=[[[5, 6, 7], [5, 8, 9]]] * 2)
    begun = len(model.prompts["implicit"]) + 1  # <speech>
    rest = max(map(len, heard)) + 1 + 3  # </speech>, and three nodes of the tree, as nothing follows the last tokens
    assert read == [(1, begun), (2, rest)]


def test_models_with_other_states_than_keys_and_values():
    """Falcon's, of a state space model, which a shared beginning of more rows does not fit: against rows alone."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    states = {"mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1}
    torch.manual_seed(0)
    config = FalconH1Config(vocab_size=60, num_hidden_layers=2, head_dim=8, **sizes, **states)
    check_batch(AutoModelForCausalLM.from_config(config).eval(), [1, 5, 6, 7], [1, 5, 8])


@pytest.mark.parametrize("prompts", [([5], [5]), ([5], [6, 7, 8]), ([5, 6], [5, 6, 7])])
def test_prompts_of_any_length(llms, prompts):
    check_batch(model_with(llms["llama"]).llm, *prompts)


def check_batch(llm, *prompts: list[int]) -> None:
    rows = list(map(torch.tensor, prompts))
    options = [[20, 21, 2], [22, 2]]
    batch, _ = score_candidates(llm, rows, candidates=[options] * len(rows), end_tokens=[2])
    alone = [score_candidates(llm, [row], candidates=[options], end_tokens=[2])[0] for row in rows]
    torch.testing.assert_close(batch, torch.cat(alone), atol=1e-5, rtol=1e-4)


def test_one_emotion_is_certain_and_answers_may_be_of_any_length(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(5000, 2000))
    only = label_answers(model.tokenizer, ["sad"], "en")
    assert model.score_candidates(heard, "implicit", candidates=[only, only])[0].tolist() == [[1.0], [1.0]]
    end = model.tokenizer.eos_token_id
    answers = [[[end], [5, end]], [[5, 6, 7, end], [5, 6, end]]]  # one begins as the other does, or with nothing
    probabilities, _ = model.score_candidates(heard, "implicit", candidates=answers)
    apart = torch.cat(
        [
            model.score_candidates([row], "implicit", candidates=[pair])[0]
            for row, pair in zip(heard, answers, strict=True)
        ]
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
    _, greedy = model.score_candidates(heard, "implicit", candidates=answers)
    assert greedy.tolist() == [[False, True, False, True]] * len(heard)
    for utterance, row, wrong in zip(heard, said, other, strict=True):
        beginning = [row[0], wrong[1]]  # what follows it would be likeliest, but it is not
        likeliest = int(model.logits([utterance], "implicit", answers=[torch.tensor(beginning)], count=1).argmax())
        assert not model.score_candidates([utterance], "implicit", candidates=[[[*beginning, likeliest]]])[1].any()
