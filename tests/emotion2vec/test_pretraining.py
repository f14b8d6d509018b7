"""Emotion2Vec-S: padding changes nothing, masks and losses are what they claim, models survive the way to disk."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml
from helpers.tiny_emotion2vec import CONFIG, PRETRAINING, SIZES, padded, waveforms
from safetensors.torch import load_file, save_file

from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecEncoder, normalize_waveforms
from c2ser.emotion2vec.losses import UNLABELLED, category_loss, frame_loss, utterance_loss
from c2ser.emotion2vec.masking import span_masks
from c2ser.emotion2vec.model import encoder_config
from c2ser.emotion2vec.pretraining import Emotion2VecPretraining, gather_index, normalize_over_time
from c2ser.errors import InputError


@pytest.fixture
def model() -> Emotion2Vec:
    torch.manual_seed(0)
    return Emotion2Vec(Emotion2VecEncoder(CONFIG))


def length_masks(*lengths: int) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def test_a_padded_batch_equals_one_by_one(model):
    waves = waveforms(16000, 9999, CONFIG.minimum_samples, 700, 48000, 1, 400, 32123)
    together = model.extract(waves)
    for wave, features in zip(waves, together):
        (alone,) = model.extract([wave])
        assert features["utterance"].shape == (10, CONFIG.dim)
        for part in ("utterance", "frames"):
            np.testing.assert_allclose(features[part], alone[part], atol=1e-4)


def test_fifty_frames_a_second_and_at_least_one(model):
    for samples in (1, CONFIG.minimum_samples, CONFIG.minimum_samples + 1, 5000, 16000, 16001, 80000):
        (features,) = model.extract(waveforms(samples))
        assert len(features["frames"]) == CONFIG.frames(torch.tensor(max(samples, CONFIG.minimum_samples)))
        assert len(features["frames"]) == pytest.approx(samples / 320, abs=3) and len(features["frames"]) >= 1
    assert CONFIG.frames(torch.tensor(CONFIG.minimum_samples)) == 1
    assert CONFIG.frames(torch.tensor(CONFIG.minimum_samples - 1)) == 0
    base = encoder_config({})
    assert base.minimum_samples == 400 and base.frames(torch.tensor(16000)) == 49


def test_loudness_and_offset_make_no_difference(model):
    wave = waveforms(20000)[0]
    reference, changed = model.extract([wave, 0.2 * wave - 0.05])
    np.testing.assert_allclose(changed["utterance"], reference["utterance"], atol=1e-3)


def test_normalisation_is_over_own_samples_only():
    speech, lengths = padded(waveforms(4000, 1234, 50))
    normalized = normalize_waveforms(speech, lengths)
    for row, length in zip(normalized, lengths.tolist()):
        assert row[:length].mean().abs() < 1e-4 and not row[length:].any()
    assert normalized[0].var(correction=0) == pytest.approx(1.0, abs=1e-2)
    silent = normalize_waveforms(torch.full((1, 100), 0.5), torch.tensor([100]))
    assert torch.isfinite(silent).all() and silent.abs().max() < 1e-3


def test_only_unmasked_frames_are_encoded(monkeypatch):
    visible = torch.tensor([[0, 1, 1, 0, 1, 0], [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]).bool()
    index, kept = gather_index(visible)
    assert index[0].tolist() == [1, 2, 4] and index[1, 0] == 0
    assert kept.tolist() == [[True, True, True], [True, False, False], [False, False, False]]

    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, PRETRAINING)
    seen = []
    contextualize = model.student.contextualize
    monkeypatch.setattr(model.student, "contextualize", lambda *args: seen.append(args) or contextualize(*args))
    speech, lengths = padded(waveforms(16000, 8000))
    model(speech, lengths, torch.tensor([0, 1]))
    (frames, kept, _) = seen[0]
    masked = CONFIG.frames(lengths).repeat_interleave(PRETRAINING.clones) - kept.sum(1)
    assert (masked == masked[0]).all() and masked[0] >= PRETRAINING.mask_span
    assert frames.shape[1] == kept.sum(1).max()


def test_what_is_masked_is_not_seen():
    """Masked frames may hold anything: the student's outputs stay the same."""
    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, PRETRAINING)
    features = torch.randn(2, 40, CONFIG.dim)
    valid = length_masks(40, 25)
    masked = span_masks(valid, 0.5, span=5)
    torch.manual_seed(1)
    embedding, predicted = model.student_outputs(features, valid, masked)
    torch.manual_seed(1)
    changed = torch.where((masked | ~valid).unsqueeze(2), torch.randn_like(features) * 100, features)
    torch.manual_seed(1)
    other_embedding, other_predicted = model.student_outputs(changed, valid, masked)
    torch.testing.assert_close(other_embedding, embedding)
    torch.testing.assert_close(other_predicted, predicted)


