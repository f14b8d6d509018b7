"""Transcripts of a recogniser: what Whisper says, in any batch, no words where none are, and none made twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from helpers.tiny_whisper import RATE, tiny_whisper, transformers_text, waveform

from c2ser.bin import transcribe as command
from c2ser.data.audio import read_audio
from c2ser.data.data_dir import DataDir
from c2ser.data.journal import open_journal
from c2ser.data.tables import read_table, write_table
from c2ser.data.utterance_audio import UtteranceAudio
from c2ser.errors import InputError
from c2ser.transcription import transcriber as transcriber_module
from c2ser.transcription.data_dir import transcribe_data_dir, window_batches
from c2ser.transcription.transcriber import CHUNK, Transcriber, windows

LENGTHS = {"b": 1.1, "a1": 0.4, "a2": 2.0, "ä": 1.5, "c": 7.0, "d": 0.2, "e": 5.5, "f": 3.0}  # seconds
LAST = "ä"  # in the order of the bytes


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("whisper ü"))


@pytest.fixture
def data_dir(tmp_path) -> Path:
    directory = tmp_path / "a sét"
    for number, (utt, seconds) in enumerate(LENGTHS.items()):
        directory.mkdir(exist_ok=True)
        soundfile.write(directory / f"{utt}.wav", waveform(seconds, number), RATE, subtype="PCM_16")
    write_table(directory / "wav.scp", {utt: directory / f"{utt}.wav" for utt in LENGTHS})
    return directory


@pytest.fixture
def heard(monkeypatch) -> list[int]:
    """The lengths of the waveforms that are transcribed from here on."""
    lengths: list[int] = []
    transcribe = Transcriber.transcribe

    def noting(self, waveforms, languages):
        lengths.extend(map(len, waveforms))
        return transcribe(self, waveforms, languages)

    monkeypatch.setattr(Transcriber, "transcribe", noting)
    return lengths


def run(model: Path, data_dir: Path, output_dir: Path, journal: str = "1.jsonl", **options) -> dict[str, bytes]:
    """Transcribes and returns the bytes of the tables."""
    options = {"batch_size": 2, **options}
    load = partial(Transcriber.load, str(model))
    transcribe_data_dir(load, data_dir, output_dir=output_dir, journal=output_dir / "transcripts" / journal, **options)
    return tables(output_dir)


def tables(output_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output_dir.glob("*_asr")}


def samples(*utts: str) -> list[int]:
    return sorted(int(LENGTHS[utt] * RATE) for utt in utts)


def test_search_is_that_of_transformers(tiny, monkeypatch):
    for name, bound in (("NO_SPEECH", 1.0), ("LOG_PROBABILITY", -np.inf), ("COMPRESSION_RATIO", np.inf)):
        monkeypatch.setattr(transcriber_module, name, bound)
    transcriber = Transcriber.load(str(tiny))
    waveforms = [waveform(seconds, number) for number, seconds in enumerate((1.1, 2.0, 5.5, 0.2))]
    for languages, option in (([None] * 4, {}), (["de", "en", "de", "jv"], {"language": ["de", "en", "de", "jw"]})):
        found = transcriber.transcribe(waveforms, languages)
        expected = transformers_text(tiny, waveforms, max_new_tokens=60, **option)
        ended = [len(text.replace(" ", "")) < 40 for text in expected]  # a loop is no transcript
        assert sum(ended) >= 2
        for transcript, text, whole in zip(found, expected, ended):
            assert transcript.text == text or not whole and not transcript.text
    assert [transcript.language for transcript in found] == languages


def test_batch_changes_nothing(tiny, data_dir, tmp_path):
    found = [run(tiny, data_dir, tmp_path / str(n), batch_size=n) for n in (1, 2, 100)]
    assert found[0] == found[1] == found[2]
    texts = read_table(tmp_path / "1" / "text_asr")
    assert 2 < len(set(texts.values())) and len(texts) < len(LENGTHS)  # of those in which nothing is heard, no line
    assert read_table(tmp_path / "1" / "utt2lang_asr").keys() == texts.keys()


def test_half_precision(tiny):
    exact, rounded = (Transcriber.load(str(tiny), dtype) for dtype in ("float32", "bfloat16"))
    assert exact.computation() != rounded.computation()
    recordings = [waveform(1.0, number) for number in range(8)]
    pairs = zip(*(transcriber.transcribe(recordings, ["en"] * 8) for transcriber in (exact, rounded)))
    assert sum(bool(one.text) and one.text[:1] == other.text[:1] for one, other in pairs) >= 4


def test_punctuation_alone_is_no_words(tiny):
    transcriber, recordings = Transcriber.load(str(tiny)), [waveform(1.0, number) for number in range(4)]
    assert any(said.text for said in transcriber.transcribe(recordings, ["en"] * 4))
    transcriber.tokenizer.decode = lambda tokens, **_: " ♪ ... "
    assert not any(said.text for said in transcriber.transcribe(recordings, ["en"] * 4))


def test_english_only_model(tmp_path, data_dir):
    model = tiny_whisper(tmp_path / "english", multilingual=False)
    assert set(read_table_of(run(model, data_dir, tmp_path), "utt2lang_asr").values()) == {"en"}
    with pytest.raises(InputError, match="'a1': the model does not know language 'de', but en"):
        run(model, data_dir, tmp_path, language="de")


def read_table_of(found: dict[str, bytes], name: str) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in found[name].decode().splitlines())


def test_long_recordings_are_cut_where_it_is_quiet():
    rng = np.random.default_rng(0)
    recording = rng.uniform(-0.5, 0.5, 70 * RATE).astype("f4")
    pause = slice(int(26.2 * RATE), int(26.6 * RATE))
    recording[pause] = 0.0
    parts = list(windows(recording))
    assert np.array_equal(np.concatenate(parts), recording)
    assert len(parts) == 3 and max(map(len, parts)) <= CHUNK
    assert pause.start < len(parts[0]) < pause.stop
    assert [len(part) for part in windows(recording[:CHUNK])] == [CHUNK]


def test_long_recordings_say_what_their_windows_say_in_one_language(tiny):
    transcriber = Transcriber.load(str(tiny))
    recordings = [waveform(65.0), waveform(1.1), waveform(40.0, 1)]
    for whole, recording in zip(transcriber.transcribe(recordings, [None] * 3), recordings):
        texts, language = [], None
        for window in windows(recording):
            (said,) = transcriber.transcribe([window], [language])
            texts += [said.text] if said.text else []
            language = said.language
        assert texts and whole == (" ".join(texts), language)


def test_only_utterances_without_text_are_read_and_transcribed(tiny, data_dir, tmp_path, heard):
    whole = run(tiny, data_dir, tmp_path / "whole")
    write_table(data_dir / "text", {"a1": "hallo", "c": "ja"})
    write_table(data_dir / "utt2lang", {"b": "de", "e": "de"})
    for utt in ("a1", "c"):
        (data_dir / f"{utt}.wav").unlink()
    heard.clear()
    found = run(tiny, data_dir, data_dir)
    assert sorted(heard) == samples(*(LENGTHS.keys() - {"a1", "c"}))
    texts, languages = read_table_of(found, "text_asr"), read_table_of(found, "utt2lang_asr")
    assert not texts.keys() & {"a1", "c"} and not languages.keys() & {"b", "e"}
    expected = read_table_of(whole, "text_asr")
    assert {utt: texts[utt] for utt in texts if utt not in "be"} == {
        utt: text for utt, text in expected.items() if utt not in ("a1", "b", "c", "e")
    }
    assert languages.keys() == texts.keys() - {"b", "e"}


def test_where_all_have_text_no_model_is_loaded_and_old_tables_go(tiny, data_dir, tmp_path):
    assert run(tiny, data_dir, tmp_path)
    write_table(data_dir / "text", dict.fromkeys(LENGTHS, "ja"))
    assert run(tmp_path / "no model", data_dir, tmp_path) == {}


def test_language_of_all(tiny, data_dir, tmp_path):
    found = run(tiny, data_dir, tmp_path, language="de")
    assert set(read_table_of(found, "utt2lang_asr").values()) == {"de"}


def test_segments(tiny, tmp_path):
    directory = tmp_path / "set"
    directory.mkdir()
    recording = np.concatenate([waveform(2.0, 2), waveform(1.5, 3)])
    soundfile.write(directory / "long.wav", recording, RATE, subtype="PCM_16")
    write_table(directory / "wav.scp", {"long": directory / "long.wav", "other": directory / "missing.wav"})
    write_table(directory / "segments", {"u1": "long 0 2", "u2": "long 2 3.5", "u3": "other 0 1"})
    write_table(directory / "text", {"u3": "ja"})
    run(tiny, directory, directory)
    transcriber = Transcriber.load(str(tiny))
    audio = read_audio(directory / "long.wav")
    said = transcriber.transcribe([audio[: 2 * RATE], audio[2 * RATE :]], [None, None])
    expected = {utt: transcript.text for utt, transcript in zip(("u1", "u2"), said) if transcript.text}
    assert expected and read_table(directory / "text_asr") == expected


def test_a_second_call_transcribes_nothing(tiny, data_dir, tmp_path, heard):
    found = run(tiny, data_dir, tmp_path)
    heard.clear()
    assert run(tiny, data_dir, tmp_path) == found and not heard


def test_killed_program_goes_on_to_the_same_bytes(tiny, data_dir, tmp_path, heard):
    whole = run(tiny, data_dir, tmp_path / "whole", batch_size=1)
    output_dir, wav = tmp_path / "out", data_dir / f"{LAST}.wav"
    journal = output_dir / "transcripts" / "1.jsonl"
    wav.rename(tmp_path / "away")
    os.mkfifo(wav)  # there the program waits
    program = [sys.executable, "-m", "c2ser.bin.transcribe", "--model", tiny, "--batch_size", "1"]
    options = ["--data_dir", data_dir, "--output_dir", output_dir]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen([*program, *options], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 90
            while not journal.exists() or journal.read_bytes().count(b"\n") < len(LENGTHS) - 1:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL and not tables(output_dir)
    wav.unlink()
    (tmp_path / "away").rename(wav)
    heard.clear()
    assert run(tiny, data_dir, output_dir, batch_size=1) == whole
    assert heard == samples(LAST)


@pytest.mark.parametrize("seed", range(4))
def test_journal_cut_anywhere_ends_with_the_same_bytes(tiny, data_dir, tmp_path, seed):
    whole = run(tiny, data_dir, tmp_path)
    journal = tmp_path / "transcripts" / "1.jsonl"
    content, rng = journal.read_bytes(), np.random.default_rng(seed)
    journal.write_bytes(content[: rng.integers(len(content))])
    assert run(tiny, data_dir, tmp_path) == whole
    assert sorted(journal.read_bytes().splitlines()) == sorted(content.splitlines())


def test_a_batch_has_so_many_windows_and_pipes_count_as_one(tiny, data_dir, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(70 * RATE), RATE, subtype="PCM_16")
    wavs = read_table(data_dir / "wav.scp")
    write_table(data_dir / "wav.scp", {**wavs, "a1": tmp_path / "long.wav", "b": "false |"})
    assert list(window_batches(UtteranceAudio(data_dir), 3)) == [["a1"], ["a2", "b", "c"], ["d", "e", "f"], ["ä"]]


def test_another_split_of_the_set_finds_what_is_done(tiny, data_dir, tmp_path, heard):
    whole = run(tiny, data_dir, tmp_path / "whole")
    write_table(data_dir / "utt2spk", {utt: utt for utt in LENGTHS})
    journals = tmp_path / "transcripts"
    for num_splits in (2, 3):
        heard.clear()
        for part in DataDir(data_dir).split(num_splits):
            load = partial(Transcriber.load, str(tiny))
            transcribe_data_dir(load, part, output_dir=part, journal=journals / f"{part.path.name}.jsonl", batch_size=2)
        assert sorted(heard) == (samples(*LENGTHS) if num_splits == 2 else [])
        joined = b"".join(tables(part)["text_asr"] for part in sorted((data_dir / f"split{num_splits}").iterdir()))
        assert joined == whole["text_asr"]


def test_other_audio_language_or_model_is_done_again(tiny, data_dir, tmp_path, heard):
    run(tiny, data_dir, tmp_path)
    soundfile.write(data_dir / "c.wav", waveform(6.0, 9), RATE, subtype="PCM_16")
    heard.clear()
    run(tiny, data_dir, tmp_path)
    assert heard == [6 * RATE]
    write_table(data_dir / "utt2lang", {"b": "de", "d": "en"})
    heard.clear()
    run(tiny, data_dir, tmp_path)
    assert sorted(heard) == samples("b", "d")
    heard.clear()
    run(tiny_whisper(tmp_path / "other", seed=7), data_dir, tmp_path)
    assert len(heard) == len(LENGTHS)
    heard.clear()
    run(tiny, data_dir, tmp_path)  # what was done before the other model is still there
    assert not heard


def test_errors_are_one_line(tiny, data_dir, tmp_path):
    def error(*options: object) -> str:
        arguments = ["--model", tiny, "--data_dir", data_dir, "--output_dir", tmp_path / "out", *options]
        with pytest.raises(SystemExit) as exit:
            command.main(list(map(str, arguments)))
        assert str(exit.value.code).startswith("error: ") and "\n" not in exit.value.code
        return exit.value.code

    assert "does not know language 'xx', but de, en, jv" in error("--language", "xx")
    (tmp_path / "empty").mkdir()
    assert f"model '{tmp_path / 'empty'}'" in error("--model", tmp_path / "empty")
    (tmp_path / "empty" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    assert "a bert, not a Whisper" in error("--model", tmp_path / "empty")
    old = shutil.copytree(tiny, tmp_path / "old")
    (old / "generation_config.json").write_text(json.dumps({"is_multilingual": True}))
    assert "generation_config.json: " in error("--model", old)
    (old / "model.safetensors").write_bytes(b"torn")
    assert f"model '{old}'" in error("--model", old)
    (data_dir / "b.wav").write_bytes(b"no audio")
    assert re.search("wav.scp:3: 'b': .*not audio", error())
    write_table(data_dir / "wav.scp", {"p": "cat x.wav |"})
    assert "is a shell pipe" in error()


def test_bad_audio_may_be_left_out(tiny, data_dir, tmp_path, caplog):
    (data_dir / "b.wav").write_bytes(b"no audio")
    found = run(tiny, data_dir, tmp_path, skip_bad=True)
    assert "b" not in read_table_of(found, "text_asr") and "'b'" in caplog.text


def test_one_program_writes_a_journal(tiny, data_dir, tmp_path):
    with open_journal(tmp_path / "transcripts" / "1.jsonl", {}):
        with pytest.raises(InputError, match="another program"):
            run(tiny, data_dir, tmp_path)
