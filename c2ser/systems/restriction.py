"""Answers within some emotions of the label set, as where an utterance's corpus has fewer."""

from collections.abc import Mapping, Sequence

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from c2ser.alm.answers import LabelAnswers, label_answers
from c2ser.alm.model import C2SERModel
from c2ser.languages import last_emotion_word, read_emotion, word_language
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import Speech

LEAST = 1e-30  # probability of what is computed as 0, so that shares of others' sums exist


def restrict(scores: Mapping[str, float], allowed: Sequence[str] | None) -> dict[str, float]:
    """Returns the probabilities given that the emotion is one of those allowed.

    Args:
        scores: emotion -> probability.
        allowed: some of them; None for all.

    Example:
        >>> restrict({"angry": 0.25, "sad": 0.25, "happy": 0.5}, ["angry", "sad"])
        {'angry': 0.5, 'sad': 0.5}
    """
    kept = {emotion: max(share, LEAST) for emotion, share in scores.items() if allowed is None or emotion in allowed}
    if len(kept) == len(scores):
        return dict(scores)
    total = sum(kept.values())
    return {emotion: share / total for emotion, share in kept.items()}


def most_probable(scores: Mapping[str, float], speech: Speech) -> Recognition:
    """Returns the answer of a system that has probabilities alone: the most probable emotion of those allowed.

    Args:
        scores: of the label set.
        speech: may say which emotions are allowed.

    Example:
        >>> most_probable({"angry": 0.5, "happy": 0.25, "sad": 0.25}, Speech(emotions=["happy", "sad"])).scores
        {'happy': 0.5, 'sad': 0.5}
    """
    own = restrict(scores, speech.emotions)
    emotion = max(own, key=own.__getitem__)
    return Recognition(emotion, emotion, own, transcript=speech.transcript)


def is_outside(text: str, allowed: Sequence[str] | None, *, emotions: Sequence[str]) -> bool:
    """Tells whether an answer concludes with an emotion of the label set that is not allowed.

    Args:
        text: the answer.
        allowed: None for all.
        emotions: the label set.

    Example:
        >>> is_outside("The speaker is sad.", ["angry"], emotions=["angry", "sad"])
        True
    """
    return allowed is not None and (read_emotion(text, emotions) or allowed[0]) not in allowed


def conclusions(
    tokenizer: PreTrainedTokenizerBase, text: str, *, emotions: Sequence[str], end_token: int
) -> LabelAnswers | None:
    """Returns an answer with each emotion of the label set in the place of the one that it concludes with.

    None for an answer without a conclusion, or whose conclusion is in quotes.

    Args:
        tokenizer: a fast tokenizer, which knows the characters of each token.
        text: the answer.
        emotions: the label set.
        end_token: id of the end mark.

    Example:
        >>> conclusions(tokenizer, "I am sad.", emotions=["angry", "sad"], end_token=2).texts  # doctest: +SKIP
        ['I am angry.', 'I am sad.']
    """
    emotion = read_emotion(text, emotions)
    word = None if emotion is None else last_emotion_word(text, [emotion])
    if word is None:
        return None
    words = word_language(text[word.start : word.end]).emotions
    texts = [text[: word.start] + words[emotion] + text[word.end :] for emotion in emotions]
    return label_answers(tokenizer, texts, end_token=end_token, given=word.start)


def conclude_within(
    model: C2SERModel,
    speech_embeddings: Sequence[Tensor],
    *,
    mode: str,
    texts: Sequence[str],
    allowed: Sequence[Sequence[str] | None],
    emotions: Sequence[str],
    end_tokens: Sequence[int] = (),
    scored: bool = False,
) -> tuple[list[str], list[dict[str, float] | None]]:
    """Lets a model conclude again where it has concluded with an emotion that is not allowed, and scores conclusions.

    What it said before its conclusion stays; of the emotions that are allowed it gets the one that is most probable
    there.

    Args:
        model: the audio language model.
        speech_embeddings: what its `perceive` returned of B utterances.
        mode: of the answers.
        texts: B answers.
        allowed: the emotions that each utterance may have; None for all.
        emotions: the label set.
        end_tokens: ids of the end marks; by default the tokenizer's.
        scored: compute the probabilities of all conclusions, not only where the model has to conclude again.

    Returns:
        B answers; those that conclude with nothing, or with an emotion that is allowed, are the same. And, if
        ``scored``, the probability of each emotion that is allowed given what stands before the conclusion; None where
        there is no conclusion.
    """
    texts = list(texts)
    scores: list[dict[str, float] | None] = [None] * len(texts)
    end, *_ = end_tokens or [model.tokenizer.eos_token_id]
    outside = [is_outside(text, own, emotions=emotions) for text, own in zip(texts, allowed, strict=True)]
    found = {
        row: answers
        for row, text in enumerate(texts)
        if (scored or outside[row])
        and (answers := conclusions(model.tokenizer, text, emotions=emotions, end_token=end)) is not None
    }
    if not found:
        return texts, scores
    probabilities, _ = model.score_candidates(
        [speech_embeddings[row] for row in found],
        mode,
        candidates=[answers.endings for answers in found.values()],
        end_tokens=end_tokens,
        beginnings=[answers.beginning for answers in found.values()],
    )
    for (row, answers), shares in zip(found.items(), probabilities.tolist(), strict=True):
        own = restrict(dict(zip(emotions, shares, strict=True)), allowed[row])
        if outside[row]:
            texts[row] = answers.texts[list(emotions).index(max(own, key=own.__getitem__))]
        if scored:
            scores[row] = own
    return texts, scores
