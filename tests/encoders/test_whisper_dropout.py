"""Whisper in training: its dropouts are those of WeNet and of transformers, and what checkpointing computes again."""

import pytest
import torch
import torch.nn.functional as F
from helpers.tiny_alm import WHISPER, speech_batch
from torch import Tensor
from transformers import WhisperConfig, WhisperModel
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from c2ser.encoders.whisper import SemanticEncoder, build_semantic_encoder
from c2ser.errors import InputError

SHORT = {**WHISPER, "max_source_positions": 50}  # of a second
RATE = 0.3


def encoder(**options) -> SemanticEncoder:
    torch.manual_seed(0)
    return build_semantic_encoder({**SHORT, "init_std": 0.2, "attention_dropout": 0.2}, **options).train()


@pytest.fixture
def pretrained(tmp_path) -> str:
    torch.manual_seed(0)
    WhisperModel(WhisperConfig(**SHORT)).save_pretrained(tmp_path / "whisper")
    return str(tmp_path / "whisper")


def states(model: SemanticEncoder, seed: int = 1, samples: int = 16000) -> Tensor:
    speech, lengths, _ = speech_batch(samples)
    torch.manual_seed(seed)
    return model(speech, lengths)[0][:, :, 0]


def wenet_block(block, x: Tensor) -> Tensor:
    """A block of WeNet's encoder, with the weights of one of transformers': dropout_rate of 0.3, none in attention."""
    attention = block.self_attn
    projections = (attention.q_proj, attention.k_proj, attention.v_proj)
    normed = block.self_attn_layer_norm(x)
    q, k, v = (linear(normed).unflatten(2, (attention.num_heads, -1)).transpose(1, 2) for linear in projections)
    weights = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3)
    x = x + F.dropout(attention.out_proj((weights @ v).transpose(1, 2).flatten(2)), RATE)
    hidden = F.dropout(F.gelu(block.fc1(block.final_layer_norm(x))), RATE)
    return x + F.dropout(block.fc2(hidden), RATE)


def test_dropouts_are_where_wenet_has_them():
    model = encoder(dropout=RATE)
    speech, lengths, _ = speech_batch(16000)
    whisper = model.encoder
    mel, _ = model.log_mel(speech, lengths)
    torch.manual_seed(1)
    x = F.gelu(whisper.conv2(F.gelu(whisper.conv1(mel)))).transpose(1, 2).contiguous()
    x = F.dropout(x + whisper.embed_positions.weight[: x.shape[1]], RATE)
    for block in whisper.layers:
        x = wenet_block(block, x)
    torch.testing.assert_close(states(model), whisper.layer_norm(x), atol=1e-4, rtol=1e-4)


def start_draws(*_) -> None:
    torch.manual_seed(3)


def seed_each_block(whisper: WhisperEncoder) -> None:
    """Starts the draws anew at each block, for some releases of transformers draw a number between them."""
    for block in whisper.layers:
        block.register_forward_pre_hook(start_draws)


def test_training_mode_equals_transformers_with_the_same_dropouts_and_draws():
    torch.manual_seed(0)
    config = {**SHORT, "dropout": RATE, "activation_dropout": RATE, "init_std": 0.2}
    theirs = WhisperModel(WhisperConfig(**config)).get_encoder().train()
    ours = encoder(dropout=RATE)
    ours.encoder.load_state_dict(theirs.state_dict())
    seed_each_block(theirs)
    seed_each_block(ours.encoder)
    speech, lengths, _ = speech_batch(16000)
    mel, _ = ours.log_mel(speech, lengths)
    # Dropout draws in the order of memory, in which ours has frame after frame, and transformers bin after bin.
    theirs.conv2.register_forward_hook(lambda _module, _inputs, x: x.mT.contiguous().mT)
    torch.manual_seed(1)
    expected = theirs(mel).last_hidden_state
    torch.testing.assert_close(states(ours), expected, atol=1e-4, rtol=1e-4)
    assert (states(ours) - states(ours.eval())).abs().max() > 0.1


def test_a_pretrained_whisper_has_the_dropout_that_it_is_given(pretrained):
    plain, dropping = (build_semantic_encoder(pretrained, dropout=rate) for rate in (None, RATE))
    still = states(plain.eval())
    assert torch.equal(states(plain.train()), still) and torch.equal(states(dropping.eval()), still)
    assert not torch.allclose(states(dropping.train()), still, atol=0.1)
    dropping.encoder.eval()  # as where it is frozen
    assert torch.equal(states(dropping), still)


def test_without_the_option_the_configuration_s_dropout_stays():
    torch.manual_seed(0)
    config = {**SHORT, "dropout": 0.1, "attention_dropout": 0.2}
    whisper = build_semantic_encoder(config).encoder
    block = whisper.layers[0]
    assert (whisper.dropout, block.dropout, block.activation_dropout, block.self_attn.dropout) == (0.1, 0.1, 0, 0.2)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_shares_that_are_none_are_refused(rate):
    with pytest.raises(InputError, match=f"whisper_conf.dropout: {rate} is not from 0 to 1"):
        encoder(dropout=rate)


def test_gradient_checkpointing_computes_blocks_again_and_changes_no_gradient():
    gradients = []
    for checkpointing in (False, True):
        model = encoder(dropout=RATE, gradient_checkpointing=checkpointing)
        passes = []
        model.encoder.layers[0].fc1.register_forward_hook(lambda *_, passes=passes: passes.append(1))
        states(model).square().sum().backward()
        assert len(passes) == (2 if checkpointing else 1)
        gradients.append({name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad})
    assert len(gradients[0]) > 30
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-5, rtol=1e-4)
