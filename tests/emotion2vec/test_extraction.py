"""Features on disk: those of the model, each file read once, and after any interruption the same bytes as without."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT

from c2ser.bin import extract_emotion2vec
from c2ser.data.decode import Recording
from c2ser.data.features import read_feature
from c2ser.data.provenance import read_provenance
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecEncoder
from c2ser.emotion2vec.extraction import extract_features
from c2ser.emotion2vec.model import encoder_config
from c2ser.errors import InputError, StorageError

SIZES = {"conv_layers": [[8, 40, 20], [8, 16, 16]], "dim": 12, "heads": 2, "prenet_depth": 1, "depth": 1}
SIZES |= {"position_layers": 1, "position_width": 6, "position_groups": 2, "dropout": 0.0}
LENGTHS = {"ä_1": 8000, "b": 300, "a": 16000, "c": 12345, "d": 8000, "é": 20000, "f": 7000, "g": 6000, "h": 5000}
BATCH_SAMPLES = 16000
BATCHES = [["é"], ["a"], ["c"], ["d", "ä_1"], ["f", "g"], ["h", "b"]]
LAST = "b"


@pytest.fixture
def model() -> Emotion2Vec:
    return tiny_model(0)


def tiny_model(seed: int) -> Emotion2Vec:
    torch.manual_seed(seed)
    return Emotion2Vec(Emotion2VecEncoder(encoder_config(SIZES)))


@pytest.fixture
def data_dir(tmp_path) -> Path:
    """A data directory as stage 2 leaves it."""
    directory = tmp_path / "a sét"
    directory.mkdir()
    rng = np.random.default_rng(0)
    for utt, length in LENGTHS.items():
        soundfile.write(directory / f"{utt}.wav", rng.uniform(-0.9, 0.9, length), 16000, subtype="PCM_16")
    write_table(directory / "wav.scp", {utt: directory / f"{utt}.wav" for utt in LENGTHS})
    write_table(directory / "utt2num_samples", LENGTHS)
    return directory


def extract(model: Emotion2Vec, data_dir: Path, output_dir: Path, level: str = "utterance") -> tuple[bytes, ...]:
    """Returns the bytes of the ark, of its journal, and of the scp without the folder."""
    scp = extract_features(model, data_dir, output_dir=output_dir, level=level, batch_samples=BATCH_SAMPLES)
    assert not list(output_dir.glob("*.part*"))
    ark = scp.with_suffix(".ark")
    journal = ark.with_suffix(".ark.journal")
    return ark.read_bytes(), journal.read_bytes(), scp.read_bytes().replace(bytes(output_dir), b"")


def fail_at_the_last_batch(model: Emotion2Vec, data_dir: Path, output_dir: Path, level: str = "utterance") -> None:
    """Leaves all batches but the last one."""
    wav, away = data_dir / f"{LAST}.wav", data_dir / "away"
    wav.rename(away)
    with pytest.raises(InputError, match=rf"wav.scp:2: '{LAST}': .*{LAST}.wav: no such file"):
        extract(model, data_dir, output_dir, level)
    away.rename(wav)


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The utterances whose audio extraction reads from here on."""
    utts: list[str] = []
    read = UtteranceAudio.read
    monkeypatch.setattr(UtteranceAudio, "read", lambda self, utt: utts.append(utt) or read(self, utt))
    return utts


# --- what is written ---


@pytest.mark.parametrize("level, part", [("utterance", "utterance"), ("frame", "frames")])
def test_features_on_disk_are_those_of_extract_in_any_batches(model, data_dir, tmp_path, level, part):
    read = {}
    for batch_samples in (1, 30000, 10**6):
        scp = extract_features(
            model, data_dir, output_dir=tmp_path / f"out {batch_samples}", level=level, batch_samples=batch_samples
        )
        read[batch_samples] = dict(kaldiio.load_scp(str(scp)))
        locations = read_table(scp)
        assert list(locations) == sorted(LENGTHS, key=str.encode)
        for utt, location in locations.items():
            assert np.array_equal(read_feature(location), read[batch_samples][utt])
    for utt in LENGTHS:
        samples, _ = soundfile.read(data_dir / f"{utt}.wav", dtype="float32")
        expected = model.extract([samples])[0][part]
        assert np.array_equal(read[1][utt], expected) and read[1][utt].dtype == np.float32
        np.testing.assert_allclose(read[30000][utt], expected, atol=1e-4)
        np.testing.assert_allclose(read[10**6][utt], expected, atol=1e-4)


