"""Who gives inputs to whom, and whom answers follow."""

import pytest

from c2ser.interventions.pairs import Labelled, find_pairs
from c2ser.interventions.summary import Outcome, exchange_figures


def labelled(speakers: int = 3) -> dict[str, Labelled]:
    """Two sentences in each of two languages, with three emotions; the last one is said by one speaker alone."""
    return {
        f"s{speaker}-{sentence}-{emotion}": Labelled(emotion, sentence, f"s{speaker}", sentence[:2])
        for speaker in range(speakers)
        for sentence in ("en1", "en2", "de1", "de2")
        for emotion in ("angry", "happy", "sad")
        if emotion != "sad" or speaker == 0
    }


@pytest.mark.parametrize("parallel", [True, False])
def test_donors_are_of_another_emotion_and_of_the_same_speaker_first(parallel):
    known = labelled()
    pairs = find_pairs(known, number=3, parallel=parallel, seed=1)
    assert {pair.recipient for pair in pairs} == set(known) and len(set(pairs)) == len(pairs) == 3 * len(known)
    for pair in pairs:
        own, other = known[pair.recipient], known[pair.donor]
        assert own.emotion != other.emotion and own.language == other.language
        assert (own.sentence == other.sentence) is parallel
    for utt, own in known.items():
        speakers = [known[pair.donor].speaker for pair in pairs if pair.recipient == utt]
        there = sum(
            other.speaker == own.speaker
            and other.emotion != own.emotion
            and other.language == own.language
            and (other.sentence == own.sentence) is parallel
            for other in known.values()
        )
        assert speakers[: min(3, there)] == [own.speaker] * min(3, there)
    assert find_pairs(known, number=3, parallel=parallel, seed=1) == pairs
    assert find_pairs(known, number=3, parallel=parallel, seed=2) != pairs


def test_each_donor_is_drawn_about_as_often():
    known = {str(number): Labelled("sad" if number else "angry", "it rains", str(number), None) for number in range(9)}
    drawn = [find_pairs(known, number=1, seed=seed)[0].donor for seed in range(400)]
    assert all(30 < drawn.count(str(number)) < 75 for number in range(1, 9))


def test_there_are_fewer_pairs_or_none_where_no_donor_is_there():
    known = labelled(speakers=1)
    assert len(find_pairs(known, number=5)) == 2 * len(known)
    assert find_pairs({utt: own for utt, own in known.items() if own.emotion == "sad"}, number=5) == []
    assert find_pairs({"a": Labelled("sad", None, "a", None), "b": Labelled("angry", None, "b", None)}, number=1) == []


def test_answers_follow_one_the_other_neither_or_cannot_tell():
    answers = {
        "own": ("sad", "angry", "sad"),
        "other": ("sad", "angry", "angry"),
        "neither": ("sad", "angry", "<invalid>"),
        None: ("sad", "sad", "angry"),
    }
    outcomes = {follows: Outcome("a", "b", *own) for follows, own in answers.items()}
    assert all(outcome.follows == follows for follows, outcome in outcomes.items())
    assert Outcome("a", "b", "<invalid>", "sad", "sad").follows is None
    figures = exchange_figures(list(outcomes.values()), units={"a": "a"})
    assert (figures["n_pairs"], figures["n_told"], figures["changed"]) == (4, 3, 0.75)
    assert figures["own"] == figures["other"] == figures["neither"] == pytest.approx(1 / 3)
    untold = exchange_figures([outcomes[None]], units={"a": "a"})
    assert untold["other"] is None and untold["other_ci95"] is None and untold["changed"] == 1
