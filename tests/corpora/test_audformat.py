"""audformat databases that the tests build: from a folder, and by name from a repository that is a folder."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from c2ser.bin import prepare_corpus
from c2ser.corpora import Source, get_corpus
from c2ser.data import names
from c2ser.data.data_dir import DataDir
from c2ser.emotions import read_emotions
from c2ser.errors import InputError

EMOTIONS = {"a": "anger", "f": "happiness", "n": "neutral"}
SPEAKERS = {3: {"gender": "male", "age": 31}, 8: {"gender": "female", "age": 34}, 11: {"gender": "male"}}
SENTENCES = {"a01": "Der Lappen liegt auf dem Eisschrank.", "a02": "Das will sie am Mittwoch abgeben."}
FILES = [f"wav/{speaker:02d}{text}{code}.wav" for speaker in SPEAKERS for text in SENTENCES for code in EMOTIONS]


@pytest.fixture
def audformat():
    return pytest.importorskip("audformat", reason="the package audformat is not installed: the extra [audb]")


def add(audformat, database, table: str, index, split: str | None = None, **columns) -> None:
    database[table] = audformat.Table(index, split_id=split)
    for name, values in columns.items():
        database[table][name] = audformat.Column(scheme_id=name if name in database.schemes else "emotion")
        database[table][name].set(values)


@pytest.fixture
def build(audformat, tmp_path):
    """Makes a database of 18 files in the form of EmoDB's: emotions and a split of them, speakers, sentences."""

    def build(split: bool = True, storage_format: str = "csv") -> Path:
        root = tmp_path / "toy"
        database = audformat.Database("toy", source="tests", usage="research", languages="de", license="CC-BY-4.0")
        database.schemes["emotion"] = audformat.Scheme(labels=list(EMOTIONS.values()))
        database.schemes["speaker"] = audformat.Scheme("int", labels=SPEAKERS)
        database.schemes["transcription"] = audformat.Scheme("str", labels=SENTENCES)
        index, labels = audformat.filewise_index(FILES), [EMOTIONS[Path(file).stem[-1]] for file in FILES]
        add(audformat, database, "emotion", index, emotion=labels)
        speakers, texts = [int(file[4:6]) for file in FILES], [file[6:9] for file in FILES]
        add(audformat, database, "files", index, speaker=speakers, transcription=texts)
        for name, part in (("train", slice(12)), ("test", slice(12, None))):
            if split:
                database.splits[name] = audformat.Split(name)
                table = f"emotion.categories.{name}.gold_standard"
                add(audformat, database, table, index[part], name, emotion=labels[part])
        for file in FILES:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(root / file, np.zeros(160), 16000)
        database.save(str(root), storage_format=storage_format)
        return root

    return build


def run(**options: object) -> None:
    prepare_corpus.main([word for name, value in options.items() for word in (f"--{name}", str(value))])


@pytest.mark.parametrize("storage_format", ["csv", "parquet"])
def test_a_folder_is_read_with_its_sets(build, tmp_path, storage_format, caplog):
    caplog.set_level("INFO")
    run(corpus="audformat", source_dir=build(storage_format=storage_format), data_dir=tmp_path / "data")
    sets = {name: DataDir(tmp_path / "data" / name) for name in ("train", "dev", "test")}
    assert {name: len(directory) for name, directory in sets.items()} == {"train": 6, "dev": 6, "test": 6}
    assert [directory.validate() for directory in sets.values()] == [[], [], []]
    assert read_emotions(tmp_path / "data" / "emotions") == ["angry", "happy", "neutral"]
    test = {table: sets["test"].read(table) for table in (names.UTT2SPK, names.UTT2EMO, names.TEXT, names.UTT2LANG)}
    utt = "11-wav-11a02f"
    assert {table: values[utt] for table, values in test.items()} == {
        names.UTT2SPK: "11",
        names.UTT2EMO: "happy",
        names.TEXT: SENTENCES["a02"],
        names.UTT2LANG: "de",
    }
    assert sets["test"].read(names.SPK2GENDER) == {"11": "m"}
    assert "licence: CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/), usage: research" in caplog.text
    assert "emotions of emotion.categories.train.gold_standard.emotion" in caplog.text


def test_sex_and_age_of_speakers_and_protocols(build):
    corpus = get_corpus("audformat").open(Source(build(split=False)))
    assert (corpus.speakers["8"].sex, corpus.speakers["8"].age) == ("f", 34)
    assert corpus.sets == () and corpus.protocols == {"speakers": 1, "utterances": 1, "loso": 3}
    assert corpus.licence.startswith("CC-BY-4.0") and corpus.languages == ("de",)


