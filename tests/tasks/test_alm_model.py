"""What ESPnet's trainer asks of the audio language model: losses over several processes, and the mode of a batch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tiny_alm import ACOUSTIC_WIDTH, WHISPER, answers, build, one, save_tiny_llm, speech_batch, targets
from helpers.trainings import by_one_and_two_processes, process_group

from c2ser.alm.classifiers import rationale_classes
from c2ser.alm.config import ALMConfig
from c2ser.alm.model import C2SERModel
from c2ser.compatibility import cpu_has_bfloat16
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.rationales.schedule import ExplicitSchedule
from c2ser.tasks.alm import MODES, AnswerTokens
from c2ser.tasks.alm_model import ESPnetALM

LENGTHS = (16000, 5000, 9000, 12000, 3000)


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> Path:
    return save_tiny_llm(tmp_path_factory.mktemp("llm"))


def espnet_model(llm: Path, schedule: ExplicitSchedule, cpu_bfloat16: bool = False, **changes) -> ESPnetALM:
    config = ALMConfig(
        whisper=WHISPER,
        llm=str(llm),
        acoustic_width=ACOUSTIC_WIDTH,
        connector_conf={"layers": 1, "feed_forward": 64, "dropout": 0.0, "pooled": True},
        emotion_weight=5.0,
        **changes,
    )
    auxiliary = {"ctc_weight": 0.5, "pooled_weight": 0.5}
    return ESPnetALM(build(config), schedule, seed=0, cpu_bfloat16=cpu_bfloat16, **auxiliary).train()


def target_texts(index: int) -> dict[str, str]:
    """Of an utterance, by mode; the pitch of every other one is low, not high."""
    explicit, implicit = targets()[6 * index : 6 * index + 2]
    return {"explicit": explicit.replace("in a high", "in a low") if index % 2 else explicit, "implicit": implicit}


def share_of_batch(model: C2SERModel, indices: list[int]) -> dict[str, torch.Tensor]:
    """Utterances of one batch as ESPnet's loader hands them over."""
    rows = [one(speech_batch(*LENGTHS), index) for index in indices]
    batch = {
        "speech": torch.nn.utils.rnn.pad_sequence([row[0][0] for row in rows], batch_first=True),
        "speech_lengths": torch.cat([row[1] for row in rows]),
        "acoustic": torch.cat([row[2] for row in rows]),
    }
    rows = [target_texts(index) for index in indices]
    batch["classes"] = torch.stack([torch.from_numpy(rationale_classes(row["explicit"])) for row in rows])
    for mode in MODES:
        said = answers(model, mode, *(row[mode] for row in rows))
        batch[mode] = torch.nn.utils.rnn.pad_sequence(said.tokens, batch_first=True)
        batch[f"{mode}_lengths"] = torch.tensor([len(tokens) for tokens in said.tokens])
        batch[f"{mode}_parts"] = torch.nn.utils.rnn.pad_sequence(said.parts, batch_first=True)
        batch[f"{mode}_choices"] = said.choices
    return batch


def level_targets(model: C2SERModel, indices: list[int]) -> dict[str, torch.Tensor]:
    """What the preprocessor adds to a batch whose levels are mixed."""
    tokens = AnswerTokens(model.config.llm, PAPER_EMOTIONS, choices=False, classes=True, shares=True)
    rows = [tokens("a", target_texts(index)) for index in indices]
    return {
        name: torch.from_numpy(np.stack([row[name] for row in rows]))
        for name in ("level_places", "level_choices", "level_shares")
    }


def losses_and_gradients(rank: int, world_size: int, port: int, llm: Path, results) -> None:
    """What one of several processes with unequal shares of a batch makes of it, averaged as ESPnet's trainer does."""
    torch.set_num_threads(1)
    with process_group(rank, world_size, port):
        for share in (1.0, 0.0):
            model = espnet_model(llm, ExplicitSchedule(share, share, 1), distillation_weight=0.5)
            results[share, world_size, rank] = of_share(model, rank, world_size)


