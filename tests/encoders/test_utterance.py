"""Probing encoders: vectors against transformers' own output, and the whole command on small corpora."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import transformers

from c2ser.checkpoints.fingerprint import model_files_fingerprint
from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec import Emotion2Vec
from c2ser.emotion2vec.encoder import Emotion2VecConfig, Emotion2VecEncoder
from c2ser.encoders.utterance import load_encoder
from c2ser.errors import InputError
from c2ser.probe.extraction import extract_vectors
from c2ser.probe.features import load_features

SAMPLES = (9000, 16000, 16000, 4100)  # an even number of frames for wav2vec2_bert, which takes them in pairs
BLOCKS = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
CONVOLUTIONS = {"conv_dim": [32] * 3, "conv_kernel": [10, 8, 4], "conv_stride": [5, 8, 8]}
POSITIONS = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
SPEECH = BLOCKS | CONVOLUTIONS | POSITIONS
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
WHISPER = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2, "num_mel_bins": 80}
WHISPER |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "vocab_size": 60}
WHISPER |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 3}

WITH_MASK = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)
WITHOUT_MASK = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False)

# name -> model, sizes, feature extractor, whether padding leaves its vectors alone
MODELS = {
    "wav2vec2_group": ("Wav2Vec2", SPEECH, WITHOUT_MASK, False),
    "wav2vec2_group_mask": ("Wav2Vec2", SPEECH, WITH_MASK, False),
    "wav2vec2_layer": ("Wav2Vec2", SPEECH | STABLE, WITH_MASK, True),
    "wav2vec2_layer_no_mask": ("Wav2Vec2", SPEECH | STABLE, WITHOUT_MASK, False),
    "hubert": ("Hubert", SPEECH, WITHOUT_MASK, False),
    "hubert_layer": ("Hubert", SPEECH | STABLE, WITH_MASK, True),
    "wavlm": ("WavLM", SPEECH, WITH_MASK, False),
    "wavlm_layer": ("WavLM", SPEECH | STABLE, WITH_MASK, True),
    # Its stacked convolutions for positions read what lies beyond the utterance.
    "data2vec": ("Data2VecAudio", SPEECH | {"num_conv_pos_embeddings": 5, "conv_pos_kernel_size": 9}, WITH_MASK, False),
    "wav2vec2_bert": ("Wav2Vec2Bert", BLOCKS, transformers.SeamlessM4TFeatureExtractor(), True),
}


def noise(samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.1, size=samples).astype(np.float32)


WAVEFORMS = [noise(samples, seed) for seed, samples in enumerate(SAMPLES)]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    """Returns the folder of a tiny model of `MODELS` with random weights."""

    def build(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        family, sizes, extractor, _ = MODELS[name]
        torch.manual_seed(0)
        model = getattr(transformers, f"{family}Model")(getattr(transformers, f"{family}Config")(**sizes))
        model.save_pretrained(folder)
        extractor.save_pretrained(folder)
        return folder

    return build


@pytest.mark.parametrize("name", MODELS)
def test_vectors_are_the_mean_of_the_output_that_transformers_gives_alone(model_dir, name):
    folder = model_dir(name)
    model, extractor = transformers.AutoModel.from_pretrained(folder).eval(), load_extractor(folder)
    for layer in (None, 0, 1, -1):
        encoder = load_encoder(str(folder), layer)
        assert encoder.pads == MODELS[name][3]
        for waveform in WAVEFORMS:
            with torch.inference_mode():
                inputs = extractor(waveform, sampling_rate=16000, return_tensors="pt")
                output = model(**inputs, output_hidden_states=True)
            frames = output.last_hidden_state if layer is None else output.hidden_states[layer]
            np.testing.assert_allclose(encoder.encode([waveform])[0], frames[0].mean(dim=0), atol=1e-4)


def load_extractor(folder: Path) -> transformers.FeatureExtractionMixin:
    return transformers.AutoFeatureExtractor.from_pretrained(folder)


def assert_batch_is_as_alone(folder: Path) -> None:
    encoder = load_encoder(str(folder))
    alone = np.concatenate([encoder.encode([waveform]) for waveform in WAVEFORMS])
    batch = WAVEFORMS if encoder.pads else WAVEFORMS[1:3]
    expected = alone if encoder.pads else alone[1:3]
    np.testing.assert_allclose(encoder.encode(batch), expected, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 1e-3  # or the comparison says nothing


@pytest.mark.parametrize("name", MODELS)
def test_a_batch_gives_what_each_utterance_gives_alone(model_dir, name):
    assert_batch_is_as_alone(model_dir(name))


def test_whisper_is_averaged_over_the_true_length(tmp_path):
    whisper(tmp_path)
    assert_batch_is_as_alone(tmp_path)
    assert load_encoder(str(tmp_path)).pads
    model, extractor = transformers.WhisperModel.from_pretrained(tmp_path).eval(), load_extractor(tmp_path)
    full = noise(30 * 16000, 0)  # of 30 s transformers' encoder sees the true length too
    with torch.inference_mode():
        inputs = extractor(full, sampling_rate=16000, return_tensors="pt").input_features
        states = model.get_encoder()(inputs, output_hidden_states=True)
    for layer, expected in ((None, states.last_hidden_state), (1, states.hidden_states[1])):
        # The extractor rounds otherwise: it computes the spectrogram in float64 on the CPU.
        np.testing.assert_allclose(load_encoder(str(tmp_path), layer).encode([full])[0], expected[0].mean(0), atol=1e-3)


def whisper(folder: Path) -> None:
    torch.manual_seed(0)
    transformers.WhisperModel(transformers.WhisperConfig(**WHISPER)).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)


def test_the_encoder_of_an_encoder_decoder(tmp_path):
    torch.manual_seed(0)
    sizes = {name: value for name, value in WHISPER.items() if name != "num_mel_bins"} | {"conv_channels": 32}
    transformers.Speech2TextModel(transformers.Speech2TextConfig(**sizes)).save_pretrained(tmp_path)
    transformers.Speech2TextFeatureExtractor().save_pretrained(tmp_path)
    assert_batch_is_as_alone(tmp_path)


@pytest.mark.parametrize("kind", ["transformers", "whisper", "emotion2vec"])
def test_computes_in_bfloat16(model_dir, tmp_path, kind):
    folder = model_dir("wavlm_layer") if kind == "transformers" else tmp_path
    {"whisper": whisper, "emotion2vec": emotion2vec}.get(kind, str)(folder)
    exact, rounded = (load_encoder(str(folder), dtype=dtype) for dtype in (torch.float32, torch.bfloat16))
    assert rounded.pads
    difference = np.abs(rounded.encode(WAVEFORMS) - exact.encode(WAVEFORMS)).max()
    assert 0 < difference < 0.1


def emotion2vec(folder: Path) -> Emotion2Vec:
    torch.manual_seed(0)
    config = Emotion2VecConfig(
        conv_layers=((32, 10, 5), (32, 8, 8), (32, 4, 8)),
        dim=32,
        heads=2,
        prenet_depth=1,
        depth=1,
        position_layers=2,
        position_width=6,
        position_groups=2,
    )
    model = Emotion2Vec(Emotion2VecEncoder(config))
    model.save_pretrained(folder)
    return model


def test_emotion2vec_gives_the_mean_of_its_tokens(tmp_path):
    model = emotion2vec(tmp_path)
    expected = np.stack([output["utterance"].mean(axis=0) for output in model.extract(WAVEFORMS)])
    np.testing.assert_allclose(load_encoder(str(tmp_path)).encode(WAVEFORMS), expected, atol=1e-5)
    assert_batch_is_as_alone(tmp_path)
    with pytest.raises(InputError, match="only encoders of transformers have layers"):
        load_encoder(str(tmp_path), layer=1)


def test_the_shortest_utterances_have_vectors(model_dir, tmp_path):
    whisper(tmp_path / "whisper")
    emotion2vec(tmp_path / "emotion2vec")
    for folder in (model_dir("wav2vec2_layer"), tmp_path / "whisper", tmp_path / "emotion2vec"):
        assert np.isfinite(load_encoder(str(folder)).encode([noise(1, 0)])).all()


def test_encoders_that_cannot_be_used(model_dir, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="^encoder 'someone/no-such-encoder': .*give a hub id"):
        load_encoder("someone/no-such-encoder")
    with pytest.raises(InputError, match="^encoder 'exp/no/folder': "):
        load_encoder("exp/no/folder")
    with pytest.raises(InputError, match="no layer 3; layers are 0 to 2"):
        load_encoder(str(model_dir("hubert")), layer=3)
    with pytest.raises(InputError, match="config.yaml: no such file"):
        load_encoder(str(tmp_path))

    at_8_khz = model_dir("hubert")
    transformers.Wav2Vec2FeatureExtractor(sampling_rate=8000).save_pretrained(at_8_khz)
    with pytest.raises(InputError, match="not an encoder of speech at 16 kHz"):
        load_encoder(str(at_8_khz))

    truncated = model_dir("wavlm")
    weights = (truncated / "model.safetensors").read_bytes()
    (truncated / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(InputError, match="^encoder '.*give a hub id"):
        load_encoder(str(truncated))

    deeper = model_dir("wavlm_layer")
    config = json.loads((deeper / "config.json").read_text()) | {"num_hidden_layers": 3}
    (deeper / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="do not fit WavLMModel: encoder.layers.2.* is missing"):
        load_encoder(str(deeper))


EMOTIONS = {"angry": 300, "happy": 900, "sad": 2500}  # Hz
SPEAKERS = ("ann", "bob", "cem", "dee")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Tones in noise, of a pitch an emotion and a loudness a speaker; as a data directory and in EmoBox's layout."""
    rng = np.random.default_rng(0)
    labels, speakers, wavs, rows = {}, {}, {}, {}
    for loudness, name in zip((0.1, 0.2, 0.3, 0.4), SPEAKERS):
        for emotion, pitch in EMOTIONS.items():
            for number in range(3):
                seconds = np.arange(rng.integers(4000, 8000)) / 16000
                tone = np.sin(2 * np.pi * pitch * rng.uniform(0.97, 1.03) * seconds) + 0.05 * rng.normal(
                    size=len(seconds)
                )
                wav = tmp_path / f"casia/{name}/{emotion}/{number}.wav"
                wav.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(wav, loudness * tone, 16000)
                utt = f"{name}-{emotion}{number}"
                labels[utt], speakers[utt], wavs[utt] = emotion, name, wav
                path = f"downloads/casia/{name}/{emotion}/{number}.wav"
                rows[utt] = {"key": f"casia-{utt}", "wav": path, "emo": emotion, "length": seconds[-1]}
    for name, table in {"utt2emo": labels, "utt2spk": speakers, "wav.scp": wavs}.items():
        write_table(tmp_path / "data" / name, table)
    for fold, left_out in enumerate(SPEAKERS[:2], 1):
        folder = tmp_path / f"emobox/casia/fold_{fold}"
        folder.mkdir(parents=True)
        for part in ("train", "test"):
            lines = [json.dumps(row) for utt, row in rows.items() if (speakers[utt] == left_out) == (part == "test")]
            (folder / f"casia_{part}_fold_{fold}.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def probe(*options) -> None:
    from c2ser.bin import probe

    probe.main(list(map(str, options)))


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_leaves_one_speaker_out(corpus, model_dir, capsys, head):
    out = corpus / "out"
    options = ["--encoder", model_dir("hubert"), "--data_dir", corpus / "data", "--output_dir", out, "--head", head]
    probe(*options)
    assert capsys.readouterr().out == (out / "RESULTS.md").read_text()
    folds = [json.loads((out / f"fold_{number}/result.json").read_text()) for number in range(1, 5)]
    assert [fold["n_utts"] for fold in folds] == [9] * 4 and not (out / "fold_5").exists()
    assert json.loads((out / "result.json").read_text())["ua"] > 0.9
    for number, speaker in enumerate(SPEAKERS, 1):
        assert {utt.split("-")[0] for utt in read_table(out / f"fold_{number}/utt2emo")} == {speaker}
    assert read_table(out / "utt2emo_reference") == read_table(corpus / "data/utt2emo")
    mean = f"{100 * np.mean([fold['ua'] for fold in folds]):.1f} ±"
    assert mean in next(line for line in (out / "RESULTS.md").read_text().splitlines() if line.endswith("± 0.0 |"))
    assert (out / "fold_1/probe.safetensors").exists() == (head == "linear")

    written = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    probe(*options)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == written


def test_probes_emotion2vec(corpus):
    emotion2vec(corpus / "model")
    probe("--encoder", corpus / "model", "--data_dir", corpus / "data", "--output_dir", corpus / "out")
    assert json.loads((corpus / "out/result.json").read_text())["ua"] > 0.9


def test_takes_emobox_folds(corpus):
    whisper(corpus / "whisper")
    out = corpus / "out"
    emobox = ["--emobox_dir", corpus / "emobox/casia", "--audio_dir", corpus / "casia"]
    probe("--encoder", corpus / "whisper", "--layer", 1, *emobox, "--output_dir", out)
    assert json.loads((out / "result.json").read_text())["n_utts"] == 18  # two speakers are never tested
    assert json.loads((out / "result.json").read_text())["ua"] > 0.9
    assert len(read_table(out / "data/utt2spk")) == 36
    assert {utt.split("-")[0] for utt in read_table(out / "fold_2/utt2emo")} == {"casia_bob"}


def test_vectors_are_extracted_once(corpus, model_dir):
    folder, loads = model_dir("wav2vec2_layer"), []

    def extract(layer: int | None = None) -> dict[str, bytes]:
        origin = model_files_fingerprint(str(folder), layer, "float32")
        load = lambda: loads.append(layer) or load_encoder(str(folder), layer)  # noqa: E731
        scp = extract_vectors(load, origin, data_dir=corpus / "data", output_dir=corpus / "out", batch_samples=20000)
        return {utt: vector.tobytes() for utt, vector in vectors(scp).items()}

    def vectors(scp: Path) -> dict[str, np.ndarray]:
        loaded = load_features(corpus / "data", scp)
        return dict(zip(loaded.utterances, loaded.vectors))

    first = extract()
    assert extract() == first and loads == [None]
    assert extract(1) != first and loads == [None, 1]

    (corpus / "out/vectors.scp").unlink()  # as where extraction was interrupted
    assert extract(1) != first and loads == [None, 1]
    config = folder / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + " ", encoding="utf-8")
    extract(1)
    assert loads == [None, 1, 1]
    write_table(corpus / "data/utt2emo", dict(list(read_table(corpus / "data/utt2emo").items())[5:]))
    assert len(extract(1)) == 31


