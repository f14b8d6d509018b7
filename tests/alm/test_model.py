"""The audio language model: equal to transformers where it must be, indifferent to padding, and it learns."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tiny_alm import (
    ACOUSTIC_WIDTH,
    LEVELS,
    LLM,
    WHISPER,
    answers,
    build,
    byte_level_tokenizer,
    one,
    said,
    speech_batch,
    targets,
)
from safetensors.torch import load_file, save_file
from transformers import (
    Qwen2Config,
    Qwen2ForCausalLM,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)

from c2ser.alm.answers import encode_answer
from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import Downsampling, LayerMix
from c2ser.alm.losses import drop_answer_tokens
from c2ser.alm.model import C2SERModel
from c2ser.data.audio import read_audio
from c2ser.emotions import PAPER_EMOTIONS, emotion_word
from c2ser.encoders.whisper import LogMel, SemanticEncoder, SpecAugment, TimeSubstitution, build_semantic_encoder
from c2ser.errors import InputError
from c2ser.lm.building import build_llm
from c2ser.lm.loading import has_weights, load_tokenizer
from c2ser.rationales.prompts import PROMPTS
from c2ser.rationales.schedule import ExplicitSchedule
from c2ser.rationales.templates import explicit_target, implicit_target


@pytest.fixture(scope="module")
def llm(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("llm ü")
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=folder)
    return folder


@pytest.fixture(scope="module")
def config(llm) -> ALMConfig:
    return ALMConfig(
        whisper=WHISPER,
        llm=str(llm),
        acoustic_width=ACOUSTIC_WIDTH,
        whisper_conf={"layers": [0, 2, -1]},
        connector_conf={"layers": 1, "feed_forward": 64, "dropout": 0.0},
    )


@pytest.fixture(scope="module")
def pretrained(llm, tmp_path_factory) -> dict[str, str]:
    """Folders of a Qwen2 and a Whisper with weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("pretrained")
    tokenizer = byte_level_tokenizer()
    tokenizer.save_pretrained(folder / "qwen2")
    Qwen2ForCausalLM(
        Qwen2Config(
            **LLM, num_key_value_heads=1, vocab_size=len(tokenizer), initializer_range=0.2, tie_word_embeddings=True
        )
    ).save_pretrained(folder / "qwen2")
    WhisperModel(WhisperConfig(**WHISPER)).save_pretrained(folder / "whisper")
    return {name: str(folder / name) for name in ("qwen2", "whisper")}


@pytest.mark.parametrize(
    "text",
    [
        "I feel fine, thank you.",
        "  two  spaces, and one behind ",
        "今天我很开心！",
        "Größe, Übermut und ein Straßenfest",
        "smile 😀👩‍🚀, ﬁ ligature, Ⅳ, ½",
        "Ελληνικά, русский, العربية",
        "",
    ],
)
def test_tokenizer_gives_every_text_back(llm, text):
    tokenizer = load_tokenizer(str(llm))
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids, skip_special_tokens=True).strip() == text.strip()
    assert tokenizer.unk_token_id not in ids


def test_special_tokens_are_all_there_and_differ(llm):
    tokenizer = load_tokenizer(str(llm))
    special = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    assert None not in special and len(set(special)) == 3
    assert not has_weights(str(llm))


def test_the_same_texts_build_the_same_llm(llm, tmp_path):
    build_llm(LLM, {"vocab_size": 500}, texts=[*targets(), *PROMPTS.values()], output_dir=tmp_path)
    names = sorted(path.name for path in llm.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir()) and "config.json" in names
    for name in names:
        assert (tmp_path / name).read_bytes() == (llm / name).read_bytes(), name


