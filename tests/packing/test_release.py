"""The authors' released model becomes a packed model of ours that computes and says the same."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
import torch
from helpers.release import TARGETS, Sizes, release_inputs, release_llm, release_speech, release_weights, save_llm
from helpers.tiny_emotion2vec import save_emotion2vec
from torch.nn.utils.rnn import pad_sequence
from transformers import GenerationConfig

from c2ser import C2SER
from c2ser.bin import import_checkpoint, infer
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.lm.generation import Decoding
from c2ser.packing.release import END_TOKEN, PROMPTS, import_release

SIZES = Sizes()


@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16"])
def test_the_release_is_reproduced(shared, tmp_path, dtype):
    folder = shared / "data" / "c2ser_release_like"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/c2ser_release_like")
    acoustic = save_emotion2vec(tmp_path / "emotion2vec", width=48)
    llm = str(folder / "tiny_llm")
    release = import_release(folder / "release_like.pt", acoustic, llm=llm, whisper_heads=4, llm_dtype=dtype)
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


def test_a_padded_batch_equals_one_by_one(released):
    model = C2SER.from_pretrained(released).recognizer.model.float()
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


def test_prompts_decoding_and_sizes_are_the_releases(released):
    recognizer = C2SER.from_pretrained(released).recognizer
    config = recognizer.model.config
    for decoding in recognizer.decoding.values():
        assert decoding == Decoding(400, 4, repetition_penalty=1.05, top_k=2)  # ends as its small tokenizer says
    assert recognizer.emotions == list(PAPER_EMOTIONS)
    tokenizer = recognizer.model.tokenizer
    assert recognizer.model.prompts == {mode: tokenizer(prompt).input_ids for mode, prompt in PROMPTS.items()}
    assert config.lora_conf["r"] == SIZES.rank and set(config.lora_conf["target_modules"]) == set(TARGETS)
    assert config.lora_conf["lora_alpha"] == 32
    assert config.connector_conf == {"layers": 1, "feed_forward": 48}
    assert recognizer.model.llm.get_input_embeddings().weight.dtype == torch.bfloat16


def test_heads_are_known_for_openais_widths_and_asked_for_else(emotion2vec, llm, tmp_path):
    def heads(width: int) -> int:
        sizes = Sizes(width=width)
        torch.save(release_weights(release_llm(llm, sizes), sizes), tmp_path / "C2SER_llm.pt")
        released = import_release(tmp_path / "C2SER_llm.pt", emotion2vec, llm=llm)
        return released.model.config.whisper["encoder_attention_heads"]

    assert [heads(width) for width in (384, 512)] == [6, 8]
    for width in (64, 108, 128, 640):
        with pytest.raises(InputError, match=f"no encoder of width {width}.*give it with --whisper_heads$"):
            heads(width)


def test_the_end_mark_is_qwen2s_where_the_language_model_has_it(emotion2vec, tmp_path):
    sizes = Sizes(llm={**Sizes().llm, "vocab_size": END_TOKEN + 1})
    llm = save_llm(sizes, tmp_path / "llm")
    torch.save(release_weights(release_llm(llm, sizes), sizes), tmp_path / "C2SER_llm.pt")
    import_release(tmp_path / "C2SER_llm.pt", emotion2vec, llm=llm, whisper_heads=4).save(tmp_path / "packed")
    recognizer = C2SER.from_pretrained(tmp_path / "packed").recognizer
    assert recognizer.model.tokenizer.eos_token_id != END_TOKEN
    assert all(tuple(decoding.end_tokens) == (END_TOKEN,) for decoding in recognizer.decoding.values())


THREE = {
    "tiny": Sizes(
        width=64,
        heads=4,
        layers=2,
        feed_forward=128,
        positions=1500,
        rank=8,
        llm={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
        },
    ),
    "odd": Sizes(
        width=108,
        heads=9,
        layers=5,
        feed_forward=333,
        bins=128,
        positions=1500,
        rank=5,
        alpha=13,
        speech_tokens=7,
        llm={
            "hidden_size": 90,
            "intermediate_size": 170,
            "num_hidden_layers": 3,
            "num_attention_heads": 5,
            "num_key_value_heads": 1,
            "tie_word_embeddings": True,
        },
    ),
    "medium": Sizes(
        width=384,
        heads=6,
        layers=3,
        feed_forward=1536,
        positions=1500,
        connector_layers=4,
        connector_feed_forward=2560,
        rank=8,
        llm={
            "hidden_size": 256,
            "intermediate_size": 704,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
        },
    ),
}


@pytest.fixture(params=THREE)
def pair(request, tmp_path) -> "Pair":
    return Pair(THREE[request.param], tmp_path, seed=5)


class Pair:
    """A model like the release, and the model that it is imported as."""

    def __init__(self, sizes: Sizes, folder: Path, seed: int):
        self.sizes = sizes
        llm = save_llm(sizes, folder / "llm", seed)
        self.llm = release_llm(llm, sizes, seed + 1)
        self.weights = release_weights(self.llm, sizes, seed + 2)
        torch.save(self.weights, folder / "C2SER_llm.pt")
        acoustic = save_emotion2vec(folder / "emotion2vec", width=24)
        options = {"llm": llm, "lora_alpha": sizes.alpha, "whisper_heads": sizes.heads}
        import_release(folder / "C2SER_llm.pt", acoustic, **options).save(folder / "packed")
        self.recognizer = C2SER.from_pretrained(folder / "packed").recognizer
        self.model = self.recognizer.model

    def to(self, dtype: torch.dtype) -> None:
        """Changes the language model's type; the rest stays in float32, as in the release."""
        self.llm.to(dtype)
        self.model.llm.to(dtype)

    def hear(self, waveform: torch.Tensor, acoustic: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the language model is given of an utterance (S, W): here, and in the release."""
        length = torch.tensor([len(waveform)])
        with torch.inference_mode():
            mel, _ = self.model.whisper.log_mel(waveform[None], length)
            expected = release_speech(self.weights, self.sizes, mel=mel, acoustic=acoustic[None])
            return self.model.perceive(waveform[None], length, acoustic[None])[0], expected

    @torch.inference_mode()
    def expected_tokens(self, speech: torch.Tensor, mode: str, **settings) -> torch.Tensor:
        """What transformers generates from the release's inputs."""
        inputs = release_inputs(self.weights, self.llm, prompt=self.model.prompts[mode], speech=speech)
        ends = list(self.recognizer.decoding[mode].end_tokens) or self.model.tokenizer.eos_token_id
        config = GenerationConfig(**settings, max_new_tokens=24, eos_token_id=ends, pad_token_id=0)
        mask = torch.ones(inputs.shape[:2], dtype=torch.long)
        return self.llm.generate(inputs_embeds=inputs, attention_mask=mask, generation_config=config)[0]


def utterances(*seconds: float) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Noise, and acoustic tokens."""
    rng = np.random.default_rng(4)
    pairs = [(rng.normal(scale=0.1, size=int(length * 16000)), rng.normal(size=(10, 24))) for length in seconds]
    return [(torch.from_numpy(wave).float(), torch.from_numpy(tokens).float()) for wave, tokens in pairs]


AS_RELEASED = {"do_sample": True, "top_p": 0.0, "top_k": 0, "num_beams": 4, "repetition_penalty": 1.05}


def check_texts(pair: "Pair", mode: str, *, ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Greedy search and the pack's decoding, against transformers."""

    def expected(seed: int) -> str:
        torch.manual_seed(seed)
        tokens = pair.expected_tokens(theirs, mode, **settings)
        return pair.model.tokenizer.decode(tokens, skip_special_tokens=True).strip()

    packed = replace(pair.recognizer.decoding[mode], max_new_tokens=24)
    greedy = Decoding(24, end_tokens=packed.end_tokens)
    for decoding, settings in ((greedy, {}), (packed, AS_RELEASED)):
        (text,) = pair.model.generate([ours], mode, decoding=decoding)
        # Another seed, because beams of equal probability, as there are in bfloat16, are drawn.
        assert any(text == expected(seed) for seed in (0, 1)), (mode, settings)


def test_texts_and_logits_are_the_releases_at_any_size(pair):
    pair.to(torch.float32)
    for waveform, acoustic in utterances(0.3, 1.1, 2.1):
        ours, theirs = pair.hear(waveform, acoustic)
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
        for mode in PROMPTS:
            inputs = release_inputs(pair.weights, pair.llm, prompt=pair.model.prompts[mode], speech=theirs)
            with torch.inference_mode():
                logits = pair.model.logits([ours], mode, count=inputs.shape[1])
                torch.testing.assert_close(logits, pair.llm(inputs_embeds=inputs).logits, atol=1e-4, rtol=0)
            check_texts(pair, mode, ours=ours, theirs=theirs)


def test_texts_are_those_of_transformers_in_bfloat16(pair):
    """From the same inputs, because the last bit of an input decides between tokens there."""
    pair.to(torch.bfloat16)
    for waveform, acoustic in utterances(0.4, 1.6):
        ours, _ = pair.hear(waveform, acoustic)
        for mode in PROMPTS:
            check_texts(pair, mode, ours=ours, theirs=ours)


def test_other_folders_are_not_overwritten(released, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    model = C2SER.from_pretrained(released)
    with pytest.raises(InputError, match="something other than a packed model"):
        model.save_pretrained(tmp_path / "thesis")
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.tex"]
    (tmp_path / "again").mkdir()
    for _ in range(2):
        model.save_pretrained(tmp_path / "again")
    again = (tmp_path / "again" / "model.safetensors").read_bytes()
    assert again == (released / "model.safetensors").read_bytes()


def run(command: ModuleType, *arguments: object) -> None:
    command.main(list(map(str, arguments)))


def stopped(command: ModuleType, *arguments: object) -> str:
    """What a command that fails ends with."""
    with pytest.raises(SystemExit) as stop:
        run(command, *arguments)
    return str(stop.value.code)


def test_from_checkpoint_to_answer_by_command(checkpoint, emotion2vec, llm, tmp_path, capsys):
    packed, speech = tmp_path / "packed", tmp_path / "tone.wav"
    soundfile.write(speech, 0.2 * np.sin(np.arange(12000) * 0.05), 16000)
    options = ("--emotion2vec", emotion2vec, "--llm", llm, "--output_dir", packed)
    assert "give it with --whisper_heads" in stopped(import_checkpoint, "--checkpoint", checkpoint, *options)
    options += ("--whisper_heads", SIZES.heads)
    run(import_checkpoint, "--checkpoint", checkpoint, *options)
    names = {"SHA256SUMS", "config.yaml", "emotion2vec_s", "llm", "model.safetensors"}
    assert {path.name for path in packed.iterdir()} == names
    capsys.readouterr()
    run(infer, "--model", packed, speech)
    answer = C2SER.from_pretrained(packed).recognize(speech)
    row = capsys.readouterr().out.splitlines()[-1].split("\t")
    assert (row[0], row[2], row[-1]) == (str(speech), answer.emotion or INVALID, answer.text)

    for option in ("--top_k=-1", "--end_tokens=1,x"):
        assert stopped(infer, "--model", packed, option, speech) == "2"
    said = stopped(infer, "--model", packed, "--constrained", speech)
    assert said.startswith(f"error: {packed}: the wording of its implicit answers is not known") and "\n" not in said
    said = stopped(import_checkpoint, "--checkpoint", tmp_path / "absent.pt", *options)
    assert said == f"error: {tmp_path / 'absent.pt'}: no such file"
