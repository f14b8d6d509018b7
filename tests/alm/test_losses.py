"""The loss on answers and self-distillation, against computations by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_alm import LEVELS, answers, build, one, speech_batch, targets

from c2ser.alm.answers import level_choices
from c2ser.alm.losses import Answers, LevelTargets, drop_answer_tokens
from c2ser.alm.model import C2SERModel
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.languages import language_of
from c2ser.languages.parts import Part
from c2ser.rationales.templates import explicit_target, implicit_target


def test_loss_of_a_padded_batch_is_that_of_its_utterances(alm_config):
    model = build(replace(alm_config, emotion_weight=5.0))
    batch = speech_batch(16000, 5000, 9000)
    texts = targets()[0], targets()[1], targets()[-1]
    with torch.no_grad():
        together = model(*batch, answers(model, "explicit", *texts))
        losses, weights = [], []
        for index, text in enumerate(texts):
            said = answers(model, "explicit", text)
            alone = model(*one(batch, index), said)
            losses.append(alone["loss"].item())
            weights.append((1 + 4 * (said.parts[0] == Part.EMOTION).float()).sum().item())
            assert alone["weight"].item() == weights[-1]
    assert together["loss"].item() == pytest.approx(np.average(losses, weights=weights), abs=1e-4)
    assert together["weight"].item() == sum(weights)


@pytest.mark.parametrize(("mode", "target"), [("implicit", targets()[1]), ("explicit", targets()[0])])
def test_loss_is_the_weighted_cross_entropy_of_the_answer_alone(alm_config, mode, target):
    """By hand, from the logits that the language model gives before each token of the answer."""
    model = build(replace(alm_config, emotion_weight=7.0, level_weight=3.0, transcript_weight=2.0))
    batch = speech_batch(8000)
    said = answers(model, mode, target)
    (ids,), (parts,) = said.tokens, said.parts
    with torch.no_grad():
        outputs = model(*batch, said)
        (heard,) = model.perceive(*batch)
        embed = model.llm.get_input_embeddings()
        begin, end = model.speech_marks.weight.split(1)
        prompt = embed(torch.tensor(model.prompts[mode]))
        inputs = torch.cat([prompt, begin, heard, end, embed(ids)]).unsqueeze(0)
        logits = model.llm(inputs_embeds=inputs).logits[0, -len(ids) - 1 : -1]
    by_token = -logits.log_softmax(1).gather(1, ids.unsqueeze(1)).squeeze(1)
    medium = 1 + 2 * 0.159 / 0.683
    by_part = {Part.WORDING: 1, Part.EMOTION: 7, Part.LEVEL: 3, Part.MEDIUM: medium, Part.TRANSCRIPT: 2}
    weight = torch.tensor([by_part[int(part)] for part in parts])
    assert outputs["loss"].item() == pytest.approx(((by_token * weight).sum() / weight.sum()).item(), rel=1e-4)
    right = logits.argmax(1) == ids
    assert outputs["token_accuracy"].item() == pytest.approx(right.float().mean().item())
    assert outputs["emotion_accuracy"].item() == right[parts == Part.EMOTION].all().item()
    levels = (parts == Part.LEVEL) | (parts == Part.MEDIUM)
    for name, tokens in (("level_accuracy", levels), ("transcript_accuracy", parts == Part.TRANSCRIPT)):
        if mode == "explicit":
            assert tokens.any() and outputs[name].item() == pytest.approx(right[tokens].float().mean().item())
        else:
            assert name not in outputs


def test_answer_dropout_hides_tokens_only_in_training(alm_config):
    answer = torch.ones(1000, 4)
    assert torch.equal(drop_answer_tokens(answer, 0.0), answer)
    hidden = drop_answer_tokens(answer, 0.5)
    assert torch.equal(hidden.amin(1), hidden.amax(1)) and 400 < hidden.amax(1).sum() < 600
    model = build(replace(alm_config, answer_dropout=0.5))
    (speech,) = model.perceive(*speech_batch(6000))
    ids = torch.full((1000,), 7)
    for training in (False, True):
        (row,) = model.train(training).inputs([speech], "implicit", answers=[ids])
        hidden = int((row[-1000:] == 0).all(1).sum())
        assert 400 < hidden < 600 if training else hidden == 0


def distilled(model: C2SERModel, speech) -> dict[str, torch.Tensor]:
    """One pass over two utterances, English and Chinese, that are distilled."""
    said = (("angry", "en"), ("sad", "zh"))
    implicit = answers(model, "implicit", *(implicit_target(emotion, language) for emotion, language in said))
    texts = [
        explicit_target(LEVELS, text=f"I am happy, {word}.", emotion=emotion, language=word) for emotion, word in said
    ]
    return model(*speech, implicit, answers(model, "explicit", *texts))


def test_divergence_is_from_what_the_explicit_answer_concludes(alm_config):
    """By hand: the probabilities of each emotion's word where the answers have come to it."""
    model = build(replace(alm_config, distillation_weight=3.0, emotion_weight=2.0, answer_dropout=0.5))
    speech = speech_batch(6000, 4000)
    outputs = distilled(model, speech)
    plain = model(*speech, answers(model, "implicit", implicit_target("angry", "en"), implicit_target("sad", "zh")))
    divergences = []
    for index, (emotion, language) in enumerate((("angry", "en"), ("sad", "zh"))):
        rows = {}
        explicit = explicit_target(LEVELS, text=f"I am happy, {language}.", emotion=emotion, language=language)
        for mode, text in (("explicit", explicit), ("implicit", implicit_target(emotion, language))):
            said = answers(model, mode, text)
            before = said.tokens[0][: int((said.parts[0] == Part.EMOTION).int().argmax())]
            logits = model.logits(model.perceive(*one(speech, index)), mode, answers=[before], count=1)[0, -1]
            words = language_of(language).emotions
            choices = [answers(model, mode, text.replace(words[emotion], words[name])) for name in PAPER_EMOTIONS]
            tokens = [int(choice.tokens[0][choice.parts[0] == Part.EMOTION][0]) for choice in choices]
            rows[mode] = logits[tokens].softmax(0)
        teacher, student = rows["explicit"], rows["implicit"]
        divergences.append((teacher * (teacher / student).log()).sum())
    assert outputs["divergence"].item() == pytest.approx(torch.stack(divergences).mean().item(), rel=1e-3)
    expected = plain["loss"] + 3.0 * 2.0 * torch.stack(divergences).sum() / plain["weight"]
    assert outputs["loss"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_implicit_answers_learn_from_explicit_ones_and_not_the_reverse(alm_config):
    model = build(
        replace(alm_config, distillation_weight=1.0, lora_conf={"target_modules": ["q_proj", "v_proj"]})
    ).train()
    speech = speech_batch(6000, 4000)
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    divergences = []
    for _ in range(20):
        outputs = distilled(model, speech)
        assert model.training and model.llm.training
        optimizer.zero_grad()
        (outputs["divergence"]).backward()
        optimizer.step()
        divergences.append(outputs["divergence"].item())
    assert divergences[-1] < 0.3 * divergences[0]


def test_answers_of_the_transcript_alone_are_the_quoted_words_and_the_end_mark(alm_config):
    model = build(alm_config)
    quoting = explicit_target(("high", "low", "low"), text="It is seven.", emotion="sad", language="en")
    silent = explicit_target(("high", "low", "low"), text="", emotion="sad", language="en")
    said = answers(model, "explicit", quoting, silent)
    alone = said.transcript_alone()
    assert alone.mode == "transcript"
    assert model.tokenizer.decode(alone.tokens[0], skip_special_tokens=True).strip(' "') == "It is seven."
    assert [len(tokens) for tokens in said.transcripts()] == [len(tokens) - 1 for tokens in alone.tokens]
    for tokens in alone.tokens:
        assert tokens[-1] == model.tokenizer.eos_token_id
    assert len(alone.tokens[1]) == 1 and len(said.transcripts()[1]) == 0
    outputs = model(*speech_batch(16000, 9000), alone)
    assert outputs["loss"].isfinite() and "emotion_accuracy" not in outputs and outputs["transcript_accuracy"] >= 0


VOTES, HAPPY = {"angry": 0.6, "sad": 0.4}, {"happy": 1.0}


def shared(said: Answers, *shares: dict[str, float]) -> Answers:
    """Answers of which several emotions are the target."""
    rows = torch.tensor([[row.get(name, 0.0) for name in PAPER_EMOTIONS] for row in shares])
    return said._replace(emotion_shares=rows)


def test_shares_are_the_target_of_the_first_token_of_the_emotion(alm_config):
    """By hand; where the label has all of it, and of all other tokens, the loss is the label's."""
    model = build(replace(alm_config, emotion_weight=3.0))
    with torch.no_grad():  # probabilities that differ
        model.llm.get_output_embeddings().weight.mul_(20)
    speech = speech_batch(6000, 4000)
    texts = [explicit_target(("low",) * 3, text="Yes.", emotion=name, language="en") for name in ("angry", "happy")]
    said = answers(model, "explicit", *texts)
    plain, mixture = model(*speech, said), model(*speech, shared(said, VOTES, HAPPY))
    tokens, parts = said.tokens[0], said.parts[0]
    place = int((parts == Part.EMOTION).int().argmax())
    logits = model.logits(model.perceive(*one(speech, 0)), "explicit", answers=[tokens[:place]], count=1)[0, -1]
    log_probability = dict(zip(PAPER_EMOTIONS, logits.log_softmax(0)[said.choices[0]].tolist()))
    of_votes = -sum(share * log_probability[name] for name, share in VOTES.items())
    more = 3.0 * (of_votes + log_probability["angry"]) / plain["weight"].item()
    assert (mixture["loss"] - plain["loss"]).item() == pytest.approx(more, rel=1e-3) and abs(more) > 1e-3
    torch.testing.assert_close(model(*speech, shared(said, {"angry": 1.0}, HAPPY))["loss"], plain["loss"])
    alone = shared(said, VOTES, HAPPY).transcript_alone()
    assert torch.equal(model(*speech, alone)["loss"], model(*speech, said.transcript_alone())["loss"])


def with_levels(model: C2SERModel, said: Answers, texts: list[str], shares: torch.Tensor) -> Answers:
    """Answers of which several levels are the target; shares (B, 3, 3)."""
    found = [level_choices(model.tokenizer, text, emotions=PAPER_EMOTIONS) for text in texts]
    places, choices = (torch.from_numpy(np.stack(rows)) for rows in zip(*found, strict=True))
    return said._replace(levels=LevelTargets(places, choices, shares))


def test_shares_are_the_target_of_the_first_token_of_a_level(alm_config):
    """By hand; where the stated level has all of it, or is not known, the loss is that of what is stated."""
    model = build(replace(alm_config, level_weight=3.0))
    with torch.no_grad():
        model.llm.get_output_embeddings().weight.mul_(20)
    speech = speech_batch(6000, 4000)
    stated = ("low", "high", "low"), ("nan", "low", "low")  # pitch, volume, rate
    texts = [explicit_target(levels, text="Yes.", emotion="sad", language="en") for levels in stated]
    said = answers(model, "explicit", *texts)
    shares = torch.zeros(2, 3, 3)
    shares[0, :, 0] = shares[1, 1:, 0] = 1.0
    shares[0, 1] = torch.tensor([0.0, 0.0, 1.0])
    plain = model(*speech, said)["loss"]
    torch.testing.assert_close(model(*speech, with_levels(model, said, texts, shares))["loss"], plain)
    shares[0, 1] = torch.tensor([0.0, 0.25, 0.75])
    shares[1, 2] = 0.0
    outputs = model(*speech, mixed := with_levels(model, said, texts, shares))
    place, choices = mixed.levels.places[0, 1], mixed.levels.choices[0, 1]
    tokens = said.tokens[0]
    logits = model.logits(model.perceive(*one(speech, 0)), "explicit", answers=[tokens[:place]], count=1)[0, -1]
    medium, high = logits.log_softmax(0)[choices].tolist()[1:]
    more = 3.0 * (high - 0.25 * medium - 0.75 * high) / outputs["weight"].item()
    assert (outputs["loss"] - plain).item() == pytest.approx(more, rel=1e-3) and abs(more) > 1e-3
    alone = with_levels(model, said, texts, shares).transcript_alone()
    assert torch.equal(model(*speech, alone)["loss"], model(*speech, said.transcript_alone())["loss"])


def test_answers_are_mixed_where_they_have_shares(alm_config):
    model = build(alm_config)
    texts = [explicit_target(("low", level, "low"), text="", emotion="sad", language="en") for level in ("low", "high")]
    said = answers(model, "explicit", *texts)
    assert said.mixed(torch.flip) == said
    mixture = shared(said, VOTES, HAPPY).mixed(lambda shares: shares.flip(0))
    assert torch.equal(mixture.emotion_shares, shared(said, HAPPY, VOTES).emotion_shares) and mixture.levels is None
    shares = torch.rand(2, 3, 3)
    mixture = with_levels(model, said, texts, shares).mixed(lambda shares: shares.flip(0))
    assert torch.equal(mixture.levels.shares, shares.flip(0)) and mixture.emotion_shares is None


def test_probabilities_of_the_emotions_approach_their_shares(alm_config):
    """The language model alone learns, from two utterances that are perceived once."""
    learned = {}
    for target in ({"angry": 1.0}, VOTES):
        model = build(replace(alm_config, emotion_weight=20.0))
        with torch.no_grad():
            heard = model.perceive(*speech_batch(6000, 4000))
        said = answers(model, "implicit", implicit_target("angry", "en"), implicit_target("happy", "en"))
        optimizer = torch.optim.AdamW(model.llm.parameters(), lr=1e-2)
        for _ in range(60):
            optimizer.zero_grad()
            model.loss(heard, shared(said, target, HAPPY))["loss"].backward()
            optimizer.step()
        rows = model.emotion_logits(heard, said).softmax(1).tolist()
        learned[len(target)] = [dict(zip(PAPER_EMOTIONS, row)) for row in rows]
    assert learned[1][0]["angry"] > 0.9
    assert learned[2][0]["angry"] == pytest.approx(0.6, abs=0.05)
    assert learned[2][0]["sad"] == pytest.approx(0.4, abs=0.05)
    assert learned[2][1]["happy"] > 0.9