def test_no_text_no_llm_and_no_folder_are_one_line(tmp_path):
    with pytest.raises(InputError, match="no text to train a tokenizer on"):
        build_llm(LLM, {"vocab_size": 500}, texts=[], output_dir=tmp_path / "llm")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="give a hub id or a folder") as error:
        load_tokenizer(str(tmp_path / "empty"))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_the_emotions_tokens_are_marked(llm, language):
    tokenizer = load_tokenizer(str(llm))
    for emotion in PAPER_EMOTIONS:
        other = next(name for name in PAPER_EMOTIONS if name != emotion)
        # The transcript names another emotion, which is not the answer.
        transcript = f"i am {other}, {emotion_word(other, language)}"
        texts = [
            explicit_target("utt", LEVELS, transcript, emotion, language),
            explicit_target("utt", ("low", "high", "low"), None, emotion, language),
            implicit_target(emotion, language),
        ]
        for text in texts:
            ids, marks = encode_answer(tokenizer, text, PAPER_EMOTIONS)
            assert ids[-1] == tokenizer.eos_token_id and not marks[-1]
            marked = tokenizer.decode(ids[marks])
            assert emotion_word(emotion, language) in marked
            assert len(marked.strip()) <= len(emotion_word(emotion, language)) + 12
            assert np.diff(np.flatnonzero(marks)).max(initial=1) == 1
            assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_an_answer_without_an_emotion_is_refused(llm):
    with pytest.raises(InputError, match="names no emotion of the label set"):
        encode_answer(load_tokenizer(str(llm)), "The speaker sounds bored.", PAPER_EMOTIONS)


def thirty_seconds() -> np.ndarray:
    """A sweep that grows louder, noise, and silence in between; it is loud where it ends."""
    rng = np.random.default_rng(0)
    time = np.arange(30 * 16000) / 16000
    wave = 0.3 * np.sin(2 * np.pi * (100 + 90 * time) * time) * time / 30 + rng.normal(scale=0.01, size=len(time))
    wave[3 * 16000 : 6 * 16000] = 0.0
    return wave.astype(np.float32)


@pytest.mark.parametrize("missing", [0, 1, 100, 300])
def test_log_mel_equals_transformers_on_thirty_seconds(missing):
    wave = thirty_seconds()[missing:]
    expected = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="pt").input_features
    features, frames = LogMel(80)(torch.from_numpy(wave).unsqueeze(0), torch.tensor([len(wave)]))
    count = math.ceil(len(wave) / 160)
    assert frames.tolist() == [count]
    torch.testing.assert_close(features, expected[..., :count], atol=1e-4, rtol=0)


@pytest.mark.parametrize("bins", [80, 128])
def test_log_mel_of_a_batch_equals_transformers_where_there_is_speech(bins):
    """Shorter than 30 s: transformers' own frames, without those of the silence that it appends."""
    wave = thirty_seconds()
    spans = ((0, 47999), (160000, 16000), (80000, 161), (9, 400), (48000, 8000))  # the last is digital silence
    rows = [wave[start : start + length] for start, length in spans]
    speech = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True)
    features, frames = LogMel(bins)(speech, torch.tensor([len(row) for row in rows]))
    extractor = WhisperFeatureExtractor(feature_size=bins)
    for row, heard, count in zip(rows, features, frames.tolist(), strict=True):
        expected = extractor(row, sampling_rate=16000, return_tensors="pt").input_features[0]
        assert count == math.ceil(len(row) / 160)
        torch.testing.assert_close(heard[:, :count], expected[:, :count], atol=1e-4, rtol=0)
        assert not heard[:, count:].any()


def assert_equals_transformers(whisper: WhisperModel, layers: list[int]) -> None:
    wave = thirty_seconds()
    features = WhisperFeatureExtractor()(wave, sampling_rate=16000, return_tensors="pt").input_features
    with torch.no_grad():
        outputs = whisper.get_encoder()(features, output_hidden_states=True)
        encoder = SemanticEncoder(whisper.get_encoder(), layers).eval()
        states, frames = encoder(torch.from_numpy(wave).unsqueeze(0), torch.tensor([len(wave)]))
    assert frames.tolist() == [1500] and states.shape == (1, 1500, len(layers), encoder.width)
    for place, layer in enumerate(layers):
        torch.testing.assert_close(states[:, :, place], outputs.hidden_states[layer], atol=1e-3, rtol=1e-4)
    if -1 in layers:
        torch.testing.assert_close(states[:, :, layers.index(-1)], outputs.last_hidden_state, atol=1e-4, rtol=0)


def test_encoder_equals_transformers_on_thirty_seconds():
    torch.manual_seed(0)
    assert_equals_transformers(WhisperModel(WhisperConfig(**WHISPER)).eval(), [0, 1, 2, 3, -1, -2])


