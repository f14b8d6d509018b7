"""C²SER's answers: within the label set where asked, and of the same text whether generated or matched."""

import runpy
from os.path import commonprefix
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
import torch
from helpers.paths import ROOT
from helpers.tiny_alm import (
    ACOUSTIC_WIDTH,
    LANGUAGES,
    LENGTHS,
    alone,
    answers,
    model_with,
    perceived,
    speech_batch,
)
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from c2ser.alm.losses import Answers
from c2ser.alm.model import C2SERModel
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import INVALID, PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import detect_language, language_of
from c2ser.lm.generation import Decoding
from c2ser.lm.inputs import batch_inputs
from c2ser.rationales.prompts import PROMPTS
from c2ser.rationales.templates import ANSWERS, explicit_beginnings, explicit_parts, explicit_target, implicit_target
from c2ser.systems.c2ser import MAX_NEW_TOKENS, C2SERRecognizer
from c2ser.systems.inference import answer_data_dir
from c2ser.systems.recognizer import Speech

CODES = ("en", "zh")
KINDS = ("generated", "measured")
LATENCY = ROOT / "tools/benchmark/alm_latency.py"


def test_the_bound_on_new_tokens_is_the_modes_or_the_given_one(llms, monkeypatch):
    model = model_with(llms["qwen2"])
    bounds = []
    monkeypatch.setattr(
        model, "generate", lambda rows, mode, decoding, seeds: bounds.append(decoding.max_new_tokens) or [""]
    )
    speech = Speech(np.zeros(2000, np.float32), np.zeros((10, ACOUSTIC_WIDTH), np.float32))
    for given in (None, 5):
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, max_new_tokens=given)
        for mode in PROMPTS:
            recognizer.recognize([speech], mode)
    assert bounds == [MAX_NEW_TOKENS["explicit"], MAX_NEW_TOKENS["implicit"], 5, 5]


@pytest.mark.parametrize("limit", [None, 5])
def test_a_recognizer_with_other_reasons_is_as_if_built_with_them(llms, limit):
    model = model_with(llms["qwen2"])
    built = {
        reasons: C2SERRecognizer(model, PAPER_EMOTIONS, max_new_tokens=limit, reasons=reasons) for reasons in KINDS
    }
    for reasons, other in (KINDS, KINDS[::-1]):
        varied = built[reasons].varied(reasons=other)
        assert varied.identity() == built[other].identity() != built[reasons].identity()
        assert varied.needs == built[other].needs


def test_speech_embeddings_stand_for_audio(llms):
    recognizer = C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS, max_new_tokens=8)
    batch = speech_batch(*LENGTHS)
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    for mode in PROMPTS:
        embeddings = recognizer.perceive(speech)
        answers = recognizer.recognize([Speech()] * len(speech), mode, speech_embeddings=embeddings)
        assert answers == recognizer.recognize(speech, mode)
        others = recognizer.recognize(speech, mode, speech_embeddings=embeddings[::-1])
        assert [answer.text for answer in others] == [answer.text for answer in answers[::-1]]
        recognizer.recognize(speech, mode, speech_embeddings=[row[:0] for row in embeddings])  # no speech at all


def learn(model, batch, mode: str, *, texts) -> None:
    """Trains a model to answer a batch by these texts, whether they name an emotion or not."""
    tokens = [torch.tensor([*model.tokenizer(text, add_special_tokens=False).input_ids, 2]) for text in texts]
    answers = Answers(mode, tokens, [torch.zeros_like(row) for row in tokens])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(80):
        model(*batch, answers)["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()


def test_what_the_label_set_holds_is_not_generated_and_said_all_the_same(llms, monkeypatch):
    model = model_with(llms["llama"])
    batch = speech_batch(*LENGTHS)
    texts = [implicit_target(emotion, "en") for emotion in ("happy", "sad", "happy", "angry")] + ["Das will sie."]
    learn(model, batch, "implicit", texts=texts)
    assert model.generate(perceived(model, batch), "implicit", decoding=Decoding(24)) == texts

    counts = []
    monkeypatch.setattr(
        model,
        "generate",
        lambda rows, *rest, **more: counts.append(len(rows)) or type(model).generate(model, rows, *rest, **more),
    )
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    for decoding, generated in (({}, 1), ({"scores": True}, 1), ({"max_new_tokens": 3}, 5), ({"num_beams": 2}, 5)):
        counts.clear()
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, **decoding)
        said = [answer.text for answer in recognizer.recognize(speech, "implicit")]
        assert counts == [generated]
        bound = {name: decoding.get(name, value) for name, value in (("max_new_tokens", 24), ("num_beams", 1))}
        assert said == type(model).generate(model, perceived(model, batch), "implicit", decoding=Decoding(**bound))


