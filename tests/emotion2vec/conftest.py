"""FunASR's emotion2vec at a small size."""

import pytest
import torch
from helpers.funasr import SMALL, SMALL_AUDIO, TOKENS, configuration


@pytest.fixture(scope="module")
def funasr():
    """Builds FunASR's model; no layer norm, bias or ALiBi scale is left at ones or zeros, where faults hide."""
    from funasr.models.emotion2vec.model import Emotion2vec

    def build(config: dict, classes: int = -1):
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

    return build


@pytest.fixture(scope="module")
def small(funasr):
    """A small model of FunASR with a classifier, and its configuration."""
    config = configuration(SMALL, SMALL_AUDIO)
    return funasr(config, len(TOKENS)), config