def test_whisper_base_equals_transformers_on_thirty_seconds(shared):
    folder = shared / "models" / "whisper-base"
    if not folder.is_dir():
        pytest.skip("needs Whisper base in ../shared/models")
    assert_equals_transformers(WhisperModel.from_pretrained(folder, dtype=torch.float32).eval(), [3, -1])


def test_whisper_base_hears_the_same_in_a_batch_as_alone(shared):
    folder = shared / "models" / "whisper-base"
    if not folder.is_dir():
        pytest.skip("needs Whisper base in ../shared/models")
    encoder = build_semantic_encoder(str(folder)).eval()
    files = sorted((shared / "data" / "emodb" / "wav").glob("*.wav"))[:3]
    rows = [torch.from_numpy(read_audio(file))[:length] for file, length in zip(files, (32000, 9001, 23456))]
    lengths = torch.tensor([len(row) for row in rows])
    with torch.no_grad():
        states, frames = encoder(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), lengths)
        for row, heard, count in zip(rows, states, frames.tolist(), strict=True):
            alone, _ = encoder(row.unsqueeze(0), torch.tensor([len(row)]))
            torch.testing.assert_close(heard[:count], alone[0], atol=1e-4, rtol=0)


def test_layers_that_do_not_exist_are_refused_and_higher_blocks_are_not_run():
    for layers in ([4], [-5], []):
        with pytest.raises(InputError, match="do not fit an encoder of 3 blocks"):
            build_semantic_encoder(WHISPER, layers=layers)
    encoder = build_semantic_encoder(WHISPER, layers=[1]).eval()
    encoder.encoder.layers[1] = encoder.encoder.layers[2] = None
    states, _ = encoder(torch.randn(1, 8000), torch.tensor([8000]))
    assert states.shape[2] == 1


def test_encoder_pads_away_nothing_and_cuts_at_thirty_seconds():
    encoder = build_semantic_encoder({**WHISPER, "max_source_positions": 50}, layers=[0, -1]).eval()
    speech, lengths, _ = batch = speech_batch(16000, 9999, 161, 160, 1, 480, 20000)
    with torch.no_grad():
        states, frames = encoder(speech, lengths)
        for index in range(len(lengths)):
            row, length, _ = one(batch, index)
            alone, count = encoder(row, length)
            assert count == frames[index] == min(50, math.ceil(math.ceil(int(length) / 160) / 2))
            torch.testing.assert_close(states[index, : int(count)], alone[0], atol=1e-4, rtol=1e-4)


def test_downsampling_is_causal_and_counts_right():
    torch.manual_seed(0)
    downsampling = Downsampling(4)
    x = torch.randn(1, 41, 4)
    whole, count = downsampling(x, torch.tensor([41]))
    assert whole.shape[1] == count == 11
    for length in range(1, 41):
        part, count = downsampling(x[:, :length], torch.tensor([length]))
        assert part.shape[1] == count == math.ceil(math.ceil(length / 2) / 2)
        torch.testing.assert_close(part, whole[:, : part.shape[1]])


def test_layer_mix_standardises_and_its_weights_sum_to_one():
    mix = LayerMix(2, 3)
    states = torch.randn(4, 50, 2, 3) * torch.tensor([5.0, 0.1, 1.0]) + 7
    flat = states.flatten(0, 1)
    mix.set_statistics(flat.mean(0), flat.std(0))
    mixed = mix(states).flatten(0, 1)
    assert mixed.mean(0).abs().max() < 1e-3
    standardized = (flat - flat.mean(0)) / flat.std(0)
    torch.testing.assert_close(mixed, standardized.mean(1), atol=1e-3, rtol=1e-3)


def test_perception_of_a_padded_batch_equals_one_by_one(config):
    model = build(config)
    batch = speech_batch(16000, 5000, 161, 31000, 1)
    with torch.no_grad():
        together = model.perceive(*batch)
        for index, heard in enumerate(together):
            (alone,) = model.perceive(*one(batch, index))
            torch.testing.assert_close(heard, alone, atol=1e-4, rtol=1e-4)
    frames = [math.ceil(math.ceil(math.ceil(math.ceil(int(n) / 160) / 2) / 2) / 2) for n in batch[1]]
    assert [len(heard) for heard in together] == [count + 10 for count in frames]  # acoustic tokens in front


