"""Features of a user's files: where they go, that they are those of extract, and that what is there is kept."""

import os

import numpy as np
import pytest
import soundfile
from helpers.tiny_emotion2vec import save_emotion2vec, waveforms

from c2ser.bin import extract_emotion2vec
from c2ser.data.audio import read_audio
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.files import feature_files
from c2ser.errors import InputError


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "in"
    for number, samples in enumerate(waveforms(8000, 3000, 12000)):
        path = folder / ("b" if number else "a a") / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, 16000)
    return folder


def extract(*words: object) -> int:
    try:
        extract_emotion2vec.main(list(map(str, words)))
    except SystemExit as ended:
        return ended.code
    return 0


def test_features_lie_as_the_files_do():
    found = feature_files(["/x/in/a/1.wav", "/x/in/b.c/2.flac"], "out")
    assert [path.as_posix() for path in found.values()] == ["out/a/1.npy", "out/b.c/2.npy"]
    assert [path.as_posix() for path in feature_files(["/x/in/1.wav"], "out").values()] == ["out/1.npy"]
    with pytest.raises(InputError, match=r"a\.flac and a\.wav: both would have features"):
        feature_files(["a.wav", "a.flac"], "out")


@pytest.mark.parametrize("level, part", [("utterance", "utterance"), ("frame", "frames")])
def test_features_of_files_are_those_of_their_waveforms(recordings, tmp_path, capsys, level, part):
    encoder, output = save_emotion2vec(tmp_path / "encoder", width=24), tmp_path / "out"
    (recordings / "b" / "broken.wav").write_bytes(b"none")
    assert extract("--model", encoder, recordings, "--output_dir", output, "--level", level) == 3
    printed = capsys.readouterr()
    rows = [line.split("\t") for line in printed.out.splitlines()]
    assert rows[0] == ["file", "features"] and len(rows) == 4 and "broken.wav: broken or not audio" in printed.err
    model = Emotion2Vec.from_pretrained(encoder)
    for file, features in rows[1:]:
        (expected,) = model.extract([read_audio(file)])
        np.testing.assert_allclose(np.load(features), expected[part], atol=1e-4)


def test_what_is_there_is_kept_unless_the_file_was_changed(recordings, tmp_path):
    words = ["--model", save_emotion2vec(tmp_path / "encoder", width=24), recordings, "--output_dir", tmp_path / "out"]
    assert extract(*words) == 0
    targets = sorted((tmp_path / "out").glob("*/*.npy"))
    for target in targets:
        np.save(target, np.zeros(1))
    changed = recordings / "b" / "1.wav"
    later = os.stat(targets[-1]).st_mtime_ns + 10**9
    os.utime(changed, ns=(later, later))
    assert extract(*words) == 0
    assert [np.load(target).size == 1 for target in targets] == [True, False, True]


def test_a_folder_has_features_of_one_encoder(recordings, tmp_path):
    encoders = [save_emotion2vec(tmp_path / name, width=width) for name, width in (("x", 24), ("y", 48))]
    output = ("--output_dir", tmp_path / "out")
    assert extract("--model", encoders[0], recordings, *output) == 0
    assert "name a new folder" in extract("--model", encoders[1], recordings, *output)


def test_options_that_make_no_sense_are_wrong_usage(capsys):
    for words in ([], ["a.wav", "--data_dir", "d"], ["a.wav", "--ark", "x.ark"]):
        assert extract("--model", "m", "--output_dir", "o", *words) == 2
