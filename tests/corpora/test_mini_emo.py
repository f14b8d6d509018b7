"""mini_emo: the plan is balanced, hard enough and gives nothing away; the same seed is the same sound."""

import os
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from c2ser.corpora.mini_emo import MEANS, SPEAKERS, TELLING_SHARE, plan_utterances, speak_corpus
from c2ser.corpora.mini_emo import _speak_utterance as speak_utterance
from c2ser.data.data_dir import validate_data_dir
from c2ser.data.tables import read_table
from c2ser.emotions import EMOTIONS, PAPER_EMOTIONS, read_emotions
from c2ser.errors import InputError
from c2ser.synthesis.espeak import map_in_fresh_processes, speak
from c2ser.synthesis.sentences import PLAIN, TELLING

NUM_UTTS = 420  # one utterance a voice, language and emotion


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("mini emo ü")
    speak_corpus(root / "downloads", root / "data", NUM_UTTS)
    return root


def speak_in(folder: Path, plans, nj: int) -> dict[str, bytes]:
    jobs = [(plan, folder / f"{plan.id}.wav") for plan in plans]
    for _ in map_in_fresh_processes(speak_utterance, jobs, nj):
        pass
    return {plan.id: path.read_bytes() for plan, path in jobs}


def test_sets_are_large_and_balanced_and_share_no_speaker():
    plans = plan_utterances()
    assert len(plans) >= 700 and len({plan.id for plan in plans}) == len(plans)
    assert len({plan.speaker for plan in plans}) >= 8
    assert len({speaker.variant for group in SPEAKERS.values() for speaker in group.values()}) == 30
    for name, group in SPEAKERS.items():
        members = [plan for plan in plans if plan.set == name]
        assert {plan.speaker for plan in members} == set(group)
        assert all(group.keys().isdisjoint(other) for key, other in SPEAKERS.items() if key != name)
        assert len(set(Counter((plan.emotion, plan.language) for plan in members).values())) == 1
        assert len(set(Counter(speaker.gender for speaker in group.values()).values())) == 1


def test_words_give_the_emotion_away_in_less_than_half_and_never_name_it():
    plans = plan_utterances()
    assert 0.35 < np.mean([plan.telling for plan in plans]) < 0.45
    assert TELLING_SHARE < 0.5
    plain = {text for texts in PLAIN.values() for text in texts}
    telling = [text for group in TELLING.values() for texts in group.values() for text in texts]
    assert len(telling) == len(set(telling)) and plain.isdisjoint(telling)
    named = {word for name, (chinese, synonyms) in EMOTIONS.items() for word in (name, chinese, *synonyms)}
    for text in plain | set(telling):
        words = set(text.lower().replace("'", " ").split()) | {text[i : i + 2] for i in range(len(text))}
        assert words.isdisjoint(named)
    for plan in plans:
        assert plan.telling == (plan.text in TELLING[plan.language][plan.emotion])


def test_no_attribute_alone_tells_the_emotion():
    plans = plan_utterances()
    drawn = np.array([plan.attributes for plan in plans])
    truth = np.array([PAPER_EMOTIONS.index(plan.emotion) for plan in plans])
    means = np.array([MEANS[emotion] for emotion in PAPER_EMOTIONS])
    for attribute in range(drawn.shape[1]):
        nearest = np.abs(drawn[:, attribute, None] - means[None, :, attribute]).argmin(axis=1)
        assert np.mean(nearest == truth) < 0.6


def test_seeds_differ_and_repeat():
    assert plan_utterances(500, seed=1) == plan_utterances(500, seed=1)
    assert [plan.text for plan in plan_utterances(500, seed=1)] != [plan.text for plan in plan_utterances(500, seed=2)]


def test_same_bytes_in_any_order_with_any_number_of_jobs(tmp_path):
    plans = plan_utterances()[::60]
    assert speak_in(tmp_path / "a", plans, nj=1) == speak_in(tmp_path / "b", plans[::-1], nj=3)


def test_data_directories_are_whole(corpus):
    data = corpus / "data"
    assert read_emotions(data / "emotions") == list(PAPER_EMOTIONS)
    sizes = {name: len(read_table(data / name / "wav.scp")) for name in ("train", "unlabelled", "dev", "test")}
    assert sum(sizes.values()) == NUM_UTTS
    assert sizes["unlabelled"] / (sizes["train"] + sizes["unlabelled"]) == pytest.approx(1 / 3, abs=0.01)
    for name in sizes:
        assert validate_data_dir(data / name) == []
    assert read_table(data / "unlabelled" / "utt2emo") == {}
    reference = read_table(data / "unlabelled_reference" / "utt2emo")
    assert reference.keys() == read_table(data / "unlabelled" / "wav.scp").keys()
    assert set(Counter(reference.values()).values()) == {13}


def test_audio_is_16_khz_mono_short_and_not_clipped(corpus):
    for path in read_table(corpus / "data" / "train" / "wav.scp").values():
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert 0.3 < info.duration < 8
        assert 0.02 < np.abs(soundfile.read(path)[0]).max() < 0.96


def test_emotion_is_heard_in_unseen_speakers(corpus):
    from c2ser.data.audio import utterance_audio
    from c2ser.pseudo_label.acoustic import log_mel_statistics, statistics_classifier

    sets = {}
    for name in ("train", "test"):
        truth = read_table(corpus / "data" / name / "utt2emo")
        sounds = {utt: log_mel_statistics(wave) for utt, wave in utterance_audio(corpus / "data" / name)}
        sets[name] = [sounds[utt] for utt in truth], list(truth.values())
    # A fifth of the corpus's usual size: the figures for the whole are in its README.
    assert statistics_classifier().fit(*sets["train"]).score(*sets["test"]) > 0.6


def die(code: int) -> int:
    if code:
        os._exit(code)
    return code


def test_a_process_that_dies_is_an_error_and_not_a_wait_for_ever():
    assert list(map_in_fresh_processes(die, [0, 0, 0], nj=2)) == [0, 0, 0]
    with pytest.raises(InputError, match="that spoke 7 died with exit code 7"):
        list(map_in_fresh_processes(die, [0, 7, *[0] * 20], nj=2))
    with pytest.raises(ZeroDivisionError):
        list(map_in_fresh_processes(partial(divmod, 1), [1, 0], nj=1))


def test_bad_input_is_one_line():
    with pytest.raises(InputError, match="ask for 420 or more"):
        plan_utterances(100)
    with pytest.raises(InputError, match="--seed -1"):
        plan_utterances(seed=-1)
    with pytest.raises(InputError, match="--nj 0"):
        list(map_in_fresh_processes(len, [[]], nj=0))
    with pytest.raises(InputError, match="no voice 'xx-none'"):
        speak("hello", "xx-none")
