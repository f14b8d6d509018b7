"""emotion2vec models of FunASR, the oracle for ours."""

import pathlib

import numpy as np
import torch
import yaml

from c2ser.emotion2vec import Emotion2Vec

SPEC = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"
TOKENS = ["生气/angry", "厌恶/disgusted", "开心/happy", "unuse_0", "中立/neutral", "unuse_1", "<unk>"]
LABELS = ("angry", "disgusted", "happy", "neutral", "unknown")
SMALL = {"embed_dim": 24, "num_heads": 6, "depth": 2}
SMALL_AUDIO = {"prenet_depth": 1, "conv_pos_depth": 2, "conv_pos_width": 14, "conv_pos_groups": 4}
DECODER = {"decoder_kernel": 7, "decoder_layers": 4, "input_dropout": 0.1, "decoder_residual": True}
BASE_PARAMETERS = 93_171_212


def configuration(model: dict | None = None, audio: dict | None = None, spec: str = SPEC) -> dict:
    """FunASR's configuration of emotion2vec base, with other settings of the model and of its audio encoder."""
    model_conf = {
        "depth": 8,
        "num_heads": 12,
        "embed_dim": 768,
        "mlp_ratio": 4.0,
        "norm_eps": 1e-5,
        "norm_affine": True,
        "layer_norm_first": False,
        "normalize": True,
        **dict.fromkeys(("encoder_dropout", "post_mlp_drop", "attention_dropout", "activation_dropout"), 0.1),
        **dict.fromkeys(("dropout_input", "start_drop_path_rate", "end_drop_path_rate", "layerdrop"), 0.0),
        "end_of_block_targets": False,
        **(model or {}),
    }
    audio_conf = {
        "feature_encoder_spec": spec,
        "extractor_mode": "layer_norm",
        "prenet_depth": 4,
        "conv_pos_depth": 5,
        "conv_pos_width": 95,
        "conv_pos_groups": 16,
        "conv_pos_pre_ln": False,
        "num_extra_tokens": 10,
        "init_extra_token_zero": True,
        "use_alibi_encoder": True,
        "alibi_scale": 1.0,
        "learned_alibi": False,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "num_alibi_heads": model_conf["num_heads"],
        "model_depth": model_conf["depth"],
        "local_grad_mult": 1.0,
        **dict.fromkeys(("start_drop_path_rate", "end_drop_path_rate", "prenet_layerdrop", "prenet_dropout"), 0.0),
        **(audio or {}),
    }
    decoder = {"decoder_dim": model_conf["embed_dim"] // 2, "decoder_groups": audio_conf["conv_pos_groups"]}
    audio_conf["decoder"] = {**DECODER, **decoder, "projection_layers": 1, "projection_ratio": 2.0}
    return {"model": "Emotion2vec", "model_conf": {**model_conf, "modalities": {"audio": audio_conf}}}


def build_funasr(config: dict, classes: int = -1):
    """FunASR's model; no layer norm, bias or ALiBi scale is left at ones or zeros, where faults hide."""
    from funasr.models.emotion2vec.model import Emotion2vec

    torch.manual_seed(0)
    model = Emotion2vec(model_conf=config["model_conf"], vocab_size=classes).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "alibi_scale" in name:
                parameter.uniform_(-0.2, 2)  # below zero counts as zero
            elif parameter.dim() == 1:
                parameter.normal_(1.0 if name.endswith("weight") else 0.0, 0.3)
            elif "extra_tokens" in name:
                parameter.normal_()
    return model


def write_funasr(folder: pathlib.Path, state: dict, config: dict, tokens: list[str] | None = TOKENS) -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    torch.save(state, folder / "emotion2vec 模型.pt")
    if tokens is not None:
        (folder / "tokens.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return folder


def encoder_state(model) -> dict:
    return {name: weight for name, weight in model.state_dict().items() if not name.startswith("proj.")}


def noise(*seconds: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(0.1 * rng.normal(size=int(16000 * duration)) + 0.02).astype(np.float32) for duration in seconds]


@torch.no_grad()
def reference(model, wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Utterance tokens and frames as FunASR's inference computes them."""
    source = torch.from_numpy(wave)
    source = torch.nn.functional.layer_norm(source, source.shape)[None]
    x = model.extract_features(source, padding_mask=None, remove_extra_tokens=False)["x"][0].numpy()
    return x[:10], x[10:]


def assert_same_features(ours: Emotion2Vec, theirs, waves: list[np.ndarray]) -> None:
    """In one padded batch, against FunASR one by one."""
    for wave, features in zip(waves, ours.extract(waves)):
        tokens, frames = reference(theirs, wave)
        np.testing.assert_allclose(features["utterance"], tokens, rtol=0, atol=1e-4)
        np.testing.assert_allclose(features["frames"], frames, rtol=0, atol=1e-4)