@pytest.mark.parametrize("width", [16, 32, 48])
def test_acoustic_tokens_of_any_width_are_heard(config, width):
    model = build(replace(config, acoustic_width=width))
    speech, lengths, _ = speech_batch(8000)
    with torch.no_grad():
        first, second = (model.perceive(speech, lengths, torch.full((1, 10, width), value))[0] for value in (0.5, -0.5))
    assert (first - second).abs().max() > 1e-3


def test_loss_of_a_padded_batch_is_that_of_its_utterances(config):
    model = build(replace(config, emotion_weight=5.0))
    batch = speech_batch(16000, 5000, 9000)
    texts = targets()[0], targets()[1], targets()[-1]
    with torch.no_grad():
        together = model(*batch, answers(model, "explicit", *texts))
        losses, weights = [], []
        for index, text in enumerate(texts):
            said = answers(model, "explicit", text)
            alone = model(*one(batch, index), said)
            losses.append(alone["loss"].item())
            weights.append((1 + 4 * said.emotion[0].float()).sum().item())
            assert alone["weight"].item() == weights[-1]
    assert together["loss"].item() == pytest.approx(np.average(losses, weights=weights), abs=1e-4)
    assert together["weight"].item() == sum(weights)


def test_loss_is_the_weighted_cross_entropy_of_the_answer_alone(config):
    """By hand, from the logits that the language model gives before each token of the answer."""
    model = build(replace(config, emotion_weight=7.0))
    batch = speech_batch(8000)
    said = answers(model, "implicit", targets()[1])
    (ids,), (marks,) = said.tokens, said.emotion
    with torch.no_grad():
        outputs = model(*batch, said)
        (heard,) = model.perceive(*batch)
        embed = model.llm.get_input_embeddings()
        begin, end = model.speech_marks.weight.split(1)
        prompt = embed(torch.tensor(model.prompts["implicit"]))
        inputs = torch.cat([prompt, begin, heard, end, embed(ids)]).unsqueeze(0)
        logits = model.llm(inputs_embeds=inputs).logits[0, -len(ids) - 1 : -1]
    by_token = -logits.log_softmax(1).gather(1, ids.unsqueeze(1)).squeeze(1)
    weight = 1 + 6 * marks.float()
    assert outputs["loss"].item() == pytest.approx(((by_token * weight).sum() / weight.sum()).item(), rel=1e-4)
    right = logits.argmax(1) == ids
    assert outputs["token_accuracy"].item() == pytest.approx(right.float().mean().item())
    assert outputs["emotion_accuracy"].item() == right[marks].all().item()


def test_what_is_said_next_hangs_on_what_came_before_only(config):
    """The last token of the answer changes nothing but its own loss."""
    model = build(config)
    batch = speech_batch(8000)
    (ids,) = answers(model, "implicit", targets()[1]).tokens
    embeddings = {}
    for last in (ids[-1].item(), 10):
        changed = torch.cat([ids[:-1], torch.tensor([last])])
        embeddings[last] = model.logits(model.perceive(*batch), "implicit", [changed], count=len(ids) + 1)[:, :-1]
    first, second = embeddings.values()
    torch.testing.assert_close(first, second)


def test_random_weights_are_kept_and_pretrained_frozen_ones_are_not(config, pretrained):
    whole = build(config)
    assert whole.trainable_state_dict().keys() == whole.state_dict().keys()
    # Frozen but random: nothing else has them.
    frozen = build(replace(config, trained=["connector", "llm"]))
    assert frozen.trainable_state_dict().keys() == frozen.state_dict().keys()

    borrowing = replace(config, whisper=pretrained["whisper"], llm=pretrained["qwen2"], trained=["connector"])
    model = build(borrowing)
    own = model.trainable_state_dict()
    assert {key.split(".")[0] for key in own} == {"connector", "speech_marks", "whisper_digest", "llm_digest"}
    with torch.no_grad():
        for parameter in (*model.connector.parameters(), model.speech_marks.weight):
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.connector.mix.set_statistics(torch.ones(3, 32), torch.full((3, 32), 2.0))
    again = build(borrowing, seed=1)
    again.load_trainable_state_dict(model.trainable_state_dict(), "test")
    batch = speech_batch(8000, 3000)
    with torch.no_grad():
        for first, second in zip(model.perceive(*batch), again.perceive(*batch)):
            torch.testing.assert_close(first, second)
    assert said(model, batch, "explicit", 10) == said(again, batch, "explicit", 10)
    own.popitem()
    with pytest.raises(InputError, match="weights do not fit the configuration; missing"):
        again.load_trainable_state_dict(own, "test")
    with pytest.raises(InputError, match=r"unexpected \['nonsense'\]"):
        again.load_trainable_state_dict({**model.trainable_state_dict(), "nonsense": torch.zeros(1)}, "test")


