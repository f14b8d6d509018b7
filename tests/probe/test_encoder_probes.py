"""Probes on the vectors of speech encoders: folds, extraction, the command."""

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers.tiny_encoders import (
    emotion2vec,
    whisper,
)

from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.data.data_dir import DataDir
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table, write_table
from c2ser.encoders.utterance import load_encoder
from c2ser.errors import InputError
from c2ser.probe.extraction import extract_vectors
from c2ser.probe.features import load_features
from c2ser.scoring.results import read_scores

EMOTIONS = {"angry": 300, "happy": 900, "sad": 2500}  # Hz
SPEAKERS = ("ann", "bob", "cem", "dee")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Tones in noise, of a pitch an emotion and a loudness a speaker; as a data directory and in EmoBox's layout."""
    rng = np.random.default_rng(0)
    labels, speakers, wavs, rows = {}, {}, {}, {}
    for loudness, name in zip((0.1, 0.2, 0.3, 0.4), SPEAKERS):
        for emotion, pitch in EMOTIONS.items():
            for number in range(3):
                seconds = np.arange(rng.integers(4000, 8000)) / 16000
                tone = np.sin(2 * np.pi * pitch * rng.uniform(0.97, 1.03) * seconds) + 0.05 * rng.normal(
                    size=len(seconds)
                )
                wav = tmp_path / f"casia/{name}/{emotion}/{number}.wav"
                wav.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(wav, loudness * tone, 16000)
                utt = f"{name}-{emotion}{number}"
                labels[utt], speakers[utt], wavs[utt] = emotion, name, wav
                path = f"downloads/casia/{name}/{emotion}/{number}.wav"
                rows[utt] = {"key": f"casia-{utt}", "wav": path, "emo": emotion, "length": seconds[-1]}
    for name, table in {"utt2emo": labels, "utt2spk": speakers, "wav.scp": wavs}.items():
        write_table(tmp_path / "data" / name, table)
    for fold, left_out in enumerate(SPEAKERS[:2], 1):
        folder = tmp_path / f"emobox/casia/fold_{fold}"
        folder.mkdir(parents=True)
        for part in ("train", "test"):
            lines = [json.dumps(row) for utt, row in rows.items() if (speakers[utt] == left_out) == (part == "test")]
            (folder / f"casia_{part}_fold_{fold}.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def probe(*options) -> None:
    from c2ser.bin import probe

    probe.main(list(map(str, options)))


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_leaves_one_speaker_out(corpus, model_dir, capsys, head):
    out = corpus / "out"
    options = ["--encoder", model_dir("hubert"), "--data_dir", corpus / "data", "--output_dir", out, "--head", head]
    probe(*options)
    assert capsys.readouterr().out == (out / "RESULTS.md").read_text()
    folds = [json.loads((out / f"fold_{number}/result.json").read_text()) for number in range(1, 5)]
    assert [fold["n_utts"] for fold in folds] == [9] * 4 and not (out / "fold_5").exists()
    assert json.loads((out / "result.json").read_text())["ua"] > 0.9
    for number, speaker in enumerate(SPEAKERS, 1):
        assert {utt.split("-")[0] for utt in read_table(out / f"fold_{number}/utt2emo")} == {speaker}
    assert read_table(out / "utt2emo_reference") == read_table(corpus / "data/utt2emo")
    assert read_table(out / "utt2scores").keys() == read_table(out / "utt2emo").keys()
    mean = f"{100 * np.mean([fold['ua'] for fold in folds]):.1f} ±"
    (row,) = [line for line in (out / "RESULTS.md").read_text().splitlines() if line.startswith("|") and "±" in line]
    assert mean in row and row.endswith(" apart |")
    assert (out / "fold_1/probe.safetensors").exists() == (head == "linear")

    written = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    probe(*options)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == written


def test_probes_emotion2vec(corpus):
    emotion2vec(corpus / "model")
    probe("--encoder", corpus / "model", "--data_dir", corpus / "data", "--output_dir", corpus / "out")
    assert json.loads((corpus / "out/result.json").read_text())["ua"] > 0.9


def test_takes_emobox_folds(corpus):
    whisper(corpus / "whisper")
    out = corpus / "out"
    emobox = ["--emobox_dir", corpus / "emobox/casia", "--audio_dir", corpus / "casia"]
    probe("--encoder", corpus / "whisper", "--layer", 1, *emobox, "--output_dir", out)
    assert json.loads((out / "result.json").read_text())["n_utts"] == 18  # two speakers are never tested
    assert json.loads((out / "result.json").read_text())["ua"] > 0.9
    assert len(read_table(out / "data/utt2spk")) == 36
    assert {utt.split("-")[0] for utt in read_table(out / "fold_2/utt2emo")} == {"casia_bob"}


def test_sets_and_all_layers_of_an_encoder(corpus, model_dir, capsys, caplog):
    caplog.set_level(logging.INFO)
    sets = {"train": ("ann", "bob"), "dev": ("cem",), "test": ("dee",), "other": ("ann", "dee")}
    whole = DataDir(corpus / "data")
    whole.table("spk2utt").write_text("".join(f"{speaker}\n" for speaker in SPEAKERS))
    for name, speakers in sets.items():
        whole.subset(corpus / name, {utt for utt in whole.utterances() if utt.split("-")[0] in speakers})
    out, folder = corpus / "exp/hubert/probe", model_dir("hubert")
    tests = ["--test_dir", corpus / "test", corpus / "other", "--output_dir", out]
    probe("--encoder", folder, "--layers", "all", "--train_dir", corpus / "train", "--dev_dir", corpus / "dev", *tests)
    assert {score.key for score in read_scores(corpus / "exp")} == {
        ("hubert", "probe", name) for name in ("test", "other")
    }
    assert json.loads((out / "test/result.json").read_text())["ua"] > 0.9
    assert f"{corpus}/test\n" in capsys.readouterr().out
    (vectors,) = out.glob("vectors/train_*/vectors.scp")
    assert {read_feature(location).shape for location in read_table(vectors).values()} == {(3, 32)}
    rows = [line.split("\t") for line in (out / "other/layers.tsv").read_text().splitlines()[1:]]
    scores = [float(score) for _, score, _ in rows]
    assert [layer for layer, _, _ in rows] == ["0", "1", "2"]
    told = re.findall(r"layer (\d): .* (\S+) in validation", caplog.text)
    assert told == [(str(layer), f"{score:.3f}") for layer, score in enumerate(scores)]
    assert [chosen == "1" for _, _, chosen in rows].index(True) == scores.index(max(scores))
    probe("--encoder", folder, "--layers", "all", "--data_dir", corpus / "data", "--output_dir", corpus / "folds")
    assert json.loads((corpus / "folds/result.json").read_text())["ua"] > 0.9
    assert (corpus / "folds/fold_4/layers.tsv").is_file()


def test_vectors_are_extracted_once(corpus, model_dir):
    folder, loads = model_dir("wav2vec2_layer"), []

    def extract(layer: int | None = None) -> dict[str, bytes]:
        origin = model_files_fingerprint(str(folder), layer, "float32")
        load = lambda: loads.append(layer) or load_encoder(str(folder), layer)  # noqa: E731
        scp = extract_vectors(load, origin, data_dir=corpus / "data", output_dir=corpus / "out", batch_samples=20000)
        return {utt: vector.tobytes() for utt, vector in vectors(scp).items()}

    def vectors(scp: Path) -> dict[str, np.ndarray]:
        loaded = load_features(corpus / "data", scp)
        return dict(zip(loaded.utterances, loaded.vectors))

    first = extract()
    assert extract() == first and loads == [None]
    assert extract(1) != first and loads == [None, 1]

    (corpus / "out/vectors.scp").unlink()  # as where extraction was interrupted
    assert extract(1) != first and loads == [None, 1]
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + " ", encoding="utf-8")
    extract(1)
    assert loads == [None, 1, 1]
    write_table(corpus / "data/utt2emo", dict(list(read_table(corpus / "data/utt2emo").items())[5:]))
    assert len(extract(1)) == 31


