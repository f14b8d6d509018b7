"""Generated text: the same in every batch, ended, and bounded."""

import pytest
import torch
from helpers.tiny_alm import ARCHITECTURES, LENGTHS, alone, model_with, perceived, speech_batch
from transformers import GenerationConfig

from c2ser.alm.model import C2SERModel
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding, generate
from c2ser.lm.inputs import batch_inputs
from c2ser.rationales.prompts import PROMPTS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "decoding",
    [
        {},
        {"repetition_penalty": 1.3},
        {"num_beams": 4, "repetition_penalty": 1.05},
        {"num_beams": 4, "repetition_penalty": 1.05, "top_k": 2},
    ],
)
def test_batched_answers_are_those_of_one_by_one(llms, architecture, decoding):
    model = model_with(llms[architecture])
    batch = speech_batch(*LENGTHS)
    for mode in PROMPTS:
        together = model.generate(perceived(model, batch), mode, decoding=Decoding(24, **decoding))
        assert together == [
            model.generate(heard, mode, decoding=Decoding(24, **decoding))[0] for heard in alone(model, batch)
        ]
        assert len(set(together)) > 1  # the model does listen


def test_greedy_answers_are_the_likeliest_tokens_and_the_penalty_counts_all_of_the_answer(llms):
    """By hand: the whole answer so far is read again for each token."""
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    for penalty in (1.0, 1.3):
        said = model.generate(heard, "explicit", decoding=Decoding(10, repetition_penalty=penalty))
        for utterance, text in zip(heard, said, strict=True):
            ids: list[int] = []
            while len(ids) < 10 and model.tokenizer.eos_token_id not in ids:
                answer = torch.tensor(ids, dtype=torch.long)
                logits = model.logits([utterance], "explicit", answers=[answer], count=1)[0, -1].detach()
                known = logits[ids]
                logits[ids] = torch.where(known > 0, known / penalty, known * penalty)
                ids.append(int(logits.argmax()))
            assert text == model.tokenizer.decode(ids, skip_special_tokens=True).strip()


def count_steps(model: C2SERModel, heard: list[torch.Tensor], max_new_tokens: int) -> tuple[list[str], int]:
    """The answers, and how often the language model was run for them."""
    steps = []
    handle = model.llm.register_forward_hook(lambda *_: steps.append(1))
    said = model.generate(heard, "implicit", decoding=Decoding(max_new_tokens))
    handle.remove()
    return said, len(steps)