def test_a_frozen_whisper_does_not_train(config):
    model = build(replace(config, trained=["connector", "llm"])).train()
    assert not model.whisper.encoder.training and model.connector.training
    assert not any(parameter.requires_grad for parameter in model.whisper.parameters())
    with pytest.raises(InputError, match="trained: unknown 'lmm'; known are whisper, connector, llm"):
        C2SERModel(replace(config, trained=["lmm"]))


def test_acoustic_dropout_drops_whole_utterances_only_while_training(config):
    connector = build(replace(config, connector_conf={**config.connector_conf, "acoustic_dropout": 0.5})).connector
    acoustic = speech_batch(6000)[2]
    states = torch.zeros(64, 20, len(connector.mix.weights), connector.mix.mean.shape[1])
    frames = torch.full((64,), 20)
    acoustic = acoustic.expand(64, -1, -1)
    silent, _ = connector.eval()(states, frames, torch.zeros_like(acoustic))
    heard, _ = connector(states, frames, acoustic)
    trained, _ = connector.train()(states, frames, acoustic)
    dropped = torch.isclose(trained, silent, atol=1e-5).flatten(1).all(1)
    kept = torch.isclose(trained, heard, atol=1e-5).flatten(1).all(1)
    assert (dropped ^ kept).all() and 16 < dropped.sum() < 48


def test_answer_dropout_hides_tokens_only_in_training(config):
    answer = torch.ones(1000, 4)
    assert torch.equal(drop_answer_tokens(answer, 0.0), answer)
    hidden = drop_answer_tokens(answer, 0.5)
    assert torch.equal(hidden.amin(1), hidden.amax(1)) and 400 < hidden.amax(1).sum() < 600
    model = build(replace(config, answer_dropout=0.5))
    (speech,) = model.perceive(*speech_batch(6000))
    ids = torch.full((1000,), 7)
    for training in (False, True):
        (row,) = model.train(training).inputs([speech], "implicit", [ids])
        hidden = int((row[-1000:] == 0).all(1).sum())
        assert 400 < hidden < 600 if training else hidden == 0


def overfit(model: C2SERModel, steps: int, lr: float) -> list[dict[str, float]]:
    """Trains on two utterances with different answers."""
    batch = speech_batch(6000, 4000)
    implicit = answers(model, "implicit", implicit_target("angry", "en"), implicit_target("sad", "zh"))
    trained = [parameter for parameter in model.train().parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=lr)
    history = []
    for _ in range(steps):
        outputs = model(*batch, implicit)
        optimizer.zero_grad()
        outputs["loss"].backward()
        optimizer.step()
        history.append({name: value.item() for name, value in outputs.items()})
    return history


def test_two_utterances_are_learned_by_heart(config):
    model = build(config)
    history = overfit(model, 60, 5e-3)
    assert history[-1]["loss"] < 0.1 * history[0]["loss"] and history[-1]["emotion_accuracy"] == 1.0
    answered = said(model.eval(), speech_batch(6000, 4000), "implicit", 24)
    assert answered == [implicit_target("angry", "en"), implicit_target("sad", "zh")]


