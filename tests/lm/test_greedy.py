"""Greedy search by itself: transformers' tokens, fewer rows as they end, and models that it is not for."""

import pytest
from helpers.tiny_alm import ARCHITECTURES, LENGTHS, model_with, perceived, speech_batch
from transformers import AutoModelForCausalLM, MambaConfig

from c2ser.lm.drafts import Drafts
from c2ser.lm.greedy import ROOM, greedy_search, keeps_keys
from c2ser.lm.inputs import batch_inputs

TOKENS = ROOM + 20  # the room for keys and values has to grow


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tokens_are_those_of_transformers_whatever_ends_when(llms, architecture):
    model = model_with(llms[architecture])
    rows = model.inputs(perceived(model, speech_batch(*LENGTHS)), "explicit")
    free = model.llm.generate(**batch_inputs(rows), max_new_tokens=TOKENS, do_sample=False, eos_token_id=None)
    middles = free[:, [3, 20, 50]].flatten().tolist()  # as ends they let some rows end early, and others late
    for ends in ([], middles[:1], middles):
        expected = model.llm.generate(
            **batch_inputs(rows), max_new_tokens=TOKENS, do_sample=False, eos_token_id=ends or None, pad_token_id=0
        )
        options = {"max_new_tokens": TOKENS, "end_tokens": ends, "pad_token": 0}
        for drafts in (None, Drafts(free.tolist())):
            assert greedy_search(model.llm, rows, **options, drafts=drafts).tolist() == expected.tolist()


def test_rows_that_have_ended_are_computed_no_further(llms):
    model = model_with(llms["qwen2"])
    rows = model.inputs(perceived(model, speech_batch(*LENGTHS)), "explicit")
    sizes = []
    handle = model.llm.register_forward_hook(lambda *call: sizes.append(len(call[-1].logits)))
    first = greedy_search(model.llm, rows, max_new_tokens=12, end_tokens=[], pad_token=0)
    assert sizes == [1, *[len(rows)] * 12]  # first, what all prompts begin with
    ends = first[0, 2:3].tolist()
    sizes.clear()
    tokens = greedy_search(model.llm, rows, max_new_tokens=12, end_tokens=ends, pad_token=0)
    handle.remove()
    assert sizes[-1] < len(rows) and sizes[1:] == sorted(sizes[1:], reverse=True)
    assert tokens[0, 2:].tolist() == [*ends, *[0] * (tokens.shape[1] - 3)]


def test_models_with_other_states_than_keys_and_values_are_left_to_transformers(llms):
    assert all(keeps_keys(model_with(llms[name]).llm) for name in ARCHITECTURES)
    mamba = MambaConfig(hidden_size=8, num_hidden_layers=1, state_size=4, vocab_size=16)
    assert not keeps_keys(AutoModelForCausalLM.from_config(mamba))