def test_without_a_split_it_is_divided_by_speakers(build, tmp_path):
    run(corpus="audformat", source_dir=build(split=False), data_dir=tmp_path / "data")
    sets = [DataDir(tmp_path / "data" / name) for name in ("train", "dev", "test")]
    speakers = [set(directory.read(names.UTT2SPK).values()) for directory in sets]
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 3


def test_parts_of_files(audformat, build, tmp_path):
    root = build(split=False)
    database = audformat.Database.load(str(root))
    index = audformat.segmented_index([FILES[0], FILES[0]], ["0s", "0.004s"], ["0.004s", None])
    add(audformat, database, "parts", index, emotion=["anger", None])
    database.save(str(root))
    with pytest.raises(SystemExit, match=r"db\.yaml: has no such column; give .* emotion\.emotion, parts\."):
        run(corpus="audformat", source_dir=root, column="x.emotion", output_dir=tmp_path / "none")
    run(corpus="audformat", source_dir=root, column="parts.emotion", output_dir=tmp_path / "all")
    directory = DataDir(tmp_path / "all")
    assert directory.read(names.SEGMENTS) == {
        "3-wav-03a01a-00000000": "wav-03a01a 0.000 0.004",
        "3-wav-03a01a-00000004": "wav-03a01a 0.004 0.010",
    }
    assert directory.read(names.UTT2EMO) == {"3-wav-03a01a-00000000": "angry"} and directory.validate() == []
    assert set(directory.read(names.TEXT).values()) == {SENTENCES["a01"]}


def test_a_database_is_loaded_by_name_from_a_repository(build, tmp_path, monkeypatch):
    audb = pytest.importorskip("audb", reason="the package audb is not installed: the extra [audb]")
    host = tmp_path / "host"
    (host / "repository").mkdir(parents=True)
    repository = audb.Repository("repository", str(host), "file-system")
    audb.publish(str(build()), "1.0.0", repository, verbose=False)
    monkeypatch.setattr(audb.config, "REPOSITORIES", [repository])
    monkeypatch.setenv("AUDB_CACHE_ROOT", str(tmp_path / "cache"))
    run(corpus="audb", database="toy", version="1.0.0", data_dir=tmp_path / "data")
    run(corpus="audb", database="toy", data_dir=tmp_path / "again")
    for name in ("train", "dev", "test"):
        first, second = (DataDir(tmp_path / folder / name) for folder in ("data", "again"))
        assert first.validate() == [] and first.read(names.WAV_SCP) == second.read(names.WAV_SCP)
    assert set(first.read(names.UTT2CORPUS).values()) == {"toy"}
    with pytest.raises(
        SystemExit, match=r"toy: audb cannot load it \(Cannot find version '9\.0\.0'.*--corpus audformat"
    ):
        run(corpus="audb", database="toy", version="9.0.0", data_dir=tmp_path / "data")


def test_pickles_are_not_read(build, tmp_path):
    root = build()
    for table in root.glob("db.*.csv"):
        table.with_suffix(".pkl").write_bytes(b"would run code")
    get_corpus("audformat").open(Source(root))
    (root / "db.files.csv").unlink()
    with pytest.raises(InputError, match=r"db\.files\.csv: no such file, nor as \.parquet"):
        get_corpus("audformat").open(Source(root))


def test_damaged_databases_are_named(build, tmp_path):
    with pytest.raises(InputError, match=r"db\.yaml: no such file; give the folder of an audformat database"):
        get_corpus("audformat").open(Source(tmp_path))
    root = build()
    (root / FILES[-1]).unlink()
    corpus = get_corpus("audformat").open(Source(root))
    with pytest.raises(InputError, match=r"gold_standard: no such file: wav/11a02n\.wav \(1 of 6 files are missing\)"):
        list(corpus.read(root, "test"))
    (root / "db.files.csv").write_text("speaker\n3\n")
    with pytest.raises(InputError, match=r"db\.files\.csv: not a table of its header"):
        get_corpus("audformat").open(Source(root))
    (root / "db.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(InputError, match=r"db\.yaml: not the header of an audformat database"):
        get_corpus("audformat").open(Source(root))


@pytest.mark.parametrize("corpus, package", [("audformat", "audformat"), ("audb", "audb")])
def test_a_missing_package_is_one_line(corpus, package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        InputError, match=f"the package {package} is not installed, .* install it by: pip install 'c2ser"
    ):
        get_corpus(corpus).open(Source(tmp_path, "emodb", "1.4.1"))
