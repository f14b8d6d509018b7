"""Answers within the emotions that an utterance may have: scores, constrained answers, conclusions."""

import pytest
import torch
from helpers.tiny_alm import LENGTHS, model_with, perceived, speech_batch

from c2ser.emotions import PAPER_EMOTIONS
from c2ser.languages import detect_language, language_of, read_emotion
from c2ser.rationales.templates import explicit_target, implicit_target
from c2ser.systems.c2ser import C2SERRecognizer
from c2ser.systems.recognizer import Speech
from c2ser.systems.restriction import conclude_within, is_outside, restrict

FOUR = ("angry", "happy", "neutral", "sad")
TEXTS = [
    implicit_target("fearful", "en"),
    implicit_target("surprised", "zh"),
    explicit_target(("high", "low", "medium"), text="I fear for you.", emotion="disgusted", language="en"),
    implicit_target("sad", "en"),
    "The the",
]


@pytest.fixture(scope="module")
def model(llms):
    return model_with(llms["llama"])


@pytest.fixture(scope="module")
def batch():
    return speech_batch(*LENGTHS)


def test_probabilities_are_shares_of_what_is_allowed():
    scores = {"angry": 0.2, "happy": 0.3, "sad": 0.5}
    assert restrict(scores, None) == scores
    assert restrict(scores, ("sad", "happy")) == pytest.approx({"happy": 0.375, "sad": 0.625})
    assert restrict({"angry": 1.0, "happy": 0.0, "sad": 0.0}, ("sad", "happy")) == {"happy": 0.5, "sad": 0.5}


def test_only_a_conclusion_with_another_emotion_is_outside():
    outside = [is_outside(text, FOUR, emotions=PAPER_EMOTIONS) for text in TEXTS]
    assert outside == [True, True, True, False, False]
    assert not any(is_outside(text, None, emotions=PAPER_EMOTIONS) for text in TEXTS)


def test_a_model_concludes_again_with_the_likeliest_emotion_that_is_allowed(model, batch):
    heard = perceived(model, batch)
    options = {"mode": "implicit", "texts": TEXTS, "emotions": PAPER_EMOTIONS}
    said, unscored = conclude_within(model, heard, allowed=[FOUR] * 5, **options)
    assert unscored == [None] * 5
    assert said[3:] == TEXTS[3:]
    for row, (before, after) in enumerate(zip(TEXTS[:3], said[:3], strict=True)):
        concluded = read_emotion(after)
        assert concluded in FOUR and concluded != read_emotion(before)
        candidates = [before.replace(word_of(before), word_of(before, emotion)) for emotion in FOUR]
        assert after == max(candidates, key=lambda text, row=row: likelihood(model, heard[row], text))
    assert conclude_within(model, heard, allowed=[None] * 5, **options)[0] == TEXTS


def test_conclusions_are_scored_given_what_stands_before_them(model, batch):
    heard = perceived(model, batch)
    options = {"mode": "explicit", "texts": TEXTS, "emotions": PAPER_EMOTIONS, "scored": True}
    texts, scores = conclude_within(model, heard, allowed=[None] * 5, **options)
    assert texts == TEXTS and scores[4] is None  # which concludes with nothing
    for row, (text, shares) in enumerate(zip(TEXTS[:4], scores[:4], strict=True)):
        candidates = [text.replace(word_of(text), word_of(text, emotion)) for emotion in PAPER_EMOTIONS]
        logs = torch.tensor([likelihood(model, heard[row], candidate, "explicit") for candidate in candidates])
        assert list(shares) == list(PAPER_EMOTIONS)
        assert list(shares.values()) == pytest.approx(logs.softmax(0).tolist(), abs=1e-4)
    texts, narrowed = conclude_within(model, heard, allowed=[FOUR] * 5, **options)
    for text, shares, whole in zip(texts[:4], narrowed[:4], scores[:4], strict=True):
        assert shares == pytest.approx(restrict(whole, FOUR), abs=1e-4)
        assert read_emotion(text) == "sad" or read_emotion(text) == max(shares, key=shares.get)


def test_a_conclusion_in_quotes_has_no_place_for_another_one(model, batch):
    texts, options = ['The emotion is "sad".'] * 5, {"emotions": PAPER_EMOTIONS, "scored": True}
    said, scores = conclude_within(
        model, perceived(model, batch), mode="implicit", texts=texts, allowed=[("angry",)] * 5, **options
    )
    assert said == texts and scores == [None] * 5


def word_of(text: str, emotion: str | None = None) -> str:
    """How a text calls an emotion, by default the one that it concludes with."""
    name = emotion or read_emotion(text)
    return language_of(detect_language(text)).emotions[name]


def likelihood(model, heard: torch.Tensor, text: str, mode: str = "implicit") -> float:
    tokens = [*model.tokenizer(text, add_special_tokens=False).input_ids, model.tokenizer.eos_token_id]
    inputs = model.inputs([heard], mode, answers=[torch.tensor(tokens)])[0]
    with torch.inference_mode():
        logits = model.llm(inputs_embeds=inputs[None]).logits[0, -len(tokens) - 1 : -1]
    return float(logits.log_softmax(1)[range(len(tokens)), tokens].sum())


def test_scores_and_constrained_answers_keep_to_what_each_utterance_may_have(model, batch):
    allowed = [FOUR, None, ("fearful",), FOUR, ("sad", "fearful")]
    rows = zip(*batch, allowed, strict=True)
    speech = [Speech(row[:length].numpy(), tokens.numpy(), emotions=own) for row, length, tokens, own in rows]
    answers = C2SERRecognizer(model, PAPER_EMOTIONS, constrained=True).recognize(speech, "implicit")
    free = C2SERRecognizer(model, PAPER_EMOTIONS, constrained=True)
    for answer, one, own in zip(answers, speech, allowed, strict=True):
        assert tuple(answer.scores) == tuple(
            emotion for emotion in PAPER_EMOTIONS if emotion in (own or PAPER_EMOTIONS)
        )
        assert sum(answer.scores.values()) == pytest.approx(1, abs=1e-5)
        assert answer.emotion == max(answer.scores, key=answer.scores.get) == read_emotion(answer.text)
        (alone,) = free.recognize([Speech(one.audio, one.emotion2vec_s)], "implicit")
        assert answer.scores == pytest.approx(restrict(alone.scores, own), abs=1e-4)