def test_lengths_come_from_headers_where_the_table_is_absent(model, data_dir, tmp_path):
    with_table = extract(model, data_dir, tmp_path / "with")
    (data_dir / "utt2num_samples").unlink()
    assert extract(model, data_dir, tmp_path / "without") == with_table


def test_each_file_is_read_once_and_a_whole_output_is_not_made_again(model, data_dir, tmp_path, reads):
    first = extract(model, data_dir, tmp_path / "out")
    assert reads == [utt for batch in BATCHES for utt in batch]
    reads.clear()
    assert extract(model, data_dir, tmp_path / "out") == first
    (tmp_path / "out" / "emotion2vec_s.scp").unlink()
    assert extract(model, data_dir, tmp_path / "out") == first
    assert reads == []


# --- going on ---


def test_killed_and_run_again_it_ends_with_the_same_bytes(model, data_dir, tmp_path, reads):
    """A named pipe in the last file's place holds the program up there, so that it is killed in the middle."""
    whole = extract(model, data_dir, tmp_path / "whole")
    reads.clear()
    model.save_pretrained(tmp_path / "model")
    output_dir, wav = tmp_path / "out", data_dir / f"{LAST}.wav"
    journal = output_dir / "emotion2vec_s.ark.journal"
    wav.rename(tmp_path / "away")
    os.mkfifo(wav)
    command = [
        sys.executable,
        "-m",
        "c2ser.bin.extract_emotion2vec",
        "--model",
        tmp_path / "model",
        "--batch_seconds",
        "1",
    ]
    options = ["--data_dir", data_dir, "--output_dir", output_dir]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen([*command, *options], env=environment, stderr=subprocess.DEVNULL) as program:
        try:
            num_lines = len(BATCHES) - 1  # of all batches but the last
            deadline = time.monotonic() + 300
            while not journal.exists() or journal.read_bytes().count(b"\n") < num_lines:
                assert program.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            program.kill()
    assert program.returncode == -signal.SIGKILL
    assert not (output_dir / "emotion2vec_s.ark").exists() and not (output_dir / "emotion2vec_s.scp").exists()
    wav.unlink()
    (tmp_path / "away").rename(wav)
    assert extract(model, data_dir, output_dir) == whole
    assert reads == BATCHES[-1]


@pytest.mark.parametrize("seed", range(12))
def test_journal_and_ark_cut_or_spoilt_anywhere_end_with_the_same_bytes(model, data_dir, tmp_path, seed):
    whole = extract(model, data_dir, tmp_path / "whole")
    fail_at_the_last_batch(model, data_dir, tmp_path / "out")
    rng = np.random.default_rng(seed)
    for name in rng.permutation(["part", "journal"])[: rng.integers(1, 3)]:
        path = tmp_path / "out" / f"emotion2vec_s.ark.{name}"
        content = path.read_bytes()
        garbage = bytes(rng.integers(0, 256, rng.integers(0, 200), dtype=np.uint8)) if rng.random() < 0.5 else b""
        path.write_bytes(content[: rng.integers(len(content) + 1)] + garbage)
    assert extract(model, data_dir, tmp_path / "out") == whole


@pytest.mark.parametrize("state", ["no ark", "no journal", "ark cut", "ark longer", "not renamed", "ark of before"])
def test_what_a_call_left_is_never_taken_for_whole_nor_spoilt(model, data_dir, tmp_path, monkeypatch, state):
    """Of whatever was there under the ark's name, all bytes stay until the new ark takes its place."""
    whole = extract(model, data_dir, tmp_path / "out")
    ark, journal, part = (tmp_path / "out" / f"emotion2vec_s.ark{ending}" for ending in ("", ".journal", ".part"))
    if state == "no journal":
        journal.unlink()
    elif state in ("no ark", "not renamed"):
        ark.rename(part)
    if state == "no ark":
        part.unlink()
    elif state == "ark cut":
        ark.write_bytes(whole[0][:-1])
    elif state == "ark longer":
        ark.write_bytes(whole[0] + b"x")
    elif state == "ark of before":
        part.write_bytes(whole[0])
        ark.write_bytes(bytes(len(whole[0])))
    left = ark.read_bytes() if ark.exists() else None

    def watched(self, waveforms: list[np.ndarray], **options) -> list[dict[str, np.ndarray]]:
        assert (ark.read_bytes() if ark.exists() else None) == left
        return model_extract(self, waveforms, **options)

    model_extract = Emotion2Vec.extract
    monkeypatch.setattr(Emotion2Vec, "extract", watched)
    assert extract(model, data_dir, tmp_path / "out") == whole