def test_what_the_label_set_holds_ends_as_decoding_says(llms):
    """An answer is matched with the end mark of the decoding: with another one it is not what would be generated."""
    model = model_with(llms["qwen2"])
    batch = speech_batch(*LENGTHS)
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    generated = model.llm.generate(
        **batch_inputs(model.inputs(perceived(model, batch), "implicit")), max_new_tokens=6, do_sample=False
    )
    text, end = model.tokenizer.decode(generated[0, :5]), int(generated[0, 5])
    wording = dict.fromkeys(("en", "zh"), f"{text}{{emotion}}")
    for ends in ([end], []):
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, answers=wording, end_tokens=ends, max_new_tokens=12)
        said = [answer.text for answer in recognizer.recognize(speech, "implicit")]
        assert said == model.generate(perceived(model, batch), "implicit", decoding=Decoding(12, end_tokens=ends))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """Ten utterances of several languages, one of them unknown."""
    folder = tmp_path_factory.mktemp("data ü")
    rng = np.random.default_rng(0)
    tables: dict[str, dict[str, object]] = {name: {} for name in ("wav.scp", "utt2num_samples", "utt2lang")}
    acoustic = {}
    for number, length in enumerate(LENGTHS * 2):
        utt = f"utt{number}"
        soundfile.write(folder / f"{utt}.wav", rng.normal(scale=0.1, size=length), 16000)
        tables["wav.scp"][utt], tables["utt2num_samples"][utt] = folder / f"{utt}.wav", length
        acoustic[utt] = rng.normal(size=(10, ACOUSTIC_WIDTH)).astype(np.float32)
    tables["utt2lang"] = {f"utt{number}": language for number, language in enumerate(LANGUAGES * 2) if language}
    for name, table in tables.items():
        write_table(folder / name, table)
    kaldiio.save_ark(str(folder / "e.ark"), acoustic, scp=str(folder / "emotion2vec_s.scp"))
    return folder


def answer(model: C2SERModel, data_dir: Path, output_dir: Path, batch_samples: int, **decoding) -> dict[str, dict]:
    """The tables that inference writes, by name."""
    recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, **decoding)
    answer_data_dir(recognizer, data_dir, output_dir=output_dir, mode="implicit", batch_samples=batch_samples)
    return {path.name: read_table(path) for path in output_dir.iterdir() if path.is_file()}


def test_constrained_answers_are_those_of_the_label_set_in_each_utterances_language(llms, data_dir, tmp_path):
    model = model_with(llms["qwen2"])
    free = answer(model, data_dir, tmp_path / "free", 50000)
    assert INVALID in free["utt2emo"].values()  # random weights say nothing by themselves
    bound = answer(model, data_dir, tmp_path / "bound", 50000, constrained=True)
    languages = read_table(data_dir / "utt2lang")
    assert bound["utt2emo"].keys() == bound["utt2scores"].keys() == read_table(data_dir / "wav.scp").keys()
    for utt, emotion in bound["utt2emo"].items():
        assert emotion in PAPER_EMOTIONS
        languages.setdefault(utt, detect_language(bound["text"][utt]))  # the likelier one where it is not known
        assert bound["text"][utt] == implicit_target(emotion, languages[utt])
        scores = dict(entry.split("=") for entry in bound["utt2scores"][utt].split())
        assert list(scores) == list(PAPER_EMOTIONS)
        assert sum(map(float, scores.values())) == pytest.approx(1.0, abs=1e-5)
        assert emotion == max(scores, key=lambda name: float(scores[name]))
    assert len(set(bound["utt2emo"].values())) > 1


def test_where_the_language_is_not_known_scores_are_of_the_likelier_one(llms):
    """The answers of each language are scored by hand, one after another."""
    model = model_with(llms["qwen2"])
    batch = speech_batch(*LENGTHS)
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    chosen = set()
    for wording in (ANSWERS, {"en": "{emotion}", "zh": ANSWERS["zh"]}):
        recognitions = C2SERRecognizer(model, PAPER_EMOTIONS, constrained=True, answers=wording).recognize(
            speech, "implicit"
        )
        for heard, recognition in zip(perceived(model, batch), recognitions, strict=True):
            texts = {code: [implicit_target(name, code, answers=wording) for name in PAPER_EMOTIONS] for code in CODES}
            logs = {code: torch.tensor([likelihood(model, heard, text) for text in texts[code]]) for code in CODES}
            code = max(CODES, key=lambda code: float(logs[code].logsumexp(0)))
            assert list(recognition.scores.values()) == pytest.approx(logs[code].softmax(0).tolist(), abs=1e-4)
            assert recognition.text == implicit_target(recognition.emotion, code, answers=wording)
            chosen.add(code)
    assert chosen == set(CODES)