def supervised_contrastive(embeddings: np.ndarray, emotions: list[int], temperature: float) -> float:
    """Khosla et al., eq. 2, by the letter."""
    labelled = [i for i, emotion in enumerate(emotions) if emotion != UNLABELLED]
    x = {i: embeddings[i] / np.linalg.norm(embeddings[i]) for i in labelled}
    losses = []
    for i in labelled:
        positives = [j for j in labelled if j != i and emotions[j] == emotions[i]]
        if positives:
            total = sum(math.exp(x[i] @ x[k] / temperature) for k in labelled if k != i)
            terms = [math.log(math.exp(x[i] @ x[j] / temperature) / total) for j in positives]
            losses.append(-sum(terms) / len(terms))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize(
    "emotions", [[0, 1, 0, 1, 2, 0], [3, -1, 3, -1, 2, -1], [1, 1, 1, 1, 1, 1], [0, 0, 1, 2, 3, 4]]
)
def test_category_loss_equals_the_equation(emotions, temperature):
    embeddings = np.random.default_rng(0).normal(size=(6, 5))
    loss = category_loss(torch.from_numpy(embeddings), torch.tensor(emotions), temperature=temperature)
    assert loss.item() == pytest.approx(supervised_contrastive(embeddings, emotions, temperature), rel=1e-6)
    labelled = [i for i, emotion in enumerate(emotions) if emotion != UNLABELLED]
    standardized = (embeddings - embeddings[labelled].mean(0)) / embeddings[labelled].std(0)
    loss = category_loss(
        torch.from_numpy(embeddings), torch.tensor(emotions), temperature=temperature, standardize=True
    )
    assert loss.item() == pytest.approx(supervised_contrastive(standardized, emotions, temperature), rel=1e-3)


@pytest.mark.parametrize("emotions", [[0, 1, 2], [-1, -1, -1], [0, -1, -1], [0, -1, 1]])
def test_category_loss_without_a_positive_pair_is_zero(emotions):
    for standardize in (False, True):
        embeddings = torch.randn(3, 4, requires_grad=True)
        loss = category_loss(embeddings, torch.tensor(emotions), temperature=0.1, standardize=standardize)
        loss.backward()
        assert loss.item() == 0.0
        assert torch.equal(embeddings.grad, torch.zeros(3, 4))
        views = torch.randn(6, 4, requires_grad=True)  # two of each utterance are alike in emotion, but no pair
        assert (
            category_loss(
                views, torch.tensor(emotions).repeat_interleave(2), temperature=0.1, standardize=standardize, views=2
            )
            == 0.0
        )


def test_category_loss_of_equal_embeddings_has_a_finite_gradient():
    for standardize in (False, True):
        embeddings = torch.ones(4, 3, requires_grad=True)
        category_loss(embeddings, torch.tensor([0, 0, 1, 1]), temperature=0.1, standardize=standardize).backward()
        assert torch.isfinite(embeddings.grad).all()