def test_lora_trains_the_adapters_of_a_pretrained_llm(config, pretrained):
    lora = {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]}
    adapted = replace(
        config, whisper=pretrained["whisper"], llm=pretrained["qwen2"], lora_conf=lora, trained=["connector", "llm"]
    )
    model = build(adapted)
    history = overfit(model, 30, 1e-2)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    learning = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert learning == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or name.startswith(("connector.", "speech_marks.")) for name in learning)
    assert sum("lora_" in name for name in learning) == 2 * 2 * 2  # layers, modules, factors

    own = model.trainable_state_dict()
    assert own.keys() >= learning and not any(name.startswith("whisper.") for name in own)
    again = build(adapted, seed=1)
    again.load_trainable_state_dict(own, "test")
    batch = speech_batch(6000, 4000)
    assert said(again, batch, "implicit", 12) == said(model.eval(), batch, "implicit", 12)


@pytest.mark.parametrize("start, end", [(1.0, 0.0), (1.0, 1.0), (0.9, 0.3)])
def test_the_probability_of_explicit_targets_falls_linearly(start, end):
    schedule = ExplicitSchedule(start, end, 200)
    for update in (0, 1, 50, 100, 199, 200, 1000):
        assert schedule.probability(update) == pytest.approx(start + (end - start) * min(1, update / 200))
    assert schedule.final_mode == ("explicit" if end == 1.0 else "implicit")
    assert ExplicitSchedule(1.0, 1.0, 0).probability(0) == 1.0


def test_spec_augment_hides_speech_only_while_training():
    mel, counts = torch.ones(64, 80, 200), torch.tensor([200] * 32 + [60] * 32)
    augment = SpecAugment(frequency_masks=2, frequency_width=10, time_masks=2, time_width=50)
    assert torch.equal(augment.eval()(mel, counts), mel)
    torch.manual_seed(0)
    hidden = augment.train()(mel, counts) == 0
    bands, stretches = hidden.all(2), hidden.all(1)
    assert torch.equal(hidden, bands.unsqueeze(2) | stretches.unsqueeze(1))
    assert 0 < bands.sum(1).max() <= 20
    assert 0 < stretches[:32].sum(1).max() <= 80  # a fifth of 200 frames, twice
    assert 0 < stretches[32:].sum(1).max() <= 24
    assert not stretches[32:, 60:].any()


def test_time_substitution_copies_earlier_speech_only_while_training():
    mel = torch.arange(200.0).expand(64, 80, 200)  # each frame says where it comes from
    counts = torch.tensor([200] * 32 + [60] * 32)
    substitution = TimeSubstitution(number=3, width=30)
    assert torch.equal(substitution.eval()(mel, counts), mel)
    torch.manual_seed(0)
    substituted = substitution.train()(mel, counts)
    assert torch.equal(substituted, substituted[:, :1].expand_as(mel))
    source, time = substituted[:, 0], torch.arange(200)
    moved = source != time
    assert (source <= time).all() and (source >= 0).all()
    assert 0 < moved[:32].sum(1).max() <= 90 and moved.any(1).float().mean() > 0.9
    assert not moved[32:, 60:].any()
    steps = source.diff(dim=1)
    assert ((steps == 1) | moved[:, 1:] | moved[:, :-1]).all()


@pytest.mark.parametrize("perception", [["semantic"], ["acoustic"]])
def test_what_is_not_perceived_changes_nothing(config, perception):
    model = build(replace(config, perception=perception))
    speech, lengths, acoustic = speech_batch(16000, 5000)
    with torch.no_grad():
        heard = model.perceive(speech, lengths, acoustic)
        deaf = [torch.zeros_like(speech), acoustic] if perception == ["acoustic"] else [speech, acoustic + 1]
        again = model.perceive(deaf[0], lengths, deaf[1])
        other = model.perceive(speech * 0.5 + 0.1, lengths, acoustic.flip(1))
    for first, second, third in zip(heard, again, other, strict=True):
        assert torch.equal(first, second) and not torch.allclose(first, third)
    assert [len(utterance) for utterance in heard] == ([10, 10] if perception == ["acoustic"] else [13, 4])
    for wrong in ([], ["semantics"]):
        with pytest.raises(InputError, match="perception"):
            build(replace(config, perception=wrong))