def likelihood(model: C2SERModel, heard: torch.Tensor, text: str) -> float:
    """Log-probability of an implicit answer and its end."""
    tokens = [*model.tokenizer(text, add_special_tokens=False).input_ids, model.tokenizer.eos_token_id]
    with torch.inference_mode():
        logits = model.logits([heard], "implicit", answers=[torch.tensor(tokens)], count=len(tokens) + 1)[0, :-1]
    return float(logits.log_softmax(1).gather(1, torch.tensor(tokens).unsqueeze(1)).sum())


def test_a_model_of_two_languages_answers_in_the_one_it_is_asked_for(llms):
    model = model_with(llms["llama"])
    batch = speech_batch(4000, 3000, 5000, 200, 2000)
    emotions = ("happy", "sad", "angry", "neutral", "fearful")
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(120):
        texts = [implicit_target(name, CODES[step % 2]) for name in emotions]
        model(*batch, answers(model, "implicit", *texts))["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()
    rows = [(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    asked = [*CODES, "de", None, "zh"]
    speech = [Speech(*row, answer_language=code) for row, code in zip(rows, asked, strict=True)]
    for options in ({}, {"scores": True}, {"constrained": True}, {"num_beams": 2}):
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, **options)
        together = recognizer.recognize(speech, "implicit")
        for item, answer, emotion in zip(speech, together, emotions, strict=True):
            language = item.answer_language or detect_language(answer.text)
            assert answer.text == implicit_target(emotion, language)
            assert recognizer.recognize([item], "implicit")[0].text == answer.text


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_reasons_begin_in_the_language_that_is_asked_for(llms, architecture):
    model = model_with(llms[architecture])
    batch = speech_batch(*LENGTHS)
    asked = [*CODES, "de", None, "zh"]
    speech = [
        Speech(row[:length].numpy(), tokens.numpy(), answer_language=code)
        for row, length, tokens, code in zip(*batch, asked, strict=True)
    ]
    for options in ({}, {"num_beams": 2}, {"temperature": 1.0}):
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, max_new_tokens=8, **options)
        together = [answer.text for answer in recognizer.recognize(speech, "explicit")]
        for item, text in zip(speech, together, strict=True):
            assert recognizer.recognize([item], "explicit")[0].text == text
            if item.answer_language is not None:
                targets = explicit_beginnings(language_of(item.answer_language).code)
                assert text[:1] in {target[0] for target in targets}, text


def test_a_language_cannot_be_asked_for_where_the_wording_is_not_known(llms):
    recognizer = C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS, answers={})
    speech = Speech(np.zeros(2000, np.float32), np.zeros((10, ACOUSTIC_WIDTH), np.float32), answer_language="en")
    for mode in MAX_NEW_TOKENS:
        with pytest.raises(InputError, match="^language 'en': the wording of the model's answers is not known, .*$"):
            recognizer.recognize([speech], mode)


def test_scores_leave_the_answers_as_they_are_and_batches_change_nothing(llms, data_dir, tmp_path):
    model = model_with(llms["qwen2"])
    free = answer(model, data_dir, tmp_path / "free", 50000)
    assert free.keys() == {"text", "utt2emo"}
    scored = answer(model, data_dir, tmp_path / "scored", 50000, scores=True)
    single = answer(model, data_dir, tmp_path / "single", 1, scores=True)
    assert {name: scored[name] for name in free} == free == {name: single[name] for name in free}
    assert answer(model, data_dir, tmp_path / "scored", 50000).keys() == free.keys()  # no scores of a run before
    for utt, line in scored["utt2scores"].items():
        one_by_one = single["utt2scores"][utt]
        numbers = [[float(entry.split("=")[1]) for entry in row.split()] for row in (line, one_by_one)]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-4)


