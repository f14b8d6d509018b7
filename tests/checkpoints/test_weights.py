"""Weights that do not fit are named."""

import pytest
import torch
from torch import nn

from c2ser.checkpoints.weights import load_weights
from c2ser.errors import InputError


def test_weights_that_do_not_fit_are_named():
    model = nn.Linear(3, 2)
    with pytest.raises(InputError, match=r"x\.pth: .* missing \['bias'\]"):
        load_weights(model, {"weight": torch.zeros(2, 3)}, source="x.pth")
    with pytest.raises(InputError, match=r"unexpected \['more'\]"):
        load_weights(model, {**model.state_dict(), "more": torch.zeros(1)}, source="x.pth")
    with pytest.raises(InputError, match=r"of another shape \['weight'\]"):
        load_weights(model, {"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, source="x.pth")


def test_weights_not_saved_may_be_missing():
    model = nn.Linear(3, 2)
    load_weights(model, {"weight": torch.ones(2, 3)}, source="x.pth", not_saved=["bias"])
    assert torch.equal(model.weight, torch.ones(2, 3))