def distilled(model: C2SERModel, speech) -> dict[str, torch.Tensor]:
    """One pass over two utterances, English and Chinese, that are distilled."""
    said = (("angry", "en"), ("sad", "zh"))
    implicit = answers(model, "implicit", *(implicit_target(emotion, language) for emotion, language in said))
    texts = [explicit_target("u", LEVELS, f"I am happy, {word}.", emotion, word) for emotion, word in said]
    return model(*speech, implicit, answers(model, "explicit", *texts))


def test_divergence_is_from_what_the_explicit_answer_concludes(config):
    """By hand: the probabilities of each emotion's word where the answers have come to it."""
    model = build(replace(config, distillation_weight=3.0, emotion_weight=2.0, answer_dropout=0.5))
    speech = speech_batch(6000, 4000)
    outputs = distilled(model, speech)
    plain = model(*speech, answers(model, "implicit", implicit_target("angry", "en"), implicit_target("sad", "zh")))
    divergences = []
    for index, (emotion, language) in enumerate((("angry", "en"), ("sad", "zh"))):
        rows = {}
        explicit = explicit_target("u", LEVELS, f"I am happy, {language}.", emotion, language)
        for mode, text in (("explicit", explicit), ("implicit", implicit_target(emotion, language))):
            said = answers(model, mode, text)
            before = said.tokens[0][: int(said.emotion[0].int().argmax())]
            logits = model.logits(model.perceive(*one(speech, index)), mode, [before], count=1)[0, -1]
            choices = [answers(model, mode, text.replace(emotion_word(emotion, language), emotion_word(name, language)))
                       for name in PAPER_EMOTIONS]  # fmt: skip
            tokens = [int(choice.tokens[0][choice.emotion[0]][0]) for choice in choices]
            rows[mode] = logits[tokens].softmax(0)
        teacher, student = rows["explicit"], rows["implicit"]
        divergences.append((teacher * (teacher / student).log()).sum())
    assert outputs["divergence"].item() == pytest.approx(torch.stack(divergences).mean().item(), rel=1e-3)
    expected = plain["loss"] + 3.0 * 2.0 * torch.stack(divergences).sum() / plain["weight"]
    assert outputs["loss"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_implicit_answers_learn_from_explicit_ones_and_not_the_reverse(config):
    model = build(replace(config, distillation_weight=1.0, lora_conf={"target_modules": ["q_proj", "v_proj"]})).train()
    speech = speech_batch(6000, 4000)
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    divergences = []
    for _ in range(20):
        outputs = distilled(model, speech)
        assert model.training and model.llm.training
        optimizer.zero_grad()
        (outputs["divergence"]).backward()
        optimizer.step()
        divergences.append(outputs["divergence"].item())
    assert divergences[-1] < 0.3 * divergences[0]


def test_gradient_checkpointing_changes_no_gradient(config, pretrained):
    lora = {"r": 8, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False}
    gradients = []
    for saving in (False, True):
        model = build(replace(config, llm=pretrained["qwen2"], lora_conf=lora, gradient_checkpointing=saving)).train()
        layers = model.llm.get_base_model().model.layers
        passes = []
        layers[0].self_attn.q_proj.register_forward_hook(lambda *_, passes=passes: passes.append(1))
        model(*speech_batch(6000, 4000), answers(model, "explicit", *targets()[:2]))["loss"].backward()
        assert len(passes) == (2 if saving else 1)
        gradients.append({name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None})
    assert gradients[0].keys() == gradients[1].keys() and len(gradients[0]) > 30
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-6, rtol=1e-4)


def test_merged_lora_gives_the_same_logits(config, pretrained):
    lora = {"r": 8, "lora_alpha": 32, "init_lora_weights": False}
    lora["target_modules"] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]
    model = build(replace(config, llm=pretrained["qwen2"], lora_conf=lora))
    with torch.no_grad():
        speech = model.perceive(*speech_batch(6000, 4000))
        with model.llm.disable_adapter():
            without = model.logits(speech, "implicit", count=20)
        unmerged = model.logits(speech, "implicit", count=20)
        model.llm = model.llm.merge_and_unload()
        merged = model.logits(speech, "implicit", count=20)
    torch.testing.assert_close(merged, unmerged, atol=1e-4, rtol=0)
    assert (merged - without).abs().max() > 0.1