def test_unlabelled_utterances_take_no_part_in_the_category_loss():
    embeddings = torch.randn(5, 4, requires_grad=True)
    emotions = torch.tensor([0, UNLABELLED, 0, 1, UNLABELLED])
    category_loss(embeddings, emotions, temperature=0.1).backward()
    assert not embeddings.grad[emotions == UNLABELLED].any()
    assert embeddings.grad[emotions == 0].abs().min() > 0


def test_frame_and_utterance_loss_by_hand():
    rng = np.random.default_rng(0)
    predicted, target = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    masked = np.array([[True, False, True], [False, True, False]])
    squares = [((predicted[i, t] - target[i, t]) ** 2).sum() for i in range(2) for t in range(3) if masked[i, t]]
    tensors = map(torch.from_numpy, (predicted, target, masked))
    assert frame_loss(*tensors).item() == pytest.approx(np.mean(squares) / np.sqrt(4))
    loss = utterance_loss(torch.from_numpy(predicted[:, 0]), torch.from_numpy(target[:, 0]))
    assert loss.item() == pytest.approx(((predicted[:, 0] - target[:, 0]) ** 2).sum(1).mean() / np.sqrt(4))


def test_the_encoder_starts_as_data2vec_2_does():
    """First utterance token zero, others N(0, 1); N(0, 0.02) in the blocks, PyTorch's start behind the convolutions."""
    torch.manual_seed(0)
    encoder = Emotion2VecEncoder(replace(CONFIG, dim=96, heads=4)).requires_grad_(False)
    first, others = encoder.utterance_tokens[0], encoder.utterance_tokens[1:]
    assert not first.any() and others.std() == pytest.approx(1.0, abs=0.1) and others.mean().abs() < 0.1
    assert encoder.blocks[0].fc1.weight.std() == pytest.approx(0.02, abs=1e-3)
    bound = encoder.local_proj.in_features**-0.5
    assert 0.9 * bound < encoder.local_proj.weight.abs().max() <= bound and encoder.local_proj.bias.any()


def test_targets_are_normalised_over_time_and_have_no_gradient():
    valid = length_masks(60, 40)
    x = normalize_over_time(torch.randn(2, 60, 3) * 7 + 2, valid)
    for row, length in zip(x, (60, 40)):
        torch.testing.assert_close(row[:length].mean(0), torch.zeros(3), atol=1e-5, rtol=0)
        torch.testing.assert_close(row[:length].var(0, correction=0), torch.ones(3), atol=1e-4, rtol=0)
        assert not row[length:].any()

    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, PRETRAINING).train()
    speech, lengths = padded(waveforms(16000, 8000))
    features, valid = model.student.features(speech, lengths)
    frames, utterance = model.targets(features, valid)
    assert not frames.requires_grad and not utterance.requires_grad
    assert frames.shape == features.shape and utterance.shape == (2, CONFIG.dim)
    torch.testing.assert_close(frames.sum(1), torch.zeros(2, CONFIG.dim), atol=1e-3, rtol=0)
    assert (
        utterance[0] - utterance[1]
    ).abs().max() > 0.01  # says something of the utterance, unlike the mean of frames
    assert valid.sum(1).tolist() == CONFIG.frames(lengths).tolist()
    model(speech, lengths, torch.tensor([0, 0]))["loss"].backward()
    assert all(parameter.grad is None for parameter in model.teacher.parameters())
    assert not model.teacher.training and model.student.training


def test_teacher_moves_by_one_minus_decay():
    torch.manual_seed(0)
    config = replace(PRETRAINING, ema_decay=0.9, ema_end_decay=1.0, ema_anneal_updates=4)
    model = Emotion2VecPretraining(CONFIG, config)
    student = dict(model.student.named_parameters())
    followed = [student[name] for name, _ in model.teacher.named_parameters()]
    assert all(torch.equal(a, b) for a, b in zip(model.teacher.parameters(), followed))
    for update, decay in enumerate([0.9, 0.925, 0.95, 0.975, 1.0, 1.0]):
        with torch.no_grad():
            for parameter in model.student.parameters():
                parameter.normal_()
        before = [parameter.clone() for parameter in model.teacher.parameters()]
        model.update_teacher()
        assert model.updates == update + 1
        for old, new, student in zip(before, model.teacher.parameters(), followed):
            torch.testing.assert_close(new, decay * old + (1 - decay) * student)