@pytest.mark.parametrize("name", ["wav2vec2_layer", "hubert"])
def test_vectors_do_not_depend_on_the_batch(corpus, model_dir, name):
    folder = model_dir(name)
    scps = [
        extract_vectors(
            lambda: load_encoder(str(folder)),
            str(samples),
            data_dir=corpus / "data",
            output_dir=corpus / str(samples),
            batch_samples=samples,
        )
        for samples in (1, 30000)
    ]
    alone, batched = (load_features(corpus / "data", scp).vectors for scp in scps)
    np.testing.assert_allclose(batched, alone, atol=1e-4)


def test_missing_audio_names_the_utterance(corpus, model_dir):
    data, folder = corpus / "data", model_dir("hubert")

    def extract() -> None:
        load = lambda: load_encoder(str(folder))  # noqa: E731
        extract_vectors(load, "", data_dir=data, output_dir=corpus / "out", batch_samples=16000)

    wavs = read_table(data / "wav.scp")
    write_table(data / "wav.scp", {utt: wav for utt, wav in wavs.items() if utt != "bob-sad1"})
    with pytest.raises(InputError, match="wav.scp: 'bob-sad1' has no line"):
        extract()
    write_table(data / "wav.scp", wavs)
    Path(wavs["cem-happy0"]).unlink()
    with pytest.raises(InputError, match="wav.scp:22: 'cem-happy0': .*no such file"):
        extract()
    assert not (corpus / "out/vectors.scp").exists()