def test_another_prompt_is_asked_in_both_modes(llms):
    batch = speech_batch(*LENGTHS)
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    said, identities = {}, set()
    for prompt in (None, "Who speaks?", ""):
        recognizer = C2SERRecognizer(model_with(llms["qwen2"]), PAPER_EMOTIONS, prompt=prompt, max_new_tokens=8)
        identities.add(str(recognizer.identity()))
        for mode in PROMPTS:
            said[prompt, mode] = [answer.text for answer in recognizer.recognize(speech, mode)]
    assert len(identities) == 3
    for prompt in ("Who speaks?", ""):
        assert said[prompt, "explicit"] == said[prompt, "implicit"] != said[None, "explicit"]
    assert said[None, "explicit"] != said[None, "implicit"]


REASONS = (
    {"levels": ("high", "low", "nan"), "transcript": "I am sad.", "language": "en"},
    {"levels": ("low", "medium", "high"), "transcript": "我很难过。", "language": "zh"},
    {"levels": ("medium",) * 3, "transcript": None, "language": None},
    {"levels": None, "transcript": "“愤怒”", "language": "zh"},
    {"levels": None, "transcript": None, "language": "de"},
)


def measured_speech(tokenizer) -> tuple[tuple, list[Speech], list[str]]:
    """A batch, with reasons, and what the answers have to begin with: the tokens that all conclusions share."""
    batch = speech_batch(*LENGTHS)
    rows = zip(*batch, REASONS, strict=True)
    speech = [
        Speech(row[:length].numpy(), tokens.numpy(), utterance=f"utt{length}", **known)
        for row, length, tokens, known in rows
    ]
    begun = []
    for item in speech:
        known = {"text": item.transcript, "language": item.language}
        levels = item.levels or ("nan",) * 3
        targets = [explicit_target(levels, emotion=emotion, **known) for emotion in PAPER_EMOTIONS]
        shared = commonprefix([tokenizer(target, add_special_tokens=False).input_ids for target in targets])
        begun.append(tokenizer.decode(shared).rstrip("\ufffd "))
        before, _ = explicit_parts(levels, **known)
        assert begun[-1] and before.startswith(begun[-1])
    return batch, speech, begun


@pytest.mark.parametrize("llm", ["llama", "qwen2"])  # sentencepiece, and a byte-level BPE
def test_measured_reasons_are_said_as_they_are_and_what_follows_is_the_models(llms, llm):
    model = model_with(llms[llm])
    batch, speech, begun = measured_speech(model.tokenizer)
    recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, reasons="measured", max_new_tokens=6)
    answers = recognizer.recognize(speech, "explicit")
    for item, heard, beginning, answer in zip(speech, alone(model, batch), begun, answers, strict=True):
        assert answer.text.startswith(beginning) and len(answer.text) > len(beginning)
        assert recognizer.recognize([item], "explicit")[0].text == answer.text
        # Greedy search, token by token, each time from the whole of what was said.
        said = model.tokenizer(beginning, add_special_tokens=False).input_ids
        start = len(said)
        for _ in range(6):
            logits = model.logits(heard, "explicit", answers=[torch.tensor(said)], count=1)
            said.append(int(logits.argmax()))
            if said[-1] == model.tokenizer.eos_token_id:
                break
        expected = model.tokenizer.decode(said[start - 1 :], skip_special_tokens=True).rstrip()
        conclusion, closing, _ = expected.partition("。" if item.language == "zh" else ".")
        assert f"{conclusion}{closing}".endswith(answer.text[len(beginning) :].lstrip())


def test_conclusions_after_measured_reasons_are_scored_and_bound_to_the_label_set(llms):
    model = model_with(llms["qwen2"])
    batch, speech, begun = measured_speech(model.tokenizer)
    recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, reasons="measured", constrained=True, answers={})
    answers = recognizer.recognize(speech, "explicit")
    for item, heard, beginning, answer in zip(speech, alone(model, batch), begun, answers, strict=True):
        known = {"text": item.transcript, "language": item.language}
        targets = [explicit_target(item.levels or ("nan",) * 3, emotion=emotion, **known) for emotion in PAPER_EMOTIONS]
        assert answer.text.startswith(beginning) and answer.text == targets[PAPER_EMOTIONS.index(answer.emotion)]
        logs = []  # of whole answers; what they share is of equal probability
        for target in targets:
            tokens = [*model.tokenizer(target, add_special_tokens=False).input_ids, model.tokenizer.eos_token_id]
            logits = model.logits(heard, "explicit", answers=[torch.tensor(tokens)], count=len(tokens) + 1)
            logs.append(logits[0, :-1].log_softmax(1).gather(1, torch.tensor(tokens)[:, None]).sum())
        assert list(answer.scores) == list(PAPER_EMOTIONS)
        assert list(answer.scores.values()) == pytest.approx(torch.stack(logs).softmax(0).tolist(), abs=1e-4)
        alone_again = recognizer.recognize([item], "explicit")[0]
        assert alone_again.text == answer.text and alone_again.scores == pytest.approx(answer.scores, abs=1e-4)
    assert len({answer.emotion for answer in answers}) > 1


