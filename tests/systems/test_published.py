"""Published classifiers, of random weights, against FunASR's own code: emotion2vec+ and SenseVoice."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from helpers import funasr

from c2ser.bin import recognize, results, score
from c2ser.data.scores import read_scores
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.systems.emotion2vec_plus import Emotion2VecPlusRecognizer
from c2ser.systems.recognizer import Speech
from c2ser.systems.sensevoice import TAGGED, SenseVoiceRecognizer

pytest.importorskip("funasr", reason="the extra [test] is not installed")

EMOTIONS = ["angry", "disgusted", "happy", "bored"]
SPECIAL = [f"<|{name}|>" for name in ("nospeech", "en", *map(str.upper, TAGGED), "EMO_UNKNOWN", "Speech", "woitn")]


def speech(*seconds: float, **fields) -> list[Speech]:
    return [Speech(wave, **fields) for wave in funasr.noise(*seconds)]


@pytest.fixture(scope="module")
def plus(tmp_path_factory) -> Path:
    config = funasr.configuration(funasr.SMALL, funasr.SMALL_AUDIO)
    model = funasr.build_funasr(config, classes=len(funasr.TOKENS))
    return funasr.write_funasr(tmp_path_factory.mktemp("plus"), model.state_dict(), config)


def test_the_head_of_emotion2vec_plus_is_funasrs_on_the_mean_of_its_frames(plus):
    config = funasr.configuration(funasr.SMALL, funasr.SMALL_AUDIO)
    theirs = funasr.build_funasr(config, classes=len(funasr.TOKENS))
    recognizer = Emotion2VecPlusRecognizer.load(str(plus), emotions=EMOTIONS)
    batch = speech(1.0, 0.4)
    for one, found in zip(batch, recognizer.recognize(batch, "implicit"), strict=True):
        _, frames = funasr.reference(theirs, one.audio)
        with torch.no_grad():
            logits = theirs.proj(torch.from_numpy(frames).mean(0))[[0, 1, 2]]  # of the label set
        assert list(found.scores) == ["angry", "happy", "disgusted"]
        expected = dict(zip(("angry", "disgusted", "happy"), logits.softmax(0).tolist()))
        assert found.scores == pytest.approx(expected, abs=1e-4)
        assert found.emotion == max(expected, key=expected.__getitem__) and found.text in funasr.LABELS


def test_classes_that_are_not_in_the_label_set_are_no_answers(plus):
    with pytest.raises(InputError, match="fewer than two classes are in bored, happy .*use an emotion2vec"):
        Emotion2VecPlusRecognizer.load(str(plus), emotions=["bored", "happy"])
    recognizer = Emotion2VecPlusRecognizer.load(str(plus), emotions=EMOTIONS)
    (found,) = recognizer.recognize(speech(0.5, emotions=["happy", "disgusted", "bored"]), "implicit")
    assert set(found.scores) == {"happy", "disgusted"}


@pytest.fixture(scope="module")
def sensevoice(tmp_path_factory) -> Path:
    """A SenseVoice whose emotion tags are far more probable than words."""
    import sentencepiece
    from funasr import AutoModel

    folder = tmp_path_factory.mktemp("sensevoice")
    (folder / "text").write_text("what is said in a few words\nwe are here and you are there\n")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"),
        model_prefix=str(folder / "bpe"),
        vocab_size=len(SPECIAL) + 40,
        user_defined_symbols=SPECIAL,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    encoder = {"output_size": 32, "attention_heads": 2, "linear_units": 32, "num_blocks": 1, "tp_blocks": 1}
    encoder |= {"input_layer": "pe", "kernel_size": 11, "selfattention_layer_type": "sanm", "normalize_before": True}
    config = {
        "model": "SenseVoiceSmall",
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": {**encoder, "pos_enc_class": "SinusoidalPositionEncoder"},
        "frontend": "WavFrontend",
        "frontend_conf": {"fs": 16000, "window": "hamming", "n_mels": 80, "lfr_m": 7, "lfr_n": 6},
        "tokenizer": "SentencepiecesTokenizer",
        "tokenizer_conf": {"bpemodel": None, "unk_symbol": "<unk>", "split_with_space": True},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    torch.save({}, folder / "model.pt")
    model, settings = AutoModel.build_model(model=str(folder), device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(1.0 if name.endswith("norm.weight") else 0.0, 1.0 if weight.dim() > 1 else 0.3)
        model.ctc.ctc_lo.bias[[settings["tokenizer"].sp.piece_to_id(f"<|{tag.upper()}|>") for tag in TAGGED]] += 30
    torch.save(model.state_dict(), folder / "model.pt")
    return folder


@torch.inference_mode()
def test_sensevoices_emotion_is_its_tag(sensevoice):
    recognizer = SenseVoiceRecognizer.load(str(sensevoice), emotions=list(TAGGED))
    tones = [np.sin(np.arange(8000 * hertz // 50) * hertz / 2500).astype(np.float32) / 9 for hertz in (50, 100, 700)]
    batch = [*speech(1.0, 0.3), *map(Speech, tones)]
    together = recognizer.recognize(batch, "implicit")
    assert len({tuple(found.scores.values()) for found in together}) == len(batch)  # it hears
    pieces = recognizer.settings["tokenizer"].sp
    for one, found in zip(batch, together, strict=True):
        logs = recognizer.model.ctc.log_softmax(_encoded(recognizer, one))[0]
        emotion = logs[1]  # FunASR's loss has language, emotion, event and style as targets of the first four frames
        assert pieces.id_to_piece(int(emotion.argmax())) == f"<|{found.emotion.upper()}|>"
        for name, share in found.scores.items():
            other = emotion[pieces.piece_to_id(f"<|{name.upper()}|>")] - emotion.max()
            assert share / found.scores[found.emotion] == pytest.approx(other.exp().item(), rel=1e-4)
        assert f"<|{found.emotion.upper()}|>" in found.text and "<|" not in found.transcript
        (again,) = recognizer.recognize([one], "implicit")
        assert (again.text, again.scores) == (found.text, found.scores)


def _encoded(recognizer, one: Speech) -> torch.Tensor:
    """What the encoder of the model gave for an utterance."""
    seen = []
    hook = recognizer.model.encoder.register_forward_hook(lambda _, inputs, output: seen.append(output[0]))
    recognizer.recognize([one], "implicit")
    hook.remove()
    return seen[0]


def test_sensevoice_answers_within_the_label_set(sensevoice):
    recognizer = SenseVoiceRecognizer.load(str(sensevoice), emotions=["bored", "sad", "neutral", "angry"])
    (found,) = recognizer.recognize(speech(1.0, emotions=["bored", "sad"]), "implicit")
    assert found.emotion == "sad" and found.scores == {"sad": 1.0}
    with pytest.raises(InputError, match="fewer than two of bored, sad have a tag"):
        SenseVoiceRecognizer.load(str(sensevoice), emotions=["bored", "sad"])


def test_weights_that_are_not_there_are_told(sensevoice, tmp_path):
    for name in ("config.yaml", "bpe.model"):
        (tmp_path / name).symlink_to(sensevoice / name)
    with pytest.raises(InputError, match="no folder with config.yaml and model.pt"):
        SenseVoiceRecognizer.load(str(tmp_path), emotions=EMOTIONS)
    state = torch.load(sensevoice / "model.pt", weights_only=True)
    torch.save({name: weight for name, weight in state.items() if name != "ctc.ctc_lo.bias"}, tmp_path / "model.pt")
    with pytest.raises(InputError, match="ctc.ctc_lo.bias is missing"):
        SenseVoiceRecognizer.load(str(tmp_path), emotions=EMOTIONS)


def test_the_commands_and_the_table(plus, sensevoice, tmp_path, capsys):
    data = tmp_path / "data"
    for number, wave in enumerate(funasr.noise(0.5, 0.6)):
        data.mkdir(exist_ok=True)
        soundfile.write(data / f"{number}.wav", wave, 16000)
    write_table(data / "wav.scp", {f"utt{number}": str(data / f"{number}.wav") for number in range(2)})
    write_table(data / "utt2spk", {"utt0": "one", "utt1": "two"})
    write_table(data / "utt2emo", {"utt0": "angry", "utt1": "happy"})
    (data / "emotions").write_text("angry\nhappy\n")
    for system, model in (("emotion2vec_plus", plus), ("sensevoice", sensevoice)):
        output = tmp_path / "exp" / system / "inference_head" / "test"
        words = ["--system", system, "--model", str(model), "--data_dir", str(data), "--output_dir", str(output)]
        recognize.main([*words, "--emotions", str(data / "emotions")])
        assert dict(read_scores(output / "utt2scores", ["angry", "happy"])).keys() == {"utt0", "utt1"}
        assert set(read_table(output / "utt2emo").values()) <= {"angry", "happy"}
        assert json.loads((output / "system.json").read_text())["system"] == system
        score.main(
            ["--ref", str(data / "utt2emo"), "--hyp", str(output / "utt2emo"), "--output_dir", str(output / "score")]
        )
    results.main(["--exp_dir", str(tmp_path / "exp"), "--output", str(tmp_path / "RESULTS.md")])
    text = (tmp_path / "RESULTS.md").read_text()
    (row,) = [line for line in text.splitlines() if line.startswith("| emotion2vec_plus") and "see below" in line]
    assert "| test |" in row and f"- sensevoice, head: sensevoice .../{sensevoice.name}\n" in text
    assert "Trained on EmoBox's corpora: no test result on these" in text
