"""Models that follow one input alone: exchanges of it are followed always, those of others never."""

import json
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
from helpers.tiny_alm import ACOUSTIC_WIDTH, build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec
from helpers.workspace import EMOTIONS, RATE, voice

from c2ser.alm.answers import encode_answer
from c2ser.alm.classifiers import rationale_classes
from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.bin import interventions
from c2ser.data.data_dir import DataDir
from c2ser.data.features import read_feature
from c2ser.data.provenance import write_provenance
from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.extraction import feature_provenance
from c2ser.packing.packed_model import PackedModel
from c2ser.rationales.templates import explicit_target, implicit_target

SENTENCES = ("It's seven o'clock.", "Der Lappen liegt auf dem Eisschrank.")
LEVELS = ("low", "medium", "high")
STEPS = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A set in which five speakers say two sentences with each of three emotions, which are heard in the pitch."""
    folder = tmp_path_factory.mktemp("interventions")
    data = folder / "data"
    data.mkdir()
    tables: dict[str, dict[str, object]] = {
        name: {} for name in ("wav.scp", "utt2spk", "utt2emo", "utt2lang", "text", "attribute_levels")
    }
    for number in range(30):
        speaker, sentence, kind = number // 6, number // 3 % 2, number % 3
        utt = f"s{speaker}-{sentence}-{EMOTIONS[kind]}"
        soundfile.write(data / f"{utt}.wav", voice(100 + 100 * kind + 5 * speaker + sentence, 0.3), RATE)
        values = (data / f"{utt}.wav", f"s{speaker}", EMOTIONS[kind], "en", SENTENCES[sentence])
        levels = f"{LEVELS[kind]} {LEVELS[speaker % 3]} {LEVELS[sentence]}"
        for name, value in zip(tables, (*values, levels), strict=True):
            tables[name][utt] = value
    for name, table in tables.items():
        write_table(data / name, dict(sorted(table.items())))
    save_emotion2vec(folder / "encoder", ACOUSTIC_WIDTH)
    write_tokens(data, {utt: EMOTIONS.index(emotion) for utt, emotion in tables["utt2emo"].items()}, folder / "encoder")
    return folder


def write_tokens(data: Path, kinds: dict[str, int], encoder: Path) -> None:
    """Writes tokens that tell emotions, as if that encoder had computed them."""
    rng = np.random.default_rng(0)
    told = rng.normal(size=(3, 10, ACOUSTIC_WIDTH))
    tokens = {utt: (told[kind] + 0.3 * rng.normal(size=told.shape[1:])).astype("f4") for utt, kind in kinds.items()}
    kaldiio.save_ark(str(data / "e.ark"), dict(sorted(tokens.items())), scp=str(data / "emotion2vec_s.scp"))
    origin = feature_provenance(Emotion2Vec.from_pretrained(str(encoder)), "utterance")
    write_provenance(data / "emotion2vec_s.scp", origin)


def heard(folder: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The set as a batch."""
    wavs, tokens = read_table(folder / "data/wav.scp"), read_table(folder / "data/emotion2vec_s.scp")
    waves = torch.from_numpy(np.stack([soundfile.read(path, dtype="float32")[0] for path in wavs.values()]))
    acoustic = torch.from_numpy(np.stack([read_feature(tokens[utt]) for utt in wavs]))
    return waves, torch.full((len(waves),), waves.shape[1]), acoustic


def learn(model, texts, perceive, *, mode: str) -> None:
    """Trains a model to say texts, drawn anew each time, of what it perceives."""
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=3e-3)
    for step in range(STEPS):
        said = texts(np.random.default_rng(step))
        pairs = [encode_answer(model.tokenizer, text, emotions=EMOTIONS) for text in said]
        answers = Answers(mode, *([torch.from_numpy(pair[place]) for pair in pairs] for place in (0, 1)))
        speech, pooled = perceive()
        loss = model.loss(speech, answers)["loss"]
        if pooled is not None:
            classes = torch.from_numpy(np.stack(list(map(rationale_classes, said))))
            loss = loss + model.connector.classifiers.loss(pooled, classes)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def tiny(llm: Path, *perception: str, pooled: bool = False) -> C2SERModel:
    connector = {"layers": 1, "feed_forward": 64, "dropout": 0.0, "pooled": pooled}
    return build(tiny_config(llm, perception=perception, emotion_weight=10.0, connector_conf=connector))


