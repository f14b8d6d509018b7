"""mini_emo on disk: its sets are whole and balanced, its audio as promised, its emotions recognisable."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from c2ser.corpora import mini_emo
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.names import UTT2EMO
from c2ser.errors import InputError
from c2ser.pseudo_label.acoustic import log_mel_statistics, statistics_classifier

NUM_UTTS = 420  # one utterance per voice, language and emotion


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("mini emo ü")
    mini_emo.speak_corpus(root, NUM_UTTS)
    return root


def test_sets_are_whole(corpus):
    sets = {name: list(mini_emo.read(corpus, name)) for name in mini_emo.CORPUS.sets}
    utterances = list(mini_emo.read(corpus))
    assert sum(map(len, sets.values())) == len(utterances) == len({utt.id for utt in utterances}) == NUM_UTTS
    unlabelled, train = sets["unlabelled"], sets["train"]
    assert len(unlabelled) / len(train + unlabelled) == pytest.approx(1 / 3, abs=0.01)
    assert {utt.emotion for utt in unlabelled} == {None}
    assert {utt.emotion for utt in train} == set(mini_emo.CORPUS.emotions)
    assert {(utt.language, utt.gender) for utt in train} == {("en", "f"), ("en", "m"), ("zh", "f"), ("zh", "m")}
    mini_emo.write_reference(corpus, corpus / "reference")
    truth = DataDir(corpus / "reference").read(UTT2EMO)
    assert truth.keys() == {utt.id for utt in unlabelled}
    assert set(Counter(truth.values()).values()) == {13}


def test_audio_is_16_khz_mono_short_and_not_clipped(corpus):
    for utterance in mini_emo.read(corpus, "train"):
        info = soundfile.info(utterance.wav)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert 0.3 < info.duration < 8
        assert 0.02 < np.abs(soundfile.read(utterance.wav)[0]).max() < 0.96


def test_emotions_of_unseen_speakers_can_be_recognised(corpus):
    sets = {}
    for name in ("train", "test"):
        utterances = list(mini_emo.read(corpus, name))
        statistics = [log_mel_statistics(read_audio(utt.wav)) for utt in utterances]
        sets[name] = statistics, [utt.emotion for utt in utterances]
    # A fifth of the corpus's usual size: the figures for the whole are in its README.
    assert statistics_classifier().fit(*sets["train"]).score(*sets["test"]) > 0.6


def test_a_corpus_that_is_not_spoken_yet(tmp_path):
    with pytest.raises(InputError, match=r"mini_emo/utterances\.tsv: no such file; .*speak_mini_emo"):
        list(mini_emo.read(tmp_path))
