"""The commands that prepare corpora, and the data.sh of recipes that call them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.emobox import write_toy
from helpers.paths import ROOT

from c2ser.bin import download_corpus, import_emobox, leave_speaker_out, prepare_corpus, validate_data_dir
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.emotions import read_emotions

SETS = ("train", "dev", "test")


def words(**options: object) -> list[str]:
    """Options of a command; those that are True are flags."""
    return [word for name, value in options.items() for word in (f"--{name}", str(value)) if word != "True"]


def refuses(capsys, main, **options: object) -> tuple[int | str, str]:
    """Runs a command that must fail; returns its exit code or message, and what it printed."""
    with pytest.raises(SystemExit) as error:
        main(words(**options))
    return error.value.code, capsys.readouterr().err


def test_prepare_corpus_refuses_wrong_use(tmp_path, capsys):
    for corpus, sets in (("meld", "train, dev, test"), ("emodb", "no sets")):
        code, message = refuses(capsys, prepare_corpus.main, corpus=corpus, set="half", output_dir=tmp_path / "data")
        assert code == 2 and f"{corpus} has {sets}" in message
    code, message = refuses(capsys, prepare_corpus.main, corpus="meld", protocol="loso", data_dir=tmp_path / "data")
    assert code == 2 and "meld has official, emobox" in message
    code, message = refuses(capsys, prepare_corpus.main, corpus="folder", language="english", data_dir="data")
    assert code == 2 and "'english' is not a language code" in message
    code, message = refuses(capsys, prepare_corpus.main, corpus="meld")
    assert code == 2 and "--output_dir" in message
    message, _ = refuses(capsys, download_corpus.main, corpus="emobd", output_dir=tmp_path)
    assert message.startswith("error: unknown corpus 'emobd' (did you mean emodb")


def test_prepare_corpus_writes_one_set(shared, tmp_path):
    options = {"corpus": "emodb", "source_dir": shared / "data" / "emodb", "output_dir": tmp_path / "all"}
    prepare_corpus.main(words(**options))
    assert len(DataDir(tmp_path / "all")) == 535


@pytest.mark.parametrize("audio_dir", ["Ton für alle", "Ton für alle/sub"])
def test_import_emobox_finds_audio_below_any_of_the_corpus_folders(tmp_path, audio_dir):
    metadata, _ = write_toy(tmp_path)
    folders = {"metadata_dir": metadata, "audio_dir": tmp_path / audio_dir, "output_dir": tmp_path / "data"}
    import_emobox.main(words(**folders, fold=1, dev_fraction=0.1))
    sets = {name: DataDir(tmp_path / "data" / name) for name in SETS}
    assert {name: len(directory) for name, directory in sets.items()} == {"train": 18, "dev": 2, "test": 10}
    assert [directory.validate() for directory in sets.values()] == [[], [], []]
    assert set(sets["train"].read(names.UTT2CORPUS).values()) == {"toy"}
    assert set(sets["dev"].utterances()).isdisjoint(sets["train"].utterances())


def test_import_emobox_leaves_out_missing_audio_only_if_asked(tmp_path, capsys, monkeypatch):
    metadata, audio = write_toy(tmp_path)
    (audio / "sub" / "u 35.wav").unlink()
    monkeypatch.chdir(metadata)
    options = {"metadata_dir": ".", "audio_dir": audio, "output_dir": tmp_path / "data", "fold": 1}
    message, _ = refuses(capsys, import_emobox.main, **options)
    assert "toy_test_fold_1.jsonl:6: no audio downloads/toy/sub/u 35.wav (1 of 10 files are missing" in message
    assert "--skip_bad" in message and "\n" not in message and not (tmp_path / "data").exists()
    import_emobox.main(words(**options, skip_bad=True))
    assert len(DataDir(tmp_path / "data" / "test")) == 9


def test_label_maps_of_import_and_preparation(shared, tmp_path, capsys, caplog):
    caplog.set_level("INFO")
    metadata, audio = write_toy(tmp_path)
    (tmp_path / "map.yaml").write_text("breath: calm\nanger: null\n")
    options = {"metadata_dir": metadata, "audio_dir": audio, "output_dir": tmp_path / "data", "fold": 1}
    code, _ = refuses(capsys, import_emobox.main, **options, label_map="map")
    assert code == "error: map: no such label map; give own, paper, iemocap4, or a YAML file"
    code, _ = refuses(
        capsys, import_emobox.main, **options, label_map=tmp_path / "map.yaml"
    )  # 'a' is all that test has
    fault = f"toy_test_fold_1.jsonl:1: the label map {tmp_path}/map.yaml leaves out all 10 utterances of the list"
    assert fault in code and not (tmp_path / "data").exists()
    (tmp_path / "map.yaml").write_text("breath: calm\n")
    import_emobox.main(words(**options, label_map=tmp_path / "map.yaml"))
    assert read_emotions(tmp_path / "data" / "emotions") == ["angry", "neutral", "calm"]
    assert f"label map {tmp_path}/map.yaml: x (10) counted as calm" in caplog.text
    (tmp_path / "map.yaml").write_text("L: null\n\nfearful: sad\nF: excited\n")
    options = {"corpus": "emodb", "source_dir": shared / "data" / "emodb", "output_dir": tmp_path / "emodb" / "all"}
    prepare_corpus.main(words(**options, label_map=tmp_path / "map.yaml"))
    emotions = ["angry", "neutral", "sad", "disgusted", "excited"]
    assert read_emotions(tmp_path / "emodb" / "emotions") == emotions
    assert len(DataDir(tmp_path / "emodb" / "all")) == 535 - 81
    assert "leaves out 81 of 535 utterances: 'bored' 81" in caplog.text
    assert "fearful (69) counted as sad" in caplog.text and "happy (71) counted as excited" in caplog.text
    (tmp_path / "map.yaml").write_text("L: null\n\ncalm: sad\n")
    code, _ = refuses(capsys, prepare_corpus.main, **options, label_map=tmp_path / "map.yaml")
    assert code.startswith(f"error: {tmp_path}/map.yaml:3: 'calm' is not a label of emodb, as prepare_corpus reads it")


def test_unknown_speakers_are_said_by_import_validation_and_division(tmp_path, capsys, caplog):
    metadata, audio = write_toy(tmp_path)
    import_emobox.main(words(metadata_dir=metadata, audio_dir=audio, output_dir=tmp_path / "data", fold=1))
    assert "data/train: speakers unknown; whether sets share speakers cannot be checked" in caplog.text
    validate_data_dir.main([str(tmp_path / "data" / "train"), str(tmp_path / "data" / "test")])
    assert "data/test: speakers unknown" in capsys.readouterr().out
    options = {"data_dir": tmp_path / "data" / "train", "fold": 1, "output_dir": tmp_path / "folds"}
    code, _ = refuses(capsys, leave_speaker_out.main, **options)
    assert "data/train/utt2spk:1: speakers unknown ('toy_u_0' stands for its own speaker)" in code


def data_sh(recipe: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    command = [ROOT / "egs" / recipe / "local" / "data.sh", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_data_sh_of_emodb(shared, tmp_path):
    options = words(source_dir=shared / "data" / "emodb", data_dir="data", fold=2)
    done = data_sh("emodb", *options, "--protocol", "loso", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(DataDir(tmp_path / "data" / "test").read(names.UTT2SPK).values()) == {"08"}
    assert data_sh("emodb", *options, "--protocol", "other", cwd=tmp_path).returncode == 2
    done = data_sh("emodb", *options, "--protocol", "loso", "--label_map", "paper", cwd=tmp_path)
    assert done.returncode == 0 and len(read_emotions(tmp_path / "data" / "emotions")) == 6, done.stderr
    done = data_sh("emodb", *options, "--protocol", "emobox", cwd=tmp_path)
    assert done.returncode == 1 and "--emobox_dir" in done.stderr and done.stderr.count("\n") == 1


def test_data_sh_of_the_template(tmp_path):
    for name in SETS:
        wav = tmp_path / "corpus" / name / "s1" / "happy" / "1.WAV"
        wav.parent.mkdir(parents=True)
        wav.write_bytes(b"x")
        wav.with_suffix(".txt").write_bytes(b"\xef\xbb\xbfSay the word\ndog.\n")
    done = data_sh("TEMPLATE", *words(source_dir="corpus", data_dir="data", language="en"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in SETS:
        assert DataDir(tmp_path / "data" / name).read(names.TEXT) == {"s1-happy-1": "Say the word dog."}
        assert DataDir(tmp_path / "data" / name).validate() == []
    done = data_sh("TEMPLATE", *words(source_dir="nowhere", data_dir="data"), cwd=tmp_path)
    assert done.returncode == 1 and "nowhere: no such folder; put it there" in done.stderr
