"""The authors' released model becomes a packed model of ours that computes the same; nothing else passes for it."""

import os
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
import torch
from helpers.tiny_emotion2vec import save_emotion2vec
from peft import LoraConfig, get_peft_model
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoTokenizer, GPT2Config, Qwen2Config, Qwen2ForCausalLM

from c2ser import C2SER
from c2ser.bin import import_checkpoint, infer
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.lm.loading import load_llm
from c2ser.packing.release import PROMPTS, import_release

WIDTH, LLM_WIDTH, SPEECH_TOKENS = 32, 24, 5
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]


@pytest.fixture(scope="module")
def emotion2vec(tmp_path_factory) -> Path:
    return save_emotion2vec(tmp_path_factory.mktemp("release") / "emotion2vec é", width=24)


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> str:
    """A small Qwen2 in bfloat16, as Qwen2-7B is published."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("release") / "qwen 2"
    build_llm(
        {}, {"vocab_size": 400}, texts=[*PROMPTS.values(), *PAPER_EMOTIONS, "这段语音的情感是开心。"], output_dir=folder
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    sizes = {"hidden_size": LLM_WIDTH, "intermediate_size": 40, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Qwen2Config(**sizes, num_key_value_heads=1, vocab_size=len(tokenizer), initializer_range=0.2)
    Qwen2ForCausalLM(config).bfloat16().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def release(llm) -> dict[str, torch.Tensor]:
    """Random weights by the names and of the shapes of the release, but small."""
    shapes = {
        "encoder.embed.conv.0": (WIDTH, 80, 3),
        "encoder.embed.conv.2": (WIDTH, WIDTH, 3),
        "speech_transformer.embed.out.0": (WIDTH, WIDTH),
        "speech_llama_proj": (LLM_WIDTH, WIDTH),
        "speaker_head": (SPEECH_TOKENS, LLM_WIDTH),
    }
    shapes |= {f"down_sample_2.conv.{layer}": (WIDTH, WIDTH, 3) for layer in (1, 4, 7)}
    norms = ["encoder.after_norm", "ln_speech", "speech_transformer.embed.out.1", "speech_transformer.after_norm"]
    for encoder, feed_forward in (("encoder", 40), ("speech_transformer", 48)):
        block = f"{encoder}.encoders.0"
        shapes |= {f"{block}.self_attn.linear_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "out")}
        shapes[f"{block}.feed_forward.w_1"] = (feed_forward, WIDTH)
        shapes[f"{block}.feed_forward.w_2"] = (WIDTH, feed_forward)
        norms += [f"{block}.norm1", f"{block}.norm2"]
    torch.manual_seed(1)
    weights = {f"{name}.weight": torch.randn(shape) * 0.1 for name, shape in shapes.items()}
    weights |= {f"{name}.bias": torch.randn(shape[0]) * 0.1 for name, shape in shapes.items()}
    weights |= {f"{name}.weight": 1 + torch.randn(WIDTH) * 0.1 for name in norms}
    weights |= {f"{name}.bias": torch.randn(WIDTH) * 0.1 for name in norms}
    del weights["encoder.encoders.0.self_attn.linear_k.bias"]
    weights["encoder.embed.pos_enc.pe"] = torch.randn(1, 60, WIDTH)
    angles = torch.arange(80).unsqueeze(1) / 10000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
    positions = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)
    weights["speech_transformer.embed.pos_enc.pe"] = positions.unsqueeze(0)
    weights["speech_token_emded.weight"] = torch.randn(SPEECH_TOKENS + 2, LLM_WIDTH)
    model = get_peft_model(load_llm(llm), LoraConfig(r=3, target_modules=TARGETS, init_lora_weights=False))
    weights |= {f"llama_model.{name}": weight for name, weight in model.state_dict().items()}
    weights["embed_tokens.weight"] = model.get_input_embeddings().weight.detach()
    weights["lm_head.weight"] = model.get_output_embeddings().weight.detach()
    return weights


@pytest.fixture
def checkpoint(release, tmp_path) -> Path:
    torch.save(release, tmp_path / "C2SER_llm 模型.pt")
    return tmp_path / "C2SER_llm 模型.pt"


@pytest.fixture(scope="module")
def packed(release, emotion2vec, llm, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    torch.save(release, folder / "C2SER_llm.pt")
    import_release(folder / "C2SER_llm.pt", emotion2vec, llm=llm).save(folder / "packed")
    return folder / "packed"


@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16"])
def test_the_release_is_reproduced(shared, tmp_path, dtype):
    folder = shared / "data" / "c2ser_release_like"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/c2ser_release_like")
    acoustic = save_emotion2vec(tmp_path / "emotion2vec", width=48)
    llm = str(folder / "tiny_llm")
    release = import_release(folder / "release_like.pt", acoustic, llm=llm, llm_dtype=dtype)
    release.save(tmp_path / "packed")
    model = C2SER.from_pretrained(tmp_path / "packed").recognizer.model.float()
    with np.load(folder / "fixture.npz") as fixture:
        expected = {name: torch.from_numpy(fixture[name]) for name in fixture}
    features, none = expected["feats"].transpose(1, 2), torch.zeros(1, 1)
    model.whisper.log_mel.forward = lambda *_: (features, torch.tensor([features.shape[2]]))
    model.prompts["implicit"] = expected["ids"][0].tolist()
    with torch.inference_mode():
        states, _ = model.whisper(none, torch.tensor([1]))
        (heard,) = model.perceive(none, torch.tensor([1]), expected["ssl"])
        (row,) = model.inputs([heard], "implicit")
        logits = model.logits([heard], "implicit", count=len(row))
    for name, value in (("encoder", states[:, :, 0]), ("speech", heard[None]), ("logits", logits)):
        torch.testing.assert_close(value, expected[name], atol=1e-4, rtol=0)


def test_a_padded_batch_equals_one_by_one(packed):
    model = C2SER.from_pretrained(packed).recognizer.model.float()
    assert model.config.llm_dtype == "auto"
    rng = np.random.default_rng(0)
    waveforms = [torch.from_numpy(rng.normal(scale=0.1, size=n)).float() for n in (16000, 161, 9999, 20000, 3)]
    acoustic = torch.from_numpy(rng.normal(size=(len(waveforms), 10, 24))).float()
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    with torch.inference_mode():
        together = model.perceive(pad_sequence(waveforms, batch_first=True), lengths, acoustic)
        logits = model.logits(together, "explicit", count=1)
        for index, waveform in enumerate(waveforms):
            alone = model.perceive(waveform[None], lengths[index : index + 1], acoustic[index : index + 1])
            torch.testing.assert_close(together[index], alone[0], atol=1e-4, rtol=1e-4)
            alone = model.logits(alone, "explicit", count=1)
            torch.testing.assert_close(logits[index : index + 1], alone, atol=1e-4, rtol=1e-4)


def test_prompts_decoding_and_sizes_are_the_releases(packed):
    recognizer = C2SER.from_pretrained(packed).recognizer
    config = recognizer.model.config
    for decoding in recognizer.decoding.values():
        assert (decoding.num_beams, decoding.repetition_penalty) == (4, 1.05)
    assert recognizer.emotions == list(PAPER_EMOTIONS)
    tokenizer = recognizer.model.tokenizer
    assert recognizer.model.prompts == {mode: tokenizer(prompt).input_ids for mode, prompt in PROMPTS.items()}
    assert config.lora_conf["r"] == 3 and set(config.lora_conf["target_modules"]) == set(TARGETS)
    assert config.lora_conf["lora_alpha"] == 32
    assert config.connector_conf == {"layers": 1, "feed_forward": 48}
    assert recognizer.model.llm.get_input_embeddings().weight.dtype == torch.bfloat16


def test_every_weight_in_use_arrives_as_it_was(release, packed):
    model = C2SER.from_pretrained(packed).recognizer.model.float()
    ours = [weight for name, weight in model.named_parameters() if not name.startswith("connector.mix.")]
    unused = ("ln_speech.", "speaker_head.", "speech_transformer.embed.pos_enc", "embed_tokens.", "lm_head.")
    theirs = {name: weight for name, weight in release.items() if not name.startswith(unused)}
    theirs["speech_token_emded.weight"] = theirs["speech_token_emded.weight"][SPEECH_TOKENS:]
    values, expected = (
        torch.cat([weight.flatten().float() for weight in weights]).sort().values for weights in (ours, theirs.values())
    )
    assert torch.equal(values, expected)


def test_without_the_llms_weights_the_checkpoints_are_taken(release, checkpoint, packed, emotion2vec, llm, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(llm, bare, ignore=shutil.ignore_patterns("*.safetensors"))
    import_release(checkpoint, emotion2vec, llm=str(bare)).save(tmp_path / "whole")
    shutil.rmtree(bare)
    ours, expected = (C2SER.from_pretrained(folder).recognizer.model for folder in (tmp_path / "whole", packed))
    for name, weight in expected.named_parameters():
        assert torch.equal(ours.get_parameter(name), weight), name


def refusal(weights: object, path: Path, emotion2vec: Path, llm: str, **options) -> str:
    torch.save(weights, path)
    with pytest.raises(InputError) as error:
        import_release(path, emotion2vec, llm=llm, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_missing_and_renamed_weights_are_named(release, checkpoint, emotion2vec, llm):
    for name in release:
        if not name.startswith(("ln_speech.", "speaker_head.")) and ".norm" not in name:
            rest = {key: weight for key, weight in release.items() if key != name}
            message = refusal(rest, checkpoint, emotion2vec, llm)
            assert name in message and str(checkpoint) in message
    renamed = {name.replace("norm2", "norm_2"): weight for name, weight in release.items()}
    assert "no weight encoder.encoders.0.norm2.weight" in refusal(renamed, checkpoint, emotion2vec, llm)


def test_extra_and_reshaped_weights_are_named(release, checkpoint, emotion2vec, llm):
    for name, weight, message in (
        ("speech_head.weight", torch.ones(2), "does not have: speech_head.weight"),
        (
            "encoder.encoders.0.self_attn.linear_k.bias",
            torch.ones(WIDTH),
            "does not have: encoder.encoders.0.self_attn",
        ),
        ("encoder.embed.conv.0.weight", torch.ones(WIDTH), r"encoder.embed.conv.0.weight has the shape (32,)"),
        ("encoder.after_norm.bias", torch.ones(31), "encoder.after_norm.bias has the shape (31,)"),
        ("speech_token_emded.weight", torch.ones(1, LLM_WIDTH), "speech_token_emded.weight has the shape (1, 24)"),
        ("speech_transformer.embed.pos_enc.pe", torch.ones(1, 80, WIDTH), "no sinusoidal positions"),
        ("speech_llama_proj.bias", "text", "speech_llama_proj.bias among the weights is not a tensor"),
        ("lm_head.weight", torch.ones(2, 2), "lm_head.weight is not that of llm"),
        ("llama_model.base_model.model.model.norm.weight", torch.ones(LLM_WIDTH) * 1.01, "norm.weight is not that of"),
    ):
        assert message in refusal({**release, name: weight}, checkpoint, emotion2vec, llm)
    odd = {"speech_transformer.embed.pos_enc.pe": torch.ones(1, 80, WIDTH - 1)}
    assert "no sinusoidal positions of width 32" in refusal({**release, **odd}, checkpoint, emotion2vec, llm)
    for state in ([1], {1: torch.ones(1)}, torch.ones(1)):
        assert "no state dict" in refusal(state, checkpoint, emotion2vec, llm)
    assert "no weight encoder.embed.conv.0.weight" in refusal({}, checkpoint, emotion2vec, llm)


def test_options_that_do_not_fit(release, checkpoint, emotion2vec, llm, tmp_path):
    message = refusal(release, checkpoint, emotion2vec, llm, whisper_heads=5)
    assert "5 heads do not fit a Whisper encoder of width 32" in message
    wide = save_emotion2vec(tmp_path / "wide", width=48)
    assert "tokens of width 48 do not fit Whisper's, 32" in refusal(release, checkpoint, wide, llm)
    assert "give a hub id or a folder" in refusal(release, checkpoint, emotion2vec, str(tmp_path))


def test_other_language_models_are_refused(release, checkpoint, emotion2vec, llm, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(llm)
    gpt = GPT2Config(n_embd=LLM_WIDTH, n_layer=1, n_head=2, vocab_size=len(tokenizer))
    deeper = AutoConfig.from_pretrained(llm, num_hidden_layers=2, layer_types=None)
    wider = AutoConfig.from_pretrained(llm, intermediate_size=41)
    for number, (config, message) in enumerate(
        (
            (gpt, "LoRA does not fit it"),
            (deeper, "no weight llama_model.base_model.model.model.layers.1."),
            (wider, "mlp.gate_proj.base_layer.weight has the shape (40, 24); with llm"),
        )
    ):
        other = str(tmp_path / str(number))
        config.save_pretrained(other)
        tokenizer.save_pretrained(other)
        assert message in refusal(release, checkpoint, emotion2vec, other)


def test_cut_files_are_refused(checkpoint, emotion2vec, llm):
    whole = checkpoint.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 10):
        checkpoint.write_bytes(whole[:length])
        with pytest.raises(InputError, match="cut short"):
            import_release(checkpoint, emotion2vec, llm=llm)


class Payload:
    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_nothing_that_a_checkpoint_names_is_run(release, checkpoint, emotion2vec, llm, tmp_path):
    for weights in (Payload(tmp_path / "run"), {**release, "ln_speech.weight": Payload(tmp_path / "run")}):
        assert f"'{os.mkdir.__module__}.mkdir'" in refusal(weights, checkpoint, emotion2vec, llm)
    assert not (tmp_path / "run").exists()


def test_other_folders_are_not_overwritten(packed, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    model = C2SER.from_pretrained(packed)
    with pytest.raises(InputError, match="something other than a packed model"):
        model.save_pretrained(tmp_path / "thesis")
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.tex"]
    (tmp_path / "again").mkdir()
    for _ in range(2):
        model.save_pretrained(tmp_path / "again")
    again = (tmp_path / "again" / "model.safetensors").read_bytes()
    assert again == (packed / "model.safetensors").read_bytes()


def run(command: ModuleType, *arguments: str | Path) -> None:
    command.main(list(map(str, arguments)))


def test_from_checkpoint_to_answer_by_command(checkpoint, emotion2vec, llm, tmp_path, capsys):
    packed, speech = tmp_path / "packed", tmp_path / "tone.wav"
    soundfile.write(speech, 0.2 * np.sin(np.arange(12000) * 0.05), 16000)
    options = ("--emotion2vec", emotion2vec, "--llm", llm, "--output_dir", packed)
    run(import_checkpoint, "--checkpoint", checkpoint, *options)
    assert sorted(path.name for path in packed.iterdir()) == ["config.yaml", "emotion2vec_s", "model.safetensors"]
    capsys.readouterr()
    run(infer, "--model", packed, speech)
    answer = C2SER.from_pretrained(packed).recognize(speech)
    assert capsys.readouterr().out == f"{speech}\t{answer.emotion or INVALID}\t{answer.text}\n"

    with pytest.raises(SystemExit) as stop:
        run(import_checkpoint, "--checkpoint", tmp_path / "absent.pt", *options)
    assert stop.value.code == f"error: {tmp_path / 'absent.pt'}: no such file"
