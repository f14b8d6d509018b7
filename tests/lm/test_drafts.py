"""Drafts: what they know; greedy search says the same with right, wrong and half right ones, in fewer steps."""

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

from c2ser.lm.drafts import CAPACITY, Drafts
from c2ser.lm.greedy import greedy_search

VOCABULARY = 12  # so few that drafts are sometimes right by chance
PROMPTS, TOKENS = 6, 30


def tiny_llm(seed: int):
    """A random model; every second one has learned positions, none beyond those that greedy search needs."""
    torch.manual_seed(seed)
    if seed % 2:
        config = GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=9 + TOKENS - 1)
    else:
        sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = LlamaConfig(vocab_size=VOCABULARY, initializer_range=0.5, **sizes)
    return AutoModelForCausalLM.from_config(config).eval().double()  # rounding decides nothing


def ragged_prompts(llm) -> list[torch.Tensor]:
    rows = [torch.randint(VOCABULARY, (int(length),)) for length in torch.randint(2, 10, (PROMPTS,))]
    rows[0], rows[1] = torch.randint(VOCABULARY, (9,)), rows[0]
    as_embeddings = int(torch.randint(2, ()))
    return [llm.get_input_embeddings()(row).detach() for row in rows] if as_embeddings else rows


def search(llm, rows, drafts=None, **options) -> tuple[list[list[int]], int]:
    """The tokens, and how often the language model was run for them."""
    steps = []
    handle = llm.register_forward_hook(lambda *_: steps.append(1))
    tokens = greedy_search(llm, rows, drafts=drafts, pad_token=0, **options)
    handle.remove()
    return tokens.tolist(), len(steps)


@pytest.mark.parametrize("seed", range(24))
def test_tokens_do_not_depend_on_drafts(seed):
    llm = tiny_llm(seed)
    rows = ragged_prompts(llm)
    free, _ = search(llm, rows, max_new_tokens=TOKENS, end_tokens=[])
    for ends in ([], free[0][4:5], [free[0][7], free[1][2]]):  # in the middle of drafts, at once, or never
        for longest in (1, 11, TOKENS):
            options = {"max_new_tokens": longest, "end_tokens": ends}
            expected, slow = search(llm, rows, **options)
            spoiled = [[(token + (place % 5 == 4)) % VOCABULARY for place, token in enumerate(row)] for row in free]
            for known in ([], free, spoiled, free[:2] + spoiled[2:]):
                tokens, steps = search(llm, rows, Drafts(known), **options)
                assert tokens == expected
                assert steps <= slow


@pytest.mark.parametrize(("dtype", "share"), [(torch.float32, 0.4), (torch.bfloat16, 1.0)])
def test_right_drafts_save_steps_where_rounding_does_not_decide(dtype, share):
    total = slow = 0
    for seed in range(6):
        llm = tiny_llm(seed).to(dtype)
        rows = [torch.randint(VOCABULARY, (9,))]
        options = {"max_new_tokens": TOKENS, "end_tokens": []}
        expected, before = search(llm, rows, **options)
        tokens, steps = search(llm, rows, Drafts(expected), **options)
        assert tokens == expected
        total, slow = total + steps, slow + before
    assert total <= share * slow
    assert share < 1 or total == slow


def test_drafts_end_where_answers_differed_the_last_time():
    drafts = Drafts([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6]])
    assert drafts.after([1]) == [2, 3, 4]
    drafts.learn([1, 2, 3, 4, 6])
    assert drafts.after([1]) == [2, 3, 4, 6]
    assert drafts.after([9, 2, 3, 4]) == [6]  # the last tokens count
    assert drafts.after([9, 3, 4]) == []


def test_drafts_forget_what_was_not_seen_for_long():
    drafts = Drafts([[1, 2], [3, 4]])
    for token in range(10, 10 + CAPACITY):
        drafts.learn([token, 5], 1)
        drafts.learn([1, 2], 1)
    assert drafts.after([1]) == [2]
    assert drafts.after([3]) == []