def silence(*layers: torch.nn.Linear) -> None:
    """Lets layers tell nothing, and learn nothing."""
    for weight in (weight for layer in layers for weight in layer.parameters()):
        torch.nn.init.zeros_(weight.requires_grad_(False))


def of_speech(folder: Path, model: C2SERModel) -> C2SERModel:
    """Returns the model, which has learned to name the emotion that it hears."""
    batch = heard(folder)
    texts = [implicit_target(emotion, "en") for emotion in read_table(folder / "data/utt2emo").values()]
    learn(model, lambda rng: texts, lambda: model.perceive_and_pool(*batch), mode="implicit")
    return model


def of_reasons(llm: Path, place: int) -> C2SERModel:
    """Returns a deaf model, which concludes from one of pitch, volume, rate and words."""
    model = tiny(llm, "semantic")
    silence(model.connector.output)

    def reasons(rng) -> list[str]:
        drawn = rng.integers([3, 3, 3, 2], size=(32, 4))
        parts = [([LEVELS[level] for level in row[:3]], SENTENCES[row[3]], EMOTIONS[row[place]]) for row in drawn]
        return [explicit_target(levels, text=text, emotion=emotion, language="en") for levels, text, emotion in parts]

    nothing = [torch.zeros(5, model.connector.output.out_features)] * 32
    learn(model, reasons, lambda: (nothing, None), mode="explicit")
    return model


def follower(of: str, folder: Path, *, llm: Path) -> C2SERModel:
    """Returns a model that follows one input alone."""
    match of:
        case "emotion2vec":
            return of_speech(folder, tiny(llm, "acoustic"))
        case "whisper_frames" | "whisper_pooled":
            model = tiny(llm, "semantic", pooled=True)
            silence(*([model.connector.output] if of == "whisper_pooled" else model.connector.classifiers.tokens))
            return of_speech(folder, model)
        case "levels":
            return of_reasons(llm, 0)
        case "transcript":
            return of_reasons(llm, 3)


def measure(model: Path, data: Path, output: Path, *options: str) -> dict:
    words = ["--model", model, "--data_dir", data, "--output_dir", output, "--donors", "2", *options]
    interventions.main(list(map(str, words)))
    return json.loads((output / "result.json").read_text())


def pack(model: C2SERModel, folder: Path, target: Path) -> Path:
    encoder = Emotion2Vec.from_pretrained(str(folder / "encoder"))
    PackedModel(model, encoder, list(EMOTIONS), {}).save(target)
    return target


@pytest.mark.parametrize(
    ("of", "mode", "followed", "ignored"),
    [
        ("emotion2vec", "implicit", ["emotion2vec"], ["whisper"]),
        ("whisper_frames", "implicit", ["whisper", "whisper_frames"], ["emotion2vec", "whisper_pooled"]),
        ("whisper_pooled", "implicit", ["whisper", "whisper_pooled"], ["emotion2vec", "whisper_frames"]),
        ("levels", "explicit", ["levels"], ["transcript", "emotion2vec", "whisper"]),
        ("transcript", "explicit", ["transcript"], ["levels", "emotion2vec", "whisper"]),
    ],
)
def test_what_a_model_follows_is_followed_always_and_all_else_never(
    of, mode, followed, ignored, folder, tiny_llm, tmp_path
):
    packed = pack(follower(of, folder, llm=tiny_llm), folder, tmp_path / "packed")
    result = measure(packed, folder / "data", tmp_path / "out", "--mode", mode)
    found = result["interventions"]
    assert set(found) == {*followed, *ignored} and result["pairs"] == {"n": 60, "same_speaker": 1}
    for name in followed:
        assert found[name]["other"] == 1 and found[name]["n_told"] > 20, name
        assert found[name]["other_ci95"][0] > 0.8
    for name in ignored:
        assert found[name]["changed"] == 0 and found[name]["other"] in (0, None), name
    for name in {"blind", "text_only"} & set(result["references"]):  # all sentences are said with all emotions alike
        assert result["references"][name]["ua"] <= 1 / 3 + 1e-9
    if mode == "implicit":
        assert result["references"]["unchanged"]["ua"] == 1
    header, *rows = (line.split("\t") for line in (tmp_path / "out/answers.tsv").read_text().splitlines())
    (row, *_) = (dict(zip(header, row)) for row in rows if row[0] == followed[0] and row[-2] == "other")
    labels = read_table(folder / "data/utt2emo")
    assert (row["label"], row["label_of_other"]) == (labels[row["utterance"]], labels[row["other"]])
    assert row["answer"] == row["answer_to_other"] != row["answer_to_own"]


