"""Batches: every utterance once, none larger than asked for, and the next one read meanwhile."""

import threading

import numpy as np
import pytest
import soundfile

from c2ser.data.batches import audio_batches, length_batches, prefetch
from c2ser.data.skipped import Skipped
from c2ser.data.utterance_audio import UtteranceAudio


@pytest.mark.parametrize("batch_samples", [1, 100, 250, 1000])
def test_batches_hold_every_utterance_once_and_no_more_than_asked(batch_samples):
    lengths = {f"utt{i}": int(n) for i, n in enumerate(np.random.default_rng(0).integers(1, 200, 50))}
    batches = list(length_batches(lengths, batch_samples))
    assert sorted(utt for batch in batches for utt in batch) == sorted(lengths)
    assert lengths[batches[0][0]] == max(lengths.values())
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[utt] for utt in batch) <= batch_samples


def test_equal_lengths_stay_among_themselves():
    lengths = {"a": 5, "b": 7, "c": 5, "d": 5, "e": 7}
    assert list(length_batches(lengths, 10, equal_lengths=True)) == [["b"], ["e"], ["a", "c"], ["d"]]
    assert list(length_batches({}, 10)) == []


def test_parts_of_recordings_stay_in_the_order_of_the_recordings(tmp_path):
    """Sorted by length over the whole set, each recording would be read again for nearly each of its parts."""
    for name in "xy":
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(160000), 16000)
    (tmp_path / "wav.scp").write_text("".join(f"{name} {tmp_path}/{name}.wav\n" for name in "xy"))
    parts = [(f"{name}{i}", name, i, i + (0.5 if i % 2 else 1)) for name in "xy" for i in range(10)]
    (tmp_path / "segments").write_text("".join(f"{utt} {name} {start} {end}\n" for utt, name, start, end in parts))
    batches = list(audio_batches(UtteranceAudio(tmp_path), 8000))
    assert sorted(utt for batch in batches for utt in batch) == sorted(utt for utt, *_ in parts)
    recordings = "".join(batch[0][0] for batch in batches)
    assert recordings.rstrip("y").count("y") <= 3  # of what is read ahead together


def test_utterances_that_cannot_be_used_are_in_no_batch(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(16000), 16000)
    (tmp_path / "wav.scp").write_text(f"a {tmp_path}/a.wav\nb {tmp_path}/gone.wav\n")
    audio = UtteranceAudio(tmp_path, skipped=Skipped(allowed=True))
    assert list(audio_batches(audio, 8000)) == [["a"]] and list(audio.skipped.reasons) == ["b"]


def test_the_next_batch_is_loaded_while_one_is_in_use():
    asked = [threading.Event() for _ in range(5)]
    for item in prefetch(lambda item: asked[item].set() or item, range(5)):
        assert asked[min(item + 1, 4)].wait(10)
        assert not any(event.is_set() for event in asked[item + 3 :])


def test_an_error_of_loading_comes_in_its_turn():
    loaded = prefetch(lambda item: 6 // item, [3, 2, 1, 0, 1])
    assert [next(loaded) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(loaded)
    assert list(prefetch(str, [])) == []