@pytest.mark.parametrize("part", ["whisper", "llm"])
def test_weights_upon_another_base_model_are_refused(config, pretrained, tmp_path, part):
    folders = {name: shutil.copytree(pretrained[name], tmp_path / name) for name in pretrained}
    lora = {"r": 2, "target_modules": ["q_proj"]}
    borrowing = replace(
        config, whisper=str(folders["whisper"]), llm=str(folders["qwen2"]), lora_conf=lora, trained=["connector", "llm"]
    )
    own = build(borrowing).trainable_state_dict()
    build(borrowing, seed=1).load_trainable_state_dict(own, "checkpoint")
    weights = folders["qwen2" if part == "llm" else part] / "model.safetensors"
    state = load_file(weights)
    for weight in state.values():  # a fine-tuned model by the same name
        weight.view(-1)[0] += 0.01
    save_file(state, weights, metadata={"format": "pt"})
    with pytest.raises(InputError, match=f"checkpoint: was trained on other weights than those of {part}"):
        build(borrowing).load_trainable_state_dict(own, "checkpoint")
    # What is saved whole needs no base model to be the same.
    whole = replace(borrowing, trained=["whisper", "connector", "llm"], lora_conf={})
    own = build(replace(whole, whisper=pretrained["whisper"], llm=pretrained["qwen2"])).trainable_state_dict()
    build(whole).load_trainable_state_dict(own, "checkpoint")


def test_what_was_trained_is_kept_where_it_is_frozen_later(config, pretrained):
    """Self-distillation may freeze what the explicit phase has trained."""
    first = replace(config, whisper=pretrained["whisper"], llm=pretrained["qwen2"])
    model = build(first)
    with torch.no_grad():
        model.whisper.encoder.conv1.bias.add_(1.0)
        model.llm.get_input_embeddings().weight.add_(0.1)
    later = build(replace(first, trained=["connector"]))
    later.load_trainable_state_dict(model.trainable_state_dict(), "first phase")
    again = build(replace(first, trained=["connector"]))
    again.load_trainable_state_dict(later.trainable_state_dict(), "second phase")
    for name, weight in model.named_parameters():
        assert torch.equal(again.get_parameter(name), weight), name


@pytest.mark.parametrize("perception", [["semantic"], ["acoustic"], ["semantic", "acoustic"]])
def test_all_that_trains_gets_gradients(config, perception):
    """Otherwise several processes wait for them."""
    whisper_conf = {"layers": [0, 1]}  # of three blocks
    model = build(replace(config, perception=perception, whisper_conf=whisper_conf, acoustic_width=48)).train()
    speech, lengths, _ = speech_batch(6000, 4000)
    model(speech, lengths, torch.randn(2, 10, 48), answers(model, "explicit", *targets()[:2]))["loss"].backward()
    without = [name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None]
    assert without == []


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"whisper_conf": {"layer": [1]}}, "whisper_conf: unknown key 'layer'"),
        ({"whisper_conf": {"layers": -1}}, "whisper_conf: layers '-1' is no list"),
        ({"whisper_conf": {"dtype": "bf16"}}, "whisper_conf: dtype: 'bf16' is no type of weights"),
        (
            {"whisper_conf": {"spec_augment": True}},
            "spec_augment: 'True' is no mapping; known keys are frequency_masks",
        ),
        ({"whisper_conf": {"time_substitution": {"max": 2}}}, "time_substitution: unknown key 'max'"),
        ({"connector_conf": {"heads": 5}}, "connector_conf: 5 heads do not divide Whisper's width, 32"),
        ({"connector_conf": None}, "connector_conf: 'None' is no mapping"),
        ({"lora_conf": {"rank": 8}}, "lora_conf: unknown key 'rank'"),
        ({"llm_dtype": "half precision"}, "llm_dtype: 'half precision' is no type"),
        ({"perception": "semantic"}, "perception: 'semantic' is not a list; known are semantic, acoustic"),
        ({"trained": None}, "trained: 'None' is not a list"),
        ({"whisper": {**WHISPER, "encoder_attention_heads": 5}}, "whisper: no configuration of an encoder"),
    ],
)
def test_wrong_settings_are_one_line(config, changes, message):
    with pytest.raises(InputError, match=message) as error:
        build(replace(config, **changes))
    assert "\n" not in str(error.value)
