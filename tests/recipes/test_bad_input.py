"""Input that stage 2 names, converts or skips."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.recipes import (
    Recipe,
    assert_one_error,
)

from c2ser.data.data_dir import DataDir
from c2ser.data.tables import read_table, write_table


@pytest.fixture
def small(recipe, tmp_path) -> Recipe:
    """A few utterances with their own copies of the audio, yet to pass stage 2."""
    small = Recipe(tmp_path / "schlechte Daten é")
    for name, count in (("train", 4), ("dev", 4), ("test", 2)):
        wavs = dict(list(read_table(recipe.data / name / "wav.scp").items())[:count])
        DataDir(recipe.data / name).subset(small.data / name, wavs)
        (small.root / "wav").mkdir(exist_ok=True)
        copies = {utt: shutil.copy(wav, small.root / "wav" / f"{utt}.wav") for utt, wav in wavs.items()}
        write_table(small.data / name / "wav.scp", copies)
    shutil.copy(recipe.data / "emotions", small.data / "emotions")
    return small


STAGE_2 = {"unlabelled_sets": ""}


def test_audio_of_any_kind_is_converted_and_broken_audio_is_named_or_skipped(small):
    wavs = read_table(small.data / "train" / "wav.scp")
    stereo, flac, broken, plain = list(wavs)
    samples, rate = soundfile.read(wavs[stereo])
    duration = len(samples) / rate
    soundfile.write(wavs[stereo], np.repeat(samples, 3)[:, None] * [1.0, 0.5], 3 * rate, subtype="PCM_24")
    wavs[flac] = str(small.root / "wav" / "8 kHz ö.flac")
    soundfile.write(wavs[flac], samples[::2], rate // 2)
    write_table(small.data / "train" / "wav.scp", wavs)
    whole = Path(wavs[broken]).read_bytes()
    Path(wavs[broken]).write_bytes(whole[: len(whole) // 2])

    assert_one_error(small.run(2, 2, **STAGE_2), f"'{broken}': {wavs[broken]}: truncated")
    small.pass_stages(2, 2, **STAGE_2, skip_bad="true")
    logs = "".join(path.read_text(encoding="utf-8") for path in (small.dump / "train" / "log").iterdir())
    assert re.findall(r"skipped: .*'(\w+)'", logs) == [broken]
    for table in ("wav.scp", "utt2spk", "utt2emo", "text", "attributes"):
        assert list(read_table(small.dump / "train" / table)) == [stereo, flac, plain]
    audio = read_table(small.dump / "train" / "wav.scp")
    assert audio[plain] == wavs[plain]
    for utt in (stereo, flac):
        info = soundfile.info(audio[utt])
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert info.duration == pytest.approx(duration, abs=1e-3)


def edit_lines(path: Path, change) -> None:
    path.write_text("".join(f"{line}\n" for line in change(path.read_text(encoding="utf-8").splitlines())))


@pytest.mark.parametrize(
    "table, change, fault",
    [
        ("wav.scp", lambda lines: [lines[0], *lines], "wav.scp:2: duplicate key"),
        ("wav.scp", lambda lines: lines[::-1], "wav.scp:2: the table is not sorted"),
        ("wav.scp", lambda lines: [*lines[:3], lines[3] + "x"], r"wav.scp:4: '\w+': no such file .*x"),
        (
            "wav.scp",
            lambda lines: [*lines[:3], lines[3].split()[0] + " touch x |"],
            r"wav.scp:4: '\w+' is a shell pipe",
        ),
        ("utt2emo", lambda lines: [lines[0].split()[0] + " grumpy", *lines[1:]], r"utt2emo:1: .* emotion 'grumpy'"),
        ("utt2spk", lambda lines: [], r"train: the set is empty"),
    ],
)
def test_faults_of_tables_are_named_before_any_work(small, table, change, fault):
    edit_lines(small.data / "train" / table, change)
    done = small.run(2, 2, **STAGE_2)
    assert_one_error(done)
    assert re.search(fault, done.stderr), done.stderr
    assert [path.name for path in small.dump.iterdir()] == [".lock"]


def test_an_empty_wav_is_named_or_skipped(small):
    utt, wav = list(read_table(small.data / "dev" / "wav.scp").items())[1]
    Path(wav).write_bytes(b"")
    assert_one_error(small.run(2, 2, **STAGE_2), f"dev/wav.scp:2: '{utt}': empty file {wav}")
    small.pass_stages(2, 2, **STAGE_2, skip_bad="true")
    assert utt not in read_table(small.dump / "dev" / "wav.scp")
