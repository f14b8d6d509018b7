"""Interrupted work goes on: with either store, cut anywhere, the end is that of work that was never interrupted."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.audio import RATE

from c2ser.data.features import read_feature
from c2ser.data.fingerprint import fingerprint
from c2ser.data.jobs import AudioBatch, resumable_map, utterance_keys
from c2ser.data.journal import open_journal
from c2ser.data.resumable_ark import resumable_ark
from c2ser.data.skipped import Skipped
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError

UTTS = [f"ü{number}" for number in range(9)]
BATCHES = [UTTS[:4], UTTS[4:5], UTTS[5:]]


class Work:
    """A job whose function counts its calls, on a data directory of its own."""

    def __init__(self, folder: Path, store: str):
        self.folder, self.store = folder, store
        self.done: list[str] = []
        self.fail_after: int | None = None
        rng = np.random.default_rng(0)
        for utt in UTTS:
            soundfile.write(folder / f"{utt}.wav", rng.uniform(-0.5, 0.5, 500 + 10 * int(utt[1:])), RATE)
        lines = "".join(f"{utt} {folder}/{utt}.wav\n" for utt in UTTS)
        (folder / "wav.scp").write_text(lines, encoding="utf-8")

    @property
    def files(self) -> list[Path]:
        out = self.folder / "out"
        return [out / "1.jsonl"] if self.store == "journal" else [out / "a.ark.journal", out / "a.ark"]

    def function(self, batch: AudioBatch) -> Sequence:
        if self.fail_after == len(self.done):
            raise KeyboardInterrupt
        self.done += batch.utterances
        if self.store == "journal":
            return [(float(wave.max()), "é") for wave in batch.waveforms]
        return [wave[: 10 * (1 + int(utt[1:]))].reshape(-1, 10) for utt, wave in zip(batch.utterances, batch.waveforms)]

    def opened(self, keys: dict[str, str]):
        return open_journal(self.files[0], keys) if self.store == "journal" else resumable_ark(self.files[1], keys)

    def run(self, computation: str = "x", skipped: Skipped | None = None, utts: Sequence[str] | None = None) -> dict:
        """Runs the job; returns the results on disk."""
        audio = UtteranceAudio(self.folder, utts, skipped=skipped)
        key: Callable = partial(fingerprint, computation)
        with self.opened(utterance_keys(audio, key)) as store:
            batches = [[utt for utt in batch if utt in audio.entries] for batch in BATCHES]
            resumable_map(self.function, audio, batches=batches, store=store, key=key, title="test")
        if self.store == "journal":
            return store.done
        return {utt: read_feature(f"{self.files[1]}:{start}").tobytes() for utt, (start, _) in store.done.items()}

    def content(self) -> list[bytes]:
        return [file.read_bytes() for file in self.files]


@pytest.fixture(params=["journal", "ark"])
def work(request, tmp_path) -> Work:
    return Work(tmp_path, request.param)


def test_all_is_done_once(work):
    results = work.run()
    assert list(results) == work.done == UTTS
    content = work.content()
    assert work.run() == results and work.done == UTTS and work.content() == content


@pytest.mark.parametrize("fail_after", [0, 4, 5])
def test_after_an_interruption_only_the_rest_is_done(work, fail_after):
    work.fail_after = fail_after
    with pytest.raises(KeyboardInterrupt):
        work.run()
    work.fail_after = None
    interrupted = work.run(), work.content()
    assert work.done == UTTS
    for file in work.files:
        file.unlink()
    assert (work.run(), work.content()) == interrupted


@pytest.mark.parametrize("seed", range(12))
def test_files_cut_or_spoilt_at_their_ends_anywhere(work, seed):
    results, content = work.run(), work.content()
    rng = np.random.default_rng(seed)
    for file in work.files:
        if rng.random() < 0.7:
            garbage = bytes(rng.integers(128, 256, rng.integers(0, 50), dtype=np.uint8))
            file.write_bytes(file.read_bytes()[: rng.integers(file.stat().st_size + 1)] + garbage)
    assert dict(sorted(work.run().items())) == results
    if work.store == "ark":
        assert work.content() == content


@pytest.mark.parametrize("change", ["audio", "computation", "fewer utterances"])
def test_after_a_change_nothing_of_before_is_kept(work, change):
    before = work.run()
    if change == "audio":
        soundfile.write(work.folder / f"{UTTS[4]}.wav", np.full(540, 0.25), RATE)
    computation, utts = ("y" if change == "computation" else "x"), (UTTS[1:] if change == "fewer utterances" else None)
    after = work.run(computation, utts=utts)
    assert after.keys() == set(utts or UTTS)
    if change == "audio":
        assert after[UTTS[4]] != before[UTTS[4]]
    if change == "computation":
        assert work.done == UTTS + UTTS
    if work.store == "ark":
        afresh = work.content()
        for file in work.files:
            file.unlink()
        work.run(computation, utts=utts)
        assert work.content() == afresh


def test_bad_audio_stops_or_is_left_out_and_tried_again(work):
    bad = work.folder / f"{UTTS[5]}.wav"
    whole = bad.read_bytes()
    bad.write_bytes(b"not audio")
    with pytest.raises(InputError, match="wav.scp:6: 'ü5': .*ü5.wav: broken or not audio"):
        work.run()
    assert work.done == UTTS[:5]
    skipped = Skipped(allowed=True)
    assert list(work.run(skipped=skipped)) == [utt for utt in UTTS if utt != UTTS[5]]
    assert list(skipped.reasons) == [UTTS[5]]
    assert work.done == [utt for utt in UTTS if utt != UTTS[5]]
    bad.write_bytes(whole)
    assert work.run().keys() == set(UTTS) and work.done[-1] == UTTS[5] and len(work.done) == len(UTTS)


def test_all_bad_is_an_empty_result(work):
    for utt in UTTS:
        (work.folder / f"{utt}.wav").unlink()
    assert work.run(skipped=Skipped(allowed=True)) == {} and work.done == []


def test_one_program_at_a_time(work):
    with work.opened({}):
        with pytest.raises(InputError, match="another program is writing there"):
            work.run()


def test_jobs_that_share_a_folder_find_each_others_results(tmp_path):
    work = Work(tmp_path, "journal")
    results = work.run()
    work.files[0].rename(work.folder / "out" / "other.jsonl")
    assert work.run() == results and work.done == UTTS


@pytest.mark.parametrize("line", ["garbage", "[1]", '{"b": 3}', '{"b": []}'])
def test_a_file_that_is_not_a_journal_is_named(tmp_path, line):
    (tmp_path / "other.jsonl").write_text(f"{line}\n")
    with pytest.raises(InputError, match="other.jsonl:1: not a line of a journal"):
        with open_journal(tmp_path / "1.jsonl", {}):
            pass