@pytest.fixture(scope="module")
def untrained(folder, tiny_llm) -> Path:
    """A packed model of random weights."""
    return pack(tiny(tiny_llm, "semantic", "acoustic", pooled=True), folder, folder / "packed")


def contents(output: Path) -> dict[str, bytes]:
    files = (output / name for name in ("answers.tsv", "result.json", "result.txt"))
    return {path.name: path.read_bytes() for path in files}


def test_an_interrupted_call_resumes_to_the_same_bytes(folder, untrained, tmp_path, capsys):
    options = ("--mode", "explicit", "--max_new_tokens", "4", "--batch_seconds", "3")
    measure(untrained, folder / "data", tmp_path / "out", *options)
    assert capsys.readouterr().out == (tmp_path / "out/result.txt").read_text()
    whole, journal = contents(tmp_path / "out"), tmp_path / "out/answers/1.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    for name in whole:
        (tmp_path / "out" / name).unlink()
    journal.write_bytes(b"".join(lines[:30]) + lines[30][:20])  # as a kill leaves it
    measure(untrained, folder / "data", tmp_path / "out", *options)
    assert contents(tmp_path / "out") == whole
    assert journal.read_bytes().splitlines(keepends=True)[:30] == lines[:30] and len(lines) > 40


def test_parts_together_give_the_same_bytes(folder, untrained, tmp_path):
    options = ("--mode", "explicit", "--max_new_tokens", "4", "--batch_seconds", "3")
    measure(untrained, folder / "data", tmp_path / "whole", *options)
    output, call = tmp_path / "out", ["--model", untrained, "--data_dir", folder / "data", "--donors", "2", *options]
    for part in ("2/3", "1/3", "3/3"):
        interventions.main(list(map(str, [*call, "--output_dir", output, "--part", part])))
    assert sorted(path.name for path in output.rglob("*.*")) == ["1.jsonl", "2.jsonl", "3.jsonl"]
    there = [path.read_bytes() for path in sorted(output.rglob("*.jsonl"))]
    measure(untrained, folder / "data", output, *options)
    assert contents(output) == contents(tmp_path / "whole")
    assert [path.read_bytes() for path in sorted(output.rglob("*.jsonl"))] == there  # none was answered again


def subset(folder: Path, target: Path, keep) -> Path:
    """Writes the part of the set whose utterances are kept."""
    DataDir(folder / "data").subset(target, {utt for utt in read_table(folder / "data/utt2emo") if keep(utt)})
    return target


def test_faults_are_one_line(folder, untrained, tmp_path, capsys):
    data = subset(folder, tmp_path / "sad", lambda utt: utt.endswith("sad"))
    with pytest.raises(SystemExit, match="^error: .*sad: no sentence of its text was said with two emotions"):
        measure(untrained, data, tmp_path / "out")
    data = subset(folder, tmp_path / "all", lambda utt: True)
    (data / "attribute_levels").unlink()
    with pytest.raises(SystemExit, match="attribute_levels: no such file, so no reasons are measured"):
        measure(untrained, data, tmp_path / "out", "--mode", "explicit")
    (data / "emotion2vec_s.scp").unlink()
    with pytest.raises(SystemExit, match="emotion2vec_s.scp: no such file; make it with"):
        measure(untrained, data, tmp_path / "out")
    with pytest.raises(SystemExit) as ended:
        measure(untrained, data, tmp_path / "out", "--mode", "explicit", "--reasons", "measured")
    assert ended.value.code == 2 and "--reasons measured" in capsys.readouterr().err


def test_audio_that_cannot_be_used_is_left_out_where_that_is_allowed(folder, untrained, tmp_path):
    data = subset(folder, tmp_path / "part", lambda utt: utt < "s3")
    wavs = read_table(data / "wav.scp")
    (bad, *_) = wavs
    (tmp_path / "bad.wav").write_bytes(Path(wavs[bad]).read_bytes()[:44] + b"\0" * 100)
    write_table(data / "wav.scp", wavs | {bad: str(tmp_path / "bad.wav")})
    with pytest.raises(SystemExit, match=f"wav.scp:1: '{bad}'"):
        measure(untrained, data, tmp_path / "out")
    result = measure(untrained, data, tmp_path / "out", "--skip_bad")
    assert list(read_table(tmp_path / "out/skipped")) == [bad]
    assert result["n_utts"] == len(wavs) - 1 and bad not in (tmp_path / "out/answers.tsv").read_text()