def of_share(model: ESPnetALM, rank: int, world_size: int) -> tuple[float, dict[str, np.ndarray]]:
    batch = share_of_batch(model.model, list(range(len(LENGTHS)))[rank::world_size])
    parallel = torch.nn.parallel.DistributedDataParallel(model) if world_size > 1 else model
    loss, _, weight = parallel(**batch)
    whole_weight = weight.clone()
    if world_size > 1:
        torch.distributed.all_reduce(whole_weight)
    loss = (loss * weight).sum() / whole_weight
    (loss * world_size).backward()
    total = loss.detach()
    if world_size > 1:
        torch.distributed.all_reduce(total)
    return total.item(), {name: own.grad.numpy() for name, own in model.named_parameters() if own.grad is not None}


def test_two_processes_have_the_loss_and_gradients_of_one_with_the_whole_batch(llm):
    results = by_one_and_two_processes(losses_and_gradients, llm)
    for share in (1.0, 0.0):
        whole_loss, whole_gradients = results[share, 1, 0]
        assert whole_loss > 0.1 and len(whole_gradients) > 50
        for rank in range(2):
            loss, gradients = results[share, 2, rank]
            assert loss == pytest.approx(whole_loss, abs=1e-5)
            assert gradients.keys() == whole_gradients.keys()
            for name, gradient in gradients.items():
                np.testing.assert_allclose(gradient, whole_gradients[name], atol=1e-5, err_msg=name)


def test_the_mode_of_a_batch_hangs_on_seed_and_batch_alone_and_falls_with_the_updates(llm):
    model = espnet_model(llm, ExplicitSchedule(1.0, 0.0, 400))

    def shares(seed: int) -> np.ndarray:
        modes = []
        model.seed = seed
        for batch in range(800):  # two batches an update
            model.batches.fill_(batch)
            model.updates.fill_(batch // 2)
            torch.rand(batch % 3)  # what else is drawn does not matter
            modes.append(model.choose_mode() == "explicit")
        return np.array(modes)

    drawn = shares(0)
    assert np.array_equal(drawn, shares(0)) and not np.array_equal(drawn, shares(100))
    quarters = drawn.reshape(4, -1).mean(1)
    np.testing.assert_allclose(quarters, [0.875, 0.625, 0.375, 0.125], atol=0.1)
    assert model.eval().choose_mode() == "implicit"


def test_bfloat16_changes_a_training_on_a_cpu_within_its_rounding(llm):
    batch = None
    losses = {}
    for low in (False, True):
        model = espnet_model(llm, ExplicitSchedule(1.0, 1.0, 1), cpu_bfloat16=low)
        batch = batch or share_of_batch(model.model, [0, 1, 2])
        loss, _, _ = model(**batch)
        loss.sum().backward()
        assert all(own.grad.dtype == own.dtype for own in model.parameters() if own.grad is not None)
        losses[low] = loss.item()
    assert losses[True] == pytest.approx(losses[False], rel=0.02)
    assert (losses[True] != losses[False]) == cpu_has_bfloat16()


@pytest.mark.parametrize("indices", [[0, 0], [0, 1]])
def test_answers_learn_the_emotions_and_levels_that_are_told_mixed(llm, indices):
    model = espnet_model(llm, ExplicitSchedule(1.0, 1.0, 1), level_weight=20.0)
    model.model.connector.classifiers.mixup = 0.4
    with torch.no_grad():  # probabilities that differ
        model.model.llm.get_output_embeddings().weight.mul_(20)
    batch, losses = share_of_batch(model.model, indices), []
    labels = torch.eye(batch["explicit_choices"].shape[1])[[3 * index for index in indices]]
    for shares in ({}, {"emotion_shares": labels}, level_targets(model.model, indices)):
        torch.manual_seed(2)  # a mixture of the two, not of each with itself
        losses.append(model(**batch, **shares)[0].item())
    for loss in losses[1:]:
        assert (losses[0] == pytest.approx(loss, rel=1e-5)) == (indices == [0, 0])