def test_generation_stops_when_all_answers_have_ended_or_at_the_bound(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    assert count_steps(model, heard, 7)[1] == 1 + 7  # what all prompts begin with is read first
    inputs = batch_inputs(model.inputs(heard, "implicit"))
    rows = model.llm.generate(**inputs, max_new_tokens=20, do_sample=False)
    for ids in rows.tolist():  # any token that an answer has in its middle may be the end mark
        model.tokenizer.eos_token = model.tokenizer.convert_ids_to_tokens(ids[10])
        together, _ = count_steps(model, heard, 20)
        for utterance, row, text in zip(heard, rows.tolist(), together, strict=True):
            said, steps = count_steps(model, [utterance], 20)
            length = row.index(ids[10]) + 1 if ids[10] in row else 20
            assert steps <= length  # fewer where drafts are right
            words = [token for token in row[:length] if token != ids[10]]
            assert said == [text] == [model.tokenizer.decode(words, skip_special_tokens=True).strip()]


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
        model.generate(heard, "implicit", decoding=Decoding(2))
        model.logits(heard, "implicit", count=3)
    assert len(strides) == 6 + 1  # what all prompts of a batch begin with is read first
    assert all(given == own for given, own in strides)


def test_sampled_answers_depend_on_their_seed_and_not_on_the_batch(llms):
    model = model_with(llms["qwen2"])
    batch = speech_batch(*LENGTHS)
    sampling = Decoding(12, temperature=0.8, top_p=0.9)
    seeds = list(range(len(LENGTHS)))
    together = model.generate(perceived(model, batch), "implicit", decoding=sampling, seeds=seeds)
    one_by_one = [
        model.generate(speech, "implicit", decoding=sampling, seeds=[seed])[0]
        for speech, seed in zip(alone(model, batch), seeds, strict=True)
    ]
    assert together == one_by_one
    assert together != model.generate(perceived(model, batch), "implicit", decoding=sampling, seeds=seeds[::-1])
    nearly_greedy = Decoding(12, temperature=0.8, top_p=1e-6)
    greedy = model.generate(perceived(model, batch), "implicit", decoding=Decoding(12))
    assert (
        model.generate(perceived(model, batch), "implicit", decoding=nearly_greedy, seeds=seeds) == greedy != together
    )


def test_the_prompt_does_not_count_for_the_repetition_penalty(llms):
    """Token ids and embeddings of the same prompt are continued alike."""
    model = model_with(llms["qwen2"])
    prompts = [torch.tensor([11, 12, 13, 11]), torch.tensor([40, 41])]
    embeddings = [model.llm.get_input_embeddings()(ids) for ids in prompts]
    options = {"decoding": Decoding(10, repetition_penalty=2.0), "end_tokens": [0], "pad_token": 0}
    assert torch.equal(generate(model.llm, prompts, **options), generate(model.llm, embeddings, **options))


RELEASED = {"num_beams": 4, "repetition_penalty": 1.05}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_beams_of_the_two_best_tokens_are_transformers_sampling_without_probability_mass(llms, dtype):
    """Token by token, with an end in the middle of some answers; equal logits are frequent in bfloat16."""
    model = model_with(llms["qwen2"])
    model.llm.to(dtype)
    found = set()
    for heard in alone(model, speech_batch(*LENGTHS)):
        (row,) = model.inputs(heard, "implicit")
        inputs = batch_inputs([row])
        for end in (None, *model.llm.generate(**inputs, max_new_tokens=9, do_sample=False, eos_token_id=None)[0, 4:6]):
            ends = [0 if end is None else int(end)]
            config = GenerationConfig(
                **RELEASED, do_sample=True, top_p=0.0, top_k=0, max_new_tokens=24, eos_token_id=ends, pad_token_id=1
            )
            expected = model.llm.generate(**inputs, generation_config=config)[0]
            decoding = Decoding(24, **RELEASED, top_k=2, end_tokens=ends)
            said = generate(model.llm, [row], decoding=decoding, end_tokens=[499], pad_token=1)[0]
            assert torch.equal(said, expected.masked_fill(expected == ends[0], 1))
            found.add(tuple(expected.tolist()))
            found |= {len(expected)}
    assert len(found) > 8


def test_of_one_token_to_choose_from_there_is_one_choice(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    greedy = model.generate(heard, "implicit", decoding=Decoding(12))
    seeds = range(len(LENGTHS))
    for decoding in (Decoding(12, 3, top_k=1), Decoding(12, temperature=3.0, top_k=1), Decoding(12, 1, top_k=10**6)):
        assert model.generate(heard, "implicit", decoding=decoding, seeds=seeds) == greedy
    assert model.generate(heard, "implicit", decoding=Decoding(12, temperature=3.0), seeds=seeds) != greedy


def test_ends_that_are_no_special_tokens_are_not_part_of_an_answer(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    rows = model.llm.generate(**batch_inputs(model.inputs(heard, "implicit")), max_new_tokens=9, do_sample=False)
    ends = rows[:2, 5].tolist()
    for row, text in zip(
        rows.tolist(), model.generate(heard, "implicit", decoding=Decoding(9, end_tokens=ends)), strict=True
    ):
        length = next((place for place, token in enumerate(row) if token in ends), 9)
        assert text == model.tokenizer.decode(row[:length], skip_special_tokens=True).strip()


@pytest.mark.parametrize(
    "options",
    [
        {"num_beams": 0},
        {"top_k": -1},
        {"end_tokens": [-1]},
        {"repetition_penalty": 0.0},
        {"temperature": -1.0},
        {"top_p": 1.5},
        {"num_beams": 2, "temperature": 1.0},
    ],
)
def test_decoding_that_makes_no_sense_is_one_line(options):
    with pytest.raises(InputError):
        Decoding(**options)


@pytest.mark.parametrize(
    "decoding", [{}, {"num_beams": 4, "top_k": 2, "repetition_penalty": 1.05}, {"temperature": 1.0}]
)
def test_an_answer_begins_with_one_of_its_openings_alone_and_in_a_batch(llms, decoding):
    model = model_with(llms["qwen2"])
    batch = speech_batch(*LENGTHS)
    openings = [[[260, 270, 280], [260, 271], [300]], [], [[301]], [[310, 311], [312, 313, 314, 315]], [[260, 271]]]
    seeds = list(range(len(openings)))

    def answers(rows, seeds, **options) -> list[list[int]]:
        """Token ids, without what is behind the end."""
        tokens = generate(
            model.llm,
            rows,
            decoding=Decoding(8, **decoding),
            end_tokens=[model.tokenizer.eos_token_id],
            pad_token=model.tokenizer.eos_token_id,
            seeds=seeds,
            **options,
        )
        return [[token for token in row if token != model.tokenizer.eos_token_id] for row in tokens.tolist()]

    rows = model.inputs(perceived(model, batch), "explicit")
    together = answers(rows, seeds, openings=openings)
    for row, (opening, said) in enumerate(zip(openings, together, strict=True)):
        alone = [rows[row]], [seeds[row]]
        assert [said] == answers(*alone, openings=[opening])
        if opening:
            assert any(said[: len(tokens)] == tokens for tokens in opening)
        else:
            assert [said] == answers(*alone)


def test_greedy_search_takes_the_likeliest_opening_and_what_it_says_anyway_is_left(llms):
    model = model_with(llms["qwen2"])
    heard = perceived(model, speech_batch(*LENGTHS))
    free = model.generate(heard, "explicit", decoding=Decoding(8))
    ids = model.llm.generate(**batch_inputs(model.inputs(heard, "explicit")), max_new_tokens=8, do_sample=False)
    openings = [[row[:2], [260, 270]] for row in ids.tolist()]
    assert model.generate(heard, "explicit", decoding=Decoding(8), openings=openings) == free
    for utterance in heard:
        first = model.logits([utterance], "explicit", count=1)[0, -1].detach()
        chosen = max((300, 301, 302), key=lambda token: float(first[token]))
        (said,) = model.generate(
            [utterance], "explicit", decoding=Decoding(1), openings=[[[token] for token in (300, 301, 302)]]
        )
        assert said == model.tokenizer.decode([chosen]).strip()
