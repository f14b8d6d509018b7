"""What a model does for ESPnet's trainers, above all that for DeepSpeed, which is not needed here."""

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from c2ser.errors import InputError

pytest.importorskip("espnet2")
from c2ser.tasks.alm_model import ESPnetALM  # noqa: E402
from c2ser.tasks.deepspeed import adapt_to_deepspeed  # noqa: E402


class Model(nn.Module):
    """Returns the mean error of a batch, weighted by its utterances."""

    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(3, 1)
        for counter in ("updates", "batches"):
            self.register_buffer(counter, torch.zeros((), dtype=torch.long))

    def forward(self, x):
        self.batches.add_(self.training)
        loss = self.proj(x).square().mean().reshape(1)
        return loss, {"loss": loss.detach()}, torch.tensor([float(len(x))])


def arguments(folder, **settings) -> SimpleNamespace:
    (folder / "deepspeed.json").write_text(json.dumps(settings))
    return SimpleNamespace(accum_grad=2, deepspeed_config=str(folder / "deepspeed.json"), output_dir=str(folder))


def test_gradients_are_those_of_the_whole_batch(tmp_path):
    """Each process's share as the trainer scales it: loss / sum of weights * processes, then averaged over them."""
    model = Model()
    batch = torch.randn(7, 3)
    whole = torch.autograd.grad(model(batch)[0], model.proj.weight)[0]
    adapt_to_deepspeed(model, arguments(tmp_path, gradient_accumulation_steps=2))
    shares = batch.split([5, 2])
    gradients = [torch.autograd.grad(model(share)[0] / len(batch) * 2, model.proj.weight)[0] for share in shares]
    torch.testing.assert_close(sum(gradients) / 2, whole)
    assert model(batch)[1]["loss"] == model(batch)[0] / len(batch)


def test_updates_are_counted_while_training(tmp_path):
    model = Model()
    adapt_to_deepspeed(model, arguments(tmp_path, gradient_accumulation_steps=2))
    counted = []
    for training in (True, True, True, False, False, True):
        model.train(training)(torch.randn(2, 3))
        counted.append(model.updates.item())
    assert counted == [0, 1, 1, 1, 1, 2]


def test_a_half_written_checkpoint_is_not_resumed_from(tmp_path):
    for name in ("checkpoint_1", "checkpoint_2"):
        (tmp_path / name / name[-1]).mkdir(parents=True)
    (tmp_path / "checkpoint_1" / "latest").write_text("1")
    adapt_to_deepspeed(Model(), arguments(tmp_path, gradient_accumulation_steps=2))
    assert [path.name for path in tmp_path.glob("checkpoint_*")] == ["checkpoint_1"]


def test_bad_settings(tmp_path):
    with pytest.raises(InputError, match="gradient_accumulation_steps is 1, but accum_grad 2"):
        adapt_to_deepspeed(Model(), arguments(tmp_path))
    for path in (None, str(tmp_path / "nowhere.json")):
        with pytest.raises(InputError, match="deepspeed_config '.*': not readable as JSON"):
            adapt_to_deepspeed(Model(), SimpleNamespace(accum_grad=2, deepspeed_config=path, output_dir=str(tmp_path)))


def test_parts_keep_their_dtypes():
    """ESPnet casts the whole model to its train_dtype; a language model in bfloat16 would take twice the memory."""
    parts = nn.ModuleDict({"llm": nn.Linear(2, 2).to(torch.bfloat16), "connector": nn.Linear(2, 2)})
    model = ESPnetALM(parts, schedule=None, seed=0).to(dtype=torch.float32, device="cpu")
    assert [part.weight.dtype for part in model.model.values()] == [torch.bfloat16, torch.float32]