def test_a_full_disk_is_one_line_and_the_same_call_goes_on(model, data_dir, tmp_path, reads):
    whole = extract(model, data_dir, tmp_path / "whole")
    reads.clear()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole[0]) - 100, limits[1]))
    try:
        with pytest.raises(StorageError, match="emotion2vec_s.ark.part: File too large; .* goes on from here"):
            extract(model, data_dir, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    done = len(reads)
    assert extract(model, data_dir, tmp_path / "out") == whole
    assert 0 < done and reads[done:] == BATCHES[-1]


# --- starting afresh ---


def changed_weights(model: Emotion2Vec, data_dir: Path) -> Emotion2Vec:
    return tiny_model(1)


def changed_dtype(model: Emotion2Vec, data_dir: Path) -> Emotion2Vec:
    return model.to(torch.bfloat16)


def changed_audio(model: Emotion2Vec, data_dir: Path) -> Emotion2Vec:
    """Of the first batch, same length."""
    soundfile.write(data_dir / "é.wav", np.sin(np.arange(20000) / 9), 16000, subtype="PCM_16")
    return model


def changed_set(model: Emotion2Vec, data_dir: Path) -> Emotion2Vec:
    for name in ("wav.scp", "utt2num_samples"):
        write_table(data_dir / name, {utt: value for utt, value in read_table(data_dir / name).items() if utt != "c"})
    return model


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("change", [changed_weights, changed_dtype, changed_audio, changed_set])
def test_after_a_change_no_feature_of_before_is_kept(model, data_dir, tmp_path, change, finished):
    first = extract(model, data_dir, tmp_path / "first")
    (extract if finished else fail_at_the_last_batch)(model, data_dir, tmp_path / "out")
    model = change(model, data_dir)
    fail_at_the_last_batch(model, data_dir, tmp_path / "out")
    assert not (tmp_path / "out" / "emotion2vec_s.scp").exists()
    afresh = extract(model, data_dir, tmp_path / "afresh")
    assert extract(model, data_dir, tmp_path / "out") == afresh != first


def test_two_levels_in_one_folder_do_not_meet(model, data_dir, tmp_path):
    frames = extract(model, data_dir, tmp_path / "out", "frame")
    utterances = extract(model, data_dir, tmp_path / "out")
    assert extract(model, data_dir, tmp_path / "out", "frame") == frames
    assert extract(model, data_dir, tmp_path / "out") == utterances
    ark = tmp_path / "out" / "emotion2vec_s.ark"
    extract_features(model, data_dir, output_dir=tmp_path / "out", level="frame", batch_samples=BATCH_SAMPLES, ark=ark)
    assert ark.read_bytes() == frames[0]


# --- memory and time ---


def test_the_next_batch_is_read_meanwhile_and_no_more_than_three_are_in_memory(model, data_dir, tmp_path, monkeypatch):
    alive: weakref.WeakSet = weakref.WeakSet()
    read = [threading.Event() for _ in LENGTHS]
    counts = []

    class Waveform(np.ndarray):
        """Can stand in a set, unlike other arrays."""

        __hash__ = object.__hash__

    def counted(self: UtteranceAudio, utt: str) -> Recording:
        recording = original(self, utt)
        waveform = recording.samples.view(Waveform)
        alive.add(waveform)
        read[len(counts)].set()
        counts.append(len(alive))
        return recording._replace(samples=waveform)

    def waiting(self, waveforms: list[np.ndarray], **options) -> list[dict[str, np.ndarray]]:
        assert len(waveforms) == 1
        assert next(following).wait(10)
        return model_extract(self, waveforms, **options)

    following = iter([*read[1:], read[-1]])
    model_extract = Emotion2Vec.extract
    monkeypatch.setattr(Emotion2Vec, "extract", waiting)
    original = UtteranceAudio.read
    monkeypatch.setattr(UtteranceAudio, "read", counted)
    extract_features(model, data_dir, output_dir=tmp_path / "out", level="utterance", batch_samples=1)
    assert max(counts) <= 3 and not alive


# --- errors ---


def error_of_command(*options) -> str:
    with pytest.raises(SystemExit) as error:
        extract_emotion2vec.main(list(map(str, options)))
    message = error.value.code  # a text: goes to stderr, exit code 1
    assert message.startswith("error: ") and "\n" not in message
    return message


def test_faults_are_one_line_that_names_the_utterance(model, data_dir, tmp_path):
    model.save_pretrained(tmp_path / "model")
    options = ["--model", tmp_path / "model", "--data_dir", data_dir, "--output_dir", tmp_path / "out"]
    broken = data_dir / "c.wav"
    content = broken.read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    assert f"wav.scp:3: 'c': {broken}: truncated" in error_of_command(*options)
    broken.write_bytes(b"no audio, just some text")
    (data_dir / "utt2num_samples").unlink()
    assert f"wav.scp:3: 'c': {broken}: broken or not audio" in error_of_command(*options)
    broken.unlink()
    assert f"wav.scp:3: 'c': {broken}: no such file" in error_of_command(*options)
    assert not (tmp_path / "out" / "emotion2vec_s.scp").exists()


def test_tables_that_do_not_fit_and_pipes_are_named(model, data_dir, tmp_path):
    def refused(match: str) -> None:
        with pytest.raises(InputError, match=match):
            extract(model, data_dir, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    write_table(data_dir / "utt2num_samples", {**LENGTHS, "b": "many"})
    refused("wav.scp:2: 'b': 'many' in utt2num_samples is not a number of samples")
    write_table(data_dir / "utt2num_samples", {utt: length for utt, length in LENGTHS.items() if utt != "d"})
    refused("wav.scp:4: 'd': has no line in utt2num_samples")
    (data_dir / "utt2num_samples").unlink()
    write_table(data_dir / "wav.scp", {"a": data_dir / "a.wav", "b": "touch marker |"})
    refused("wav.scp:2: 'b': .* is a shell pipe")
    (data_dir / "wav.scp").write_text("")
    refused("wav.scp: the set is empty")


def test_parts_of_recordings(model, data_dir, tmp_path):
    extract(model, data_dir, tmp_path / "whole")
    whole = read_feature(read_table(tmp_path / "whole" / "emotion2vec_s.scp")["b"])
    write_table(data_dir / "segments", {"x": "a 0.0 0.5", "y": "b 0.0 0.01875"})
    (data_dir / "utt2num_samples").unlink()
    extract(model, data_dir, tmp_path / "out")
    features = read_table(tmp_path / "out" / "emotion2vec_s.scp")
    assert list(features) == ["x", "y"]
    np.testing.assert_allclose(read_feature(features["y"]), whole, atol=1e-4)


def test_the_note_beside_the_features_names_the_encoder(model, data_dir, tmp_path):
    """The same for the same weights, whatever type they compute in and file they come from."""
    extract(model, data_dir, tmp_path / "out")
    note = read_provenance(tmp_path / "out" / "emotion2vec_s.scp")
    assert (note.encoder, note.level, note.dtype) == (model.fingerprint(), "utterance", "float32")
    model.save_pretrained(tmp_path / "model")
    halved = Emotion2Vec.from_pretrained(tmp_path / "model", dtype=torch.bfloat16)
    extract(halved, data_dir, tmp_path / "half", "frame")
    note = read_provenance(tmp_path / "half" / "emotion2vec_s_frames.scp")
    assert (note.encoder, note.level, note.dtype) == (model.fingerprint(), "frame", "bfloat16")
    assert note.model == str(tmp_path / "model")
    loaded = Emotion2Vec.from_pretrained(tmp_path / "model")
    assert loaded.fingerprint() == model.fingerprint() != tiny_model(1).fingerprint()


def test_bad_audio_may_be_left_out(model, data_dir, tmp_path):
    for name in ("c", "g"):
        (data_dir / f"{name}.wav").write_bytes(b"not audio")
    options = {"output_dir": tmp_path / "out", "level": "utterance", "batch_samples": BATCH_SAMPLES, "skip_bad": True}
    scp = extract_features(model, data_dir, **options)
    assert (
        read_table(scp).keys()
        == LENGTHS.keys() - {"c", "g"}
        == LENGTHS.keys() - read_table(scp.parent / "skipped").keys()
    )


def test_an_utterance_too_long_for_memory_is_named(tmp_path, model):
    directory = tmp_path / "data"
    directory.mkdir()
    write_table(directory / "wav.scp", {"utt": "/nowhere.wav"})
    write_table(directory / "utt2num_samples", {"utt": str(121 * 16000)})
    with pytest.raises(InputError, match=r"wav\.scp:1: 'utt': 121 s long, and an utterance has at most 120 s"):
        extract_features(model, directory, output_dir=tmp_path, level="utterance", batch_samples=16000)
