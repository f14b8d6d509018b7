"""Folders of packed models: those of earlier versions, of newer ones, broken ones and those of other programs."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from helpers.tiny_alm import ACOUSTIC_WIDTH, build, tiny_config
from helpers.tiny_emotion2vec import save_emotion2vec
from safetensors.torch import load_file, save_file

from c2ser import C2SER
from c2ser.bin import alm_inference, infer
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding
from c2ser.packing.format import FORMAT_VERSION, read_pack
from c2ser.packing.packed_model import PackedModel
from c2ser.systems.c2ser import MAX_NEW_TOKENS

WAVE = np.random.default_rng(0).normal(scale=0.1, size=12000).astype(np.float32)
# Weights of the connection module, by which a reader of old folders finds them.
NAMES = {
    "whisper_digest",
    "llm_digest",
    "speech_marks.weight",
    "connector.mix.weights",
    "connector.mix.mean",
    "connector.mix.scale",
    "connector.downsampling.convs.0.weight",
    "connector.input.0.weight",
    "connector.transformer.layers.0.self_attn.in_proj_weight",
    "connector.output.weight",
    "whisper.encoder.layers.0.self_attn.q_proj.weight",
    "llm.model.layers.0.self_attn.q_proj.weight",
}


@pytest.fixture(scope="module")
def original(tiny_llm, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packed ß") / "packed"
    emotion2vec = Emotion2Vec.from_pretrained(save_emotion2vec(folder.with_name("e2v"), ACOUSTIC_WIDTH))
    model = build(tiny_config(tiny_llm), seed=3)
    PackedModel(model, emotion2vec, list(PAPER_EMOTIONS), {"num_beams": 2, "repetition_penalty": 1.1}).save(folder)
    return folder


@pytest.fixture
def packed(original, tmp_path) -> Path:
    """A copy to be changed."""
    return shutil.copytree(original, tmp_path / "packed")


def change(folder: Path, edit: Callable[[dict], object]) -> None:
    path = folder / "config.yaml"
    mapping = yaml.safe_load(path.read_text())
    edit(mapping)
    path.write_text(yaml.safe_dump(mapping))


def refusal(folder: Path | str) -> str:
    with pytest.raises(InputError) as error:
        C2SER.from_pretrained(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_folders_of_earlier_versions_are_read(packed, original):
    """Written before there were format versions, rounding of weights, and the wording of answers."""
    change(packed, lambda mapping: [mapping.pop(name) for name in ("format_version", "answers")])
    change(packed, lambda mapping: mapping["alm"].pop("llm_rounding"))
    assert list(yaml.safe_load((packed / "config.yaml").read_text())) == ["alm", "decoding", "emotions", "sample_rate"]
    assert NAMES <= load_file(packed / "model.safetensors").keys()
    for mode in ("implicit", "explicit"):
        answers = [C2SER.from_pretrained(folder).recognize(WAVE, mode) for folder in (packed, original)]
        assert answers[0] == answers[1]
    decoding = C2SER.from_pretrained(packed).recognizer.decoding["explicit"]
    assert decoding == Decoding(MAX_NEW_TOKENS["explicit"], 2, repetition_penalty=1.1)


def test_decoding_and_wording_go_with_a_model(packed, tmp_path):
    """What is packed is used and packed again; what is given comes first."""
    decoding = {"num_beams": 3, "top_k": 2, "max_new_tokens": 7, "end_tokens": [5, 9]}
    answers = {"en": "It is {emotion}!", "zh": "{emotion}"}
    change(packed, lambda mapping: mapping.update(decoding=decoding, answers=answers))
    model = C2SER.from_pretrained(packed, constrained=True)
    model.save_pretrained(tmp_path / "again")
    again = read_pack(tmp_path / "again")
    assert again.decoding == {**decoding, "repetition_penalty": 1.0} and again.answers == answers
    expected = Decoding(7, 3, top_k=2, end_tokens=(5, 9))
    assert model.recognizer.decoding == {"explicit": expected, "implicit": expected}
    answer = model.recognize(WAVE, language="en")
    assert answer.text == f"It is {answer.emotion}!"
    given = C2SER.from_pretrained(packed, top_k=0, max_new_tokens=4, end_tokens=[]).recognizer.decoding["implicit"]
    assert given == Decoding(4, 3)
    with pytest.raises(InputError, match="^end_tokens: 500 is not in the language model's vocabulary of 500 tokens$"):
        C2SER.from_pretrained(packed, end_tokens=[499, 500])


def test_without_the_wording_nothing_is_compared_with_it(packed):
    change(packed, lambda mapping: mapping.update(answers={}))
    plain = C2SER.from_pretrained(packed, num_beams=1, repetition_penalty=1.0)
    assert plain.recognize(WAVE).text == plain.recognizer.model.generate(*heard(plain), decoding=Decoding(24))[0]
    for option in ("scores", "constrained"):
        with pytest.raises(InputError, match=f"^{packed}: the wording of its implicit answers is not known.*'answers'"):
            C2SER.from_pretrained(packed, **{option: True})


def heard(model: C2SER) -> tuple[list[torch.Tensor], str]:
    """What the language model is given of the waveform, and in which mode."""
    tokens = torch.from_numpy(model.emotion2vec.extract([WAVE])[0]["utterance"])
    with torch.inference_mode():
        perceived = model.recognizer.model.perceive(torch.from_numpy(WAVE)[None], torch.tensor([12000]), tokens[None])
    return perceived, "implicit"


def test_folders_may_be_moved(packed, original, tmp_path):
    moved = packed.rename(tmp_path / "elsewhere é")
    assert read_pack(moved).alm.llm == str(moved / "llm")
    assert C2SER.from_pretrained(moved).recognize(WAVE) == C2SER.from_pretrained(original).recognize(WAVE)


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda mapping: mapping.update(format_version=FORMAT_VERSION + 1), "install a newer c2ser"),
        (lambda mapping: mapping.update(format_version="two"), "install a newer c2ser"),
        (lambda mapping: mapping["alm"].update(future=1), "'future'"),
        (lambda mapping: mapping["decoding"].update(speculative=True), "'speculative'"),
        (lambda mapping: mapping["decoding"].update(num_beams="two"), "decoding.num_beams: expected a whole number"),
        (lambda mapping: mapping["decoding"].update(end_tokens=7), "decoding.end_tokens: expected a list"),
        (lambda mapping: mapping["decoding"].update(top_k=-1), "top_k -1"),
        (lambda mapping: mapping["answers"].update(fr="Je suis {emotion}."), "answers: unknown 'fr'"),
        (
            lambda mapping: mapping["answers"].update(zh="neutral"),
            "answers: 'zh' is not an answer with {emotion} in it",
        ),
        (lambda mapping: mapping.update(answers="It is {emotion}."), "answers: unknown"),
        (lambda mapping: mapping["alm"].pop("llm"), "llm"),
        (lambda mapping: mapping.pop("alm"), "not that of a packed model"),
        (lambda mapping: mapping.pop("emotions"), "not that of a packed model"),
        (lambda mapping: mapping.update(decoding="fast"), "decoding"),
        (lambda mapping: mapping["alm"].update(acoustic_width=30), "has tokens of width 24"),
    ],
)
def test_configurations_that_do_not_fit_are_one_line(packed, edit, message):
    change(packed, edit)
    assert message in refusal(packed) and str(packed) in refusal(packed)


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda mapping: mapping["alm"].update(whisper="../../x"), "whisper '../../x' is a path out of the folder"),
        (lambda mapping: mapping["alm"].update(llm="/etc"), "llm '/etc' is a path out of the folder"),
        (lambda mapping: mapping["alm"].update(llm="llm/../../x"), "llm 'llm/../../x' is a path out of the folder"),
    ],
)
def test_paths_out_of_the_folder_are_refused(packed, edit, message):
    change(packed, edit)
    assert message in refusal(packed)


def test_tags_of_python_are_refused(packed):
    path = packed / "config.yaml"
    path.write_text(path.read_text() + f"x: !!python/object/apply:os.mkdir ['{packed / 'run'}']\n")
    assert "not valid YAML" in refusal(packed) and not (packed / "run").exists()


def test_weights_that_were_changed_are_refused(packed):
    path = packed / "model.safetensors"
    weights = load_file(path)
    weights["connector.output.bias"] += 1
    save_file(weights, path)
    assert f"{path}: is not the file that was packed" in refusal(packed)
    (packed / "SHA256SUMS").unlink()
    assert "SHA256SUMS: no such file" in refusal(packed)


def test_a_model_of_one_language_answers_in_it_alone(packed):
    change(packed, lambda mapping: mapping["answers"].pop("zh"))
    model = C2SER.from_pretrained(packed, constrained=True)
    answers = {language: model.recognize(WAVE, language=language) for language in (None, "en", "zh")}
    assert len({answer.text for answer in answers.values()}) == 1
    assert answers["zh"].text == f"The speaker's emotion is {answers['zh'].emotion}."
    assert sum(answers[None].scores.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "name, content",
    [
        ("model.safetensors", b""),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"),
        ("model.safetensors", None),
        ("emotion2vec_s/model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"),
        ("config.yaml", b"alm: {half"),
        ("config.yaml", b"\xff\xfe"),
        ("llm/tokenizer.json", b"{half"),
        ("llm/config.json", b""),
    ],
)
def test_broken_files_are_one_line(packed, name, content):
    path = packed / name
    path.write_bytes(path.read_bytes()[:-10] if content is None else content)
    assert str(packed) in refusal(packed)
    path.unlink()
    assert str(packed) in refusal(packed)


def test_what_is_no_packed_model_is_one_line(packed, tmp_path):
    (tmp_path / "espnet").mkdir()
    (tmp_path / "espnet" / "config.yaml").write_text("batch_type: numel\n")
    assert "not that of a packed model" in refusal(tmp_path / "espnet")
    assert "config.yaml is missing" in refusal(packed / "llm")
    assert "not that of a packed model" in refusal(packed / "emotion2vec_s")
    assert "no such folder" in refusal("exp/no/folder")
    assert "not available from the Hugging Face hub" in refusal("someone/no-such-model")


def run(command, *arguments: object) -> str:
    """What a command that fails says."""
    with pytest.raises(SystemExit) as stopped:
        command.main([str(argument) for argument in arguments])
    return str(stopped.value.code)


def test_commands_say_in_one_line_that_a_folder_is_no_model(packed, tmp_path):
    soundfile.write(tmp_path / "a.wav", WAVE, 16000)
    (tmp_path / "exp").mkdir()
    (tmp_path / "exp" / "config.yaml").write_text("batch_type: numel\n")
    said = run(infer, "--model", tmp_path / "exp", tmp_path / "a.wav")
    assert said.startswith("error: ") and "not that of a packed model" in said and "\n" not in said
    said = run(alm_inference, "--model", tmp_path / "exp", "--data_dir", tmp_path, "--output_dir", tmp_path / "out")
    assert "not an experiment of alm_train" in said and "\n" not in said


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_line_says_so(packed, tmp_path):
    soundfile.write(tmp_path / "a.wav", WAVE, 16000)
    assert "PyTorch finds no GPU" in run(infer, "--model", packed, "--ngpu", 1, tmp_path / "a.wav")


def test_infer_answers_one_line_per_file_and_goes_on_over_bad_ones(packed, tmp_path, capsys):
    files = [tmp_path / name for name in ("a.wav", "bad.wav", "none.wav", "b.wav")]
    for file in (files[0], files[3]):
        soundfile.write(file, WAVE, 16000)
    files[1].write_bytes(b"RIFFhalf")
    assert run(infer, "--model", packed, "--mode", "explicit", *files) == "3"
    captured = capsys.readouterr()
    header, *rows = [line.split("\t") for line in captured.out.splitlines()]
    assert [row[0] for row in rows] == [str(files[0]), str(files[3])]
    assert all(len(row) == len(header) for row in rows)
    errors = [line for line in captured.err.splitlines() if line.startswith("left out: ")]
    assert len(errors) == 2 and "bad.wav" in errors[0] and "none.wav" in errors[1]