def test_a_small_batch_is_learned():
    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, replace(PRETRAINING, standardize=True)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    speech, lengths = padded(waveforms(9600, 8000, 9000, 6000, 9600, 7000))
    emotions = torch.tensor([0, 1, 0, 1, UNLABELLED, UNLABELLED])
    history = []
    for _ in range(40):
        outputs = model(speech, lengths, emotions)
        optimizer.zero_grad()
        outputs["loss"].backward()
        optimizer.step()
        model.update_teacher()
        history.append({name: value.item() for name, value in outputs.items()})
    assert all(math.isfinite(value) for step in history for value in step.values())
    least = PRETRAINING.category_weight * math.log(3)  # three positives of equal similarity for each labelled clone
    assert np.mean([step["loss"] for step in history[-5:]]) - least < 0.1 * (history[0]["loss"] - least)
    assert history[-1]["category_accuracy"] == 1.0


def test_masked_frames_are_guessed_from_their_neighbours():
    """Of slow tones, with a teacher that stands still, so that its targets do."""
    torch.manual_seed(0)
    config = replace(PRETRAINING, ema_decay=1.0, ema_end_decay=1.0, category_weight=0.0)
    model = Emotion2VecPretraining(CONFIG, config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    time = torch.arange(16000) / 16000
    speech = torch.stack([torch.sin(2000 * time * (1 + time * rate)) for rate in (0.2, 0.5, 1.0, 2.0)])
    losses = []
    for _ in range(60):
        outputs = model(speech, torch.full((4,), 16000), torch.full((4,), UNLABELLED))
        optimizer.zero_grad()
        outputs["loss"].backward()
        optimizer.step()
        model.update_teacher()
        losses.append(outputs["loss_frame"].item())
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_utterances_without_labels_train_too():
    torch.manual_seed(0)
    model = Emotion2VecPretraining(CONFIG, PRETRAINING).train()
    speech, lengths = padded(waveforms(9600, 8000))
    outputs = model(speech, lengths, torch.tensor([UNLABELLED, UNLABELLED]))
    outputs["loss"].backward()
    assert outputs["loss_category"] == 0 and outputs["category_accuracy"].isnan()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


def test_saved_and_loaded_again(model, tmp_path):
    folder = tmp_path / "modèle 模型"
    model.save_pretrained(folder)
    again = Emotion2Vec.from_pretrained(folder)
    wave = waveforms(12000)
    assert np.array_equal(again.extract(wave)[0]["frames"], model.extract(wave)[0]["frames"])
    half = Emotion2Vec.from_pretrained(folder, dtype=torch.bfloat16).extract(wave)[0]["utterance"]
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, model.extract(wave)[0]["utterance"], atol=0.15)


def test_weights_that_do_not_fit_are_named(model, tmp_path):
    model.save_pretrained(tmp_path)
    whole = load_file(tmp_path / "model.safetensors")
    weights = {key: value for key, value in whole.items() if key != "norm.bias"}
    save_file({**weights, "norms.bias": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"missing \['norm.bias'\], unexpected \['norms.bias'\]"):
        Emotion2Vec.from_pretrained(tmp_path)


def test_no_model_no_finished_training_and_unknown_sizes_are_one_line(tmp_path):
    with pytest.raises(InputError, match="config.yaml: no such file; is .* the folder of a finished training"):
        Emotion2Vec.from_pretrained(tmp_path)
    config = {"best_model_criterion": [["valid", "loss", "min"]], "encoder_conf": SIZES}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(InputError, match="valid.loss.ave.pth: no such file; training .* is not finished"):
        Emotion2Vec.from_pretrained(tmp_path)
    with pytest.raises(InputError, match="unknown key 'depht'; did you mean depth?"):
        encoder_config({"depht": 3})