def test_command_line_says_in_one_line_what_is_wrong(corpus):
    command = [sys.executable, "-m", "c2ser.bin.probe", "--encoder", corpus, "--output_dir", corpus / "out"]
    failed = subprocess.run([*command, "--data_dir", corpus / "data"], capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr == (
        f"error: {corpus}/config.yaml: no such file; is {corpus} the folder of a finished training?\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--train_dir", "a"],
        ["--encoder", "a"],
        ["--encoder", "a", "--emobox_dir", "b"],
        ["--encoder", "a", "--emobox_dir", "b", "--audio_dir", "c", "--data_dir", "d"],
        ["--encoder", "a", "--data_dir", "d", "--test_dir", "e"],
        ["--train_dir", "a", "--test_dir", "b/test", "c/test"],
        ["--train_dir", "a", "--test_dir", "b", "--layers", "1"],
        ["--encoder", "a", "--layers", "most", "--data_dir", "d"],
        ["--train_dir", "a", "--test_dir", "b", "--data_dir", "d"],
    ],
)
def test_options_that_do_not_fit_together(options):
    with pytest.raises(SystemExit) as stopped:
        probe("--output_dir", "out", *options)
    assert stopped.value.code == 2


def test_emodb_with_whisper_base(shared, tmp_path):
    """A frozen encoder whose figure is known: UA 0.92 on EmoBox's folds; less here, on half of the first fold."""
    source, half = shared / "data/emobox/data/emodb", tmp_path / "emodb"
    (half / "fold_1").mkdir(parents=True)
    (half / "label_map.json").symlink_to(source / "label_map.json")
    for part in ("train", "test"):
        name = f"fold_1/emodb_{part}_fold_1.jsonl"
        lines = (source / name).read_text().splitlines(keepends=True)
        (half / name).write_text("".join(lines[::2]))
    options = ["--emobox_dir", half, "--audio_dir", shared / "data/emodb", "--output_dir", tmp_path / "out"]
    probe("--encoder", shared / "models/whisper-base", "--layer", 3, *options)
    assert json.loads((tmp_path / "out/fold_1/result.json").read_text())["ua"] > 0.75


def test_bad_audio_may_be_left_out(corpus, model_dir):
    data, folder = corpus / "data", model_dir("hubert")
    Path(read_table(data / "wav.scp")["cem-happy0"]).write_bytes(b"not audio")
    load = lambda: load_encoder(str(folder))  # noqa: E731
    options = {"data_dir": data, "output_dir": corpus / "out", "batch_samples": 16000}
    scp = extract_vectors(load, "", **options, skip_bad=True)
    assert set(read_table(data / "utt2emo")) - set(load_features(data, scp).utterances) == {"cem-happy0"}
    with pytest.raises(InputError, match="'cem-happy0': .*not audio"):
        extract_vectors(load, "", **options)


def test_too_long_for_the_encoder_is_named(corpus, model_dir):
    load = lambda: load_encoder(str(model_dir("hubert")))  # noqa: E731
    with pytest.raises(InputError, match=r"wav.scp:\d+: '.*': \d+ s long, and an utterance has at most 0.2 s"):
        extract_vectors(
            load, "", data_dir=corpus / "data", output_dir=corpus / "out", batch_samples=16000, max_seconds=0.2
        )


def test_a_weighted_average_of_layers(corpus, model_dir, capsys):
    out = corpus / "out"
    options = ["--encoder", model_dir("hubert"), "--layers", "weighted", "--data_dir", corpus / "data"]
    probe(*options, "--output_dir", out)
    assert json.loads((out / "result.json").read_text())["ua"] > 0.9
    header, *rows = (out / "fold_1" / "layers.tsv").read_text().splitlines()
    layers, weights = zip(*(row.split("\t") for row in rows))
    assert header == "layer\tweight" and layers == ("0", "1", "2")
    assert sum(map(float, weights)) == pytest.approx(1, abs=1e-3)
    assert "layer weighted" in capsys.readouterr().out
    with pytest.raises(SystemExit) as error:
        probe(*options, "--output_dir", out, "--head", "mlp")
    assert error.value.code == 2 and "--layers weighted stands alone" in capsys.readouterr().err