@pytest.mark.parametrize("talk", [("",) * 5, (" The pitch is low.", "音调较低。", "", "", "")])
def test_the_answer_ends_with_the_conclusion_matched_or_generated(llms, monkeypatch, talk):
    model = model_with(llms["llama"])
    batch, speech, begun = measured_speech(model.tokenizer)
    emotions = ("happy", "sad", "angry", "neutral", "fearful")
    texts = [
        explicit_target(item.levels or ("nan",) * 3, text=item.transcript, emotion=emotion, language=item.language)
        for item, emotion in zip(speech, emotions, strict=True)
    ]
    learned = [f"{text}{more}" for text, more in zip(texts, talk, strict=True)]
    learn(model, batch, "explicit", texts=learned)
    model.eval()
    said = {}
    for num_beams in (2, 1):
        recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, reasons="measured", num_beams=num_beams)
        said[num_beams] = [(answer.text, answer.emotion) for answer in recognizer.recognize(speech, "explicit")]
        if not any(talk):  # with one beam nothing is left to generate
            monkeypatch.setattr(model, "generate", lambda *_, **options: pytest.fail("generated"))
    assert said[1] == said[2] == list(zip(texts, emotions, strict=True))


@pytest.fixture(scope="module")
def deeper_llm(llms, tmp_path_factory) -> str:
    """A language model in which the rounding of bfloat16 changes answers from batch to batch."""
    folder = tmp_path_factory.mktemp("deeper")
    tokenizer = AutoTokenizer.from_pretrained(llms["qwen2"])
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4}
    torch.manual_seed(0)
    config = Qwen2Config(**sizes, num_key_value_heads=2, vocab_size=len(tokenizer), initializer_range=0.15)
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return str(folder)


def test_in_float32_a_model_in_bfloat16_answers_the_same_in_any_batch(deeper_llm):
    batch = speech_batch(*LENGTHS, *range(1000, 20000, 1700))
    speech = [Speech(row[:length].numpy(), tokens.numpy()) for row, length, tokens in zip(*batch, strict=True)]
    model = model_with(deeper_llm, llm_dtype="bfloat16")
    weights = [weight.clone() for weight in model.llm.parameters()]
    before = C2SERRecognizer(model, PAPER_EMOTIONS).identity()
    recognizer = C2SERRecognizer(model, PAPER_EMOTIONS, llm_float32=True, max_new_tokens=24)
    assert recognizer.identity()["llm_dtype"] != before["llm_dtype"]
    for weight, rounded in zip(model.llm.parameters(), weights, strict=True):
        assert weight.dtype == torch.float32 and torch.equal(weight, rounded.float())
    together = model.logits(perceived(model, batch), "explicit", count=1)
    single = torch.cat([model.logits(row, "explicit", count=1) for row in alone(model, batch)])
    torch.testing.assert_close(together, single, atol=1e-3, rtol=0)  # in bfloat16 the difference was 0.08
    for mode in PROMPTS:
        texts = [answer.text for answer in recognizer.recognize(speech, mode)]
        assert texts == [recognizer.recognize([item], mode)[0].text for item in speech]


def test_benchmark_of_latency_compares_each_system_with_explicit_answers(llms, data_dir, monkeypatch, capsys):
    model = model_with(llms["qwen2"])
    monkeypatch.setattr(C2SERRecognizer, "load", lambda *_: C2SERRecognizer(model, PAPER_EMOTIONS, max_new_tokens=9))
    options = ["--model", "e", "i", "--data_dir", str(data_dir), "--utterances", "2", "--batch_seconds", "2"]
    runpy.run_path(str(LATENCY))["main"]([*options, "--threads", str(torch.get_num_threads())])
    table = capsys.readouterr().out.split("\n\n")[1].splitlines()[2:]
    rows = {line[:22].strip(): [float(value) for value in line[22:].split()] for line in table}
    assert list(rows) == ["explicit", "implicit", "implicit, constrained"]
    assert rows["explicit"][2] == rows["explicit"][4] == 1.0
    assert all(value > 0 for row in rows.values() for value in row)