@pytest.mark.parametrize("name", ["wav2vec2_layer", "hubert"])
def test_vectors_do_not_depend_on_the_batch(corpus, model_dir, name):
    folder = model_dir(name)
    scps = [
        extract_vectors(
            lambda: load_encoder(str(folder)),
            str(samples),
            data_dir=corpus / "data",
            output_dir=corpus / str(samples),
            batch_samples=samples,
        )
        for samples in (1, 30000)
    ]
    alone, batched = (load_features(corpus / "data", scp).vectors for scp in scps)
    np.testing.assert_allclose(batched, alone, atol=1e-4)


def test_missing_audio_names_the_utterance(corpus, model_dir):
    data, folder = corpus / "data", model_dir("hubert")

    def extract() -> None:
        load = lambda: load_encoder(str(folder))  # noqa: E731
        extract_vectors(load, "", data_dir=data, output_dir=corpus / "out", batch_samples=16000)

    wavs = read_table(data / "wav.scp")
    write_table(data / "wav.scp", {utt: wav for utt, wav in wavs.items() if utt != "bob-sad1"})
    with pytest.raises(InputError, match="wav.scp: 'bob-sad1' has no line"):
        extract()
    write_table(data / "wav.scp", wavs)
    Path(wavs["cem-happy0"]).unlink()
    with pytest.raises(InputError, match="wav.scp:22: 'cem-happy0': .*no such file"):
        extract()
    assert not (corpus / "out/vectors.scp").exists()


def test_command_line_says_in_one_line_what_is_wrong(corpus):
    command = [sys.executable, "-m", "c2ser.bin.probe", "--encoder", corpus, "--output_dir", corpus / "out"]
    failed = subprocess.run([*command, "--data_dir", corpus / "data"], capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr == (
        f"error: {corpus}/config.yaml: no such file; is {corpus} the folder of a finished training?\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--train_dir", "a"],
        ["--encoder", "a"],
        ["--encoder", "a", "--emobox_dir", "b"],
        ["--encoder", "a", "--emobox_dir", "b", "--audio_dir", "c", "--data_dir", "d"],
        ["--encoder", "a", "--data_dir", "d", "--test_dir", "e"],
        ["--train_dir", "a", "--test_dir", "b", "--data_dir", "d"],
    ],
)
def test_options_that_do_not_fit_together(options):
    with pytest.raises(SystemExit) as stopped:
        probe("--output_dir", "out", *options)
    assert stopped.value.code == 2


def test_emodb_with_whisper_base(shared, tmp_path):
    """A frozen encoder whose figure is known: UA 0.92 on EmoBox's folds; less here, on half of the first fold."""
    source, half = shared / "data/emobox/data/emodb", tmp_path / "emodb"
    (half / "fold_1").mkdir(parents=True)
    (half / "label_map.json").symlink_to(source / "label_map.json")
    for part in ("train", "test"):
        name = f"fold_1/emodb_{part}_fold_1.jsonl"
        lines = (source / name).read_text().splitlines(keepends=True)
        (half / name).write_text("".join(lines[::2]))
    options = ["--emobox_dir", half, "--audio_dir", shared / "data/emodb", "--output_dir", tmp_path / "out"]
    probe("--encoder", shared / "models/whisper-base", "--layer", 3, *options)
    assert json.loads((tmp_path / "out/fold_1/result.json").read_text())["ua"] > 0.75


def test_bad_audio_may_be_left_out(corpus, model_dir):
    data, folder = corpus / "data", model_dir("hubert")
    Path(read_table(data / "wav.scp")["cem-happy0"]).write_bytes(b"not audio")
    load = lambda: load_encoder(str(folder))  # noqa: E731
    options = {"data_dir": data, "output_dir": corpus / "out", "batch_samples": 16000}
    scp = extract_vectors(load, "", **options, skip_bad=True)
    assert set(read_table(data / "utt2emo")) - set(load_features(data, scp).utterances) == {"cem-happy0"}
    with pytest.raises(InputError, match="'cem-happy0': .*not audio"):
        extract_vectors(load, "", **options)


def test_too_long_for_the_encoder_is_named(corpus, model_dir):
    load = lambda: load_encoder(str(model_dir("hubert")))  # noqa: E731
    with pytest.raises(InputError, match=r"wav.scp:\d+: '.*': \d+ s long, and an utterance has at most 0.2 s"):
        extract_vectors(
            load, "", data_dir=corpus / "data", output_dir=corpus / "out", batch_samples=16000, max_seconds=0.2
        )
