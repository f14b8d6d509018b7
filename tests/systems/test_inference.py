"""Inference over a set: resumable, with the bytes of an uninterrupted run, on features of the right encoder only."""

import os
from collections.abc import Sequence
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile

from c2ser.data.provenance import Provenance, write_provenance
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.systems.given_features import GivenFeatures
from c2ser.systems.inference import answer_data_dir
from c2ser.systems.recognizer import AUDIO, EMOTION2VEC_S, LEVELS, TRANSCRIPT, Recognition, Speech

LENGTHS = {f"utt{number}": 2000 + 500 * number for number in range(7)}
ONE = Provenance("1" * 32, "utterance", "float32", "exp/one")
TWO = Provenance("2" * 32, "utterance", "float32", "exp/two")


class PeakRecognizer:
    """Answers by the peaks of waveform and tokens."""

    needs = frozenset({AUDIO, EMOTION2VEC_S})
    emotions = ["happy", "sad"]

    def __init__(self, encoder: Provenance | None = None):
        self.encoder = encoder
        self.answered: list[str] = []
        self.fail_after: int | None = None

    def identity(self) -> dict[str, str]:
        return {"system": "peak"}

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        if self.fail_after == len(self.answered):
            raise KeyboardInterrupt
        self.answered += [speech.utterance for speech in batch]
        return [self._answer(speech, mode) for speech in batch]

    def _answer(self, speech: Speech, mode: str) -> Recognition:
        share = float(np.abs(speech.audio).max()) / 2 + float(np.abs(speech.emotion2vec_s).max()) / 8
        emotion = [None, "happy", "sad"][int(speech.utterance[-1]) % 3]
        return Recognition(emotion, f"{mode}\n {share:.4f} é", {"happy": share, "sad": 1 - share})


@pytest.fixture
def data_dir(tmp_path) -> Path:
    folder, rng = tmp_path / "set", np.random.default_rng(0)
    folder.mkdir()
    for utt, length in LENGTHS.items():
        soundfile.write(folder / f"{utt}.wav", rng.uniform(-0.5, 0.5, length), 16000)
    write_table(folder / "wav.scp", {utt: folder / f"{utt}.wav" for utt in LENGTHS})
    write_table(folder / "utt2num_samples", LENGTHS)
    tokens = {utt: rng.normal(size=(10, 4)).astype(np.float32) for utt in LENGTHS}
    kaldiio.save_ark(str(folder / "e.ark"), tokens, scp=str(folder / "emotion2vec_s.scp"))
    return folder


def answers(recognizer: PeakRecognizer, data_dir: Path, output_dir: Path, **options) -> dict[str, bytes]:
    """Returns the bytes of all files."""
    options = {"mode": "explicit", "batch_samples": 9000, **options}
    answer_data_dir(recognizer, data_dir, output_dir=output_dir, **options)
    return {path.name: path.read_bytes() for path in output_dir.rglob("*") if path.is_file()}


def test_answers_are_sorted_and_on_one_line_each(data_dir, tmp_path):
    recognizer = PeakRecognizer()
    answers(recognizer, data_dir, tmp_path / "out")
    assert recognizer.answered[0] == "utt6"  # the longest first
    texts, emotions = (read_table(tmp_path / "out" / name) for name in ("text", "utt2emo"))
    assert list(texts) == list(emotions) == sorted(LENGTHS)
    assert texts["utt0"].startswith("explicit 0.") and texts["utt0"].endswith(" é")
    assert list(emotions.values()) == ["<invalid>", "happy", "sad", "<invalid>", "happy", "sad", "<invalid>"]
    happy, sad = (float(pair.partition("=")[2]) for pair in read_table(tmp_path / "out" / "utt2scores")["utt0"].split())
    assert happy + sad == pytest.approx(1.0, abs=1e-5)


def test_after_an_interruption_at_most_a_batch_is_answered_again_and_the_bytes_are_the_same(data_dir, tmp_path):
    whole = PeakRecognizer()
    expected = answers(whole, data_dir, tmp_path / "whole")
    recognizer = PeakRecognizer()
    recognizer.fail_after = 3
    with pytest.raises(KeyboardInterrupt):
        answers(recognizer, data_dir, tmp_path / "out")
    assert len(recognizer.answered) == 3 and not (tmp_path / "out" / "utt2emo").exists()
    recognizer.fail_after = None
    assert answers(recognizer, data_dir, tmp_path / "out") == expected
    assert recognizer.answered == whole.answered


def test_other_modes_features_audio_and_languages_are_answered_anew(data_dir, tmp_path):
    recognizer = PeakRecognizer()
    options = {"journal": tmp_path / "journals" / "1.jsonl"}
    answers(recognizer, data_dir, tmp_path / "out", **options)
    answers(recognizer, data_dir, tmp_path / "out", **options)
    assert len(recognizer.answered) == 7
    answers(recognizer, data_dir, tmp_path / "out", mode="implicit", **options)
    assert len(recognizer.answered) == 14
    os.utime(data_dir / "utt3.wav", ns=(0, 0))
    write_table(data_dir / "utt2lang", {"utt5": "de"})
    answers(recognizer, data_dir, tmp_path / "out", **options)
    assert sorted(recognizer.answered[14:]) == ["utt3", "utt5"]
    os.utime(data_dir / "e.ark", ns=(0, 0))
    answers(recognizer, data_dir, tmp_path / "out", **options)
    assert len(recognizer.answered) == 23


def test_a_given_language_is_that_of_all_and_is_answered_in(data_dir, tmp_path):
    write_table(data_dir / "utt2lang", {"utt5": "zh"})
    recognizer = PeakRecognizer()
    given: list[tuple[str, str | None, str | None]] = []
    recognize = recognizer.recognize

    def noted(batch, mode):
        given.extend((speech.utterance, speech.language, speech.answer_language) for speech in batch)
        return recognize(batch, mode)

    recognizer.recognize = noted
    options = {"journal": tmp_path / "journals" / "1.jsonl"}
    answers(recognizer, data_dir, tmp_path / "out", **options)
    assert sorted(given) == [(utt, "zh" if utt == "utt5" else None, None) for utt in sorted(LENGTHS)]
    given.clear()
    answers(recognizer, data_dir, tmp_path / "out", language="en", **options)
    assert sorted(given) == [(utt, "en", "en") for utt in sorted(LENGTHS)]


def test_label_sets_of_corpora_reach_utterances_and_what_they_change_is_answered_anew(data_dir, tmp_path):
    recognizer, heard = PeakRecognizer(), {}
    recognize = recognizer.recognize
    recognizer.recognize = lambda batch, mode: (
        heard.update({speech.utterance: speech.emotions for speech in batch}) or recognize(batch, mode)
    )
    write_table(data_dir / "utt2corpus", {utt: "ab"[number % 2] for number, utt in enumerate(LENGTHS)})
    table = tmp_path / "corpus_emotions"
    for sad, number in (("sad", 7), ("sad", 7), ("happy", 10)):
        table.write_text(f"a happy sad\nb {sad}\n")
        answers(recognizer, data_dir, tmp_path / "out", corpus_emotions=table)
        assert len(recognizer.answered) == number
        assert heard == {utt: [("happy", "sad"), (sad,)][number % 2] for number, utt in enumerate(LENGTHS)}


def test_features_of_another_encoder_are_refused(data_dir, tmp_path):
    scp = data_dir / "emotion2vec_s.scp"
    with pytest.raises(InputError, match="emotion2vec_s.json: no such file.*c2ser.bin.extract_emotion2vec"):
        answers(PeakRecognizer(ONE), data_dir, tmp_path / "out")
    write_provenance(scp, TWO)
    with pytest.raises(InputError, match=r"emotion2vec_s.scp: of exp/two .*, but the model was trained with exp/one"):
        answers(PeakRecognizer(ONE), data_dir, tmp_path / "out")
    assert answers(PeakRecognizer(TWO), data_dir, tmp_path / "out")
    assert answers(PeakRecognizer(), data_dir, tmp_path / "other")


def test_given_features_are_used_instead(data_dir, tmp_path):
    (data_dir / "npy").mkdir()
    given = GivenFeatures(data_dir / "npy", 4, encoder=ONE)
    for utt in LENGTHS:
        tokens = np.full((10, 4), 1.0 + int(utt[-1])) if utt != "utt6" else np.zeros((9, 4))
        np.save(given.path(utt), tokens)
    with pytest.raises(InputError, match=r"utt6.npy: of shape \(9, 4\); give the utterance's tokens"):
        answers(PeakRecognizer(ONE), data_dir, tmp_path / "out", features=given)
    given.path("utt6").unlink()
    with pytest.raises(InputError, match="npy: no features of utterance 'utt6'; put its tokens there"):
        answers(PeakRecognizer(ONE), data_dir, tmp_path / "out", features=given)
    np.save(given.path("utt6"), np.zeros((10, 4)))
    with pytest.raises(InputError, match="npy: of exp/one .*, but the model was trained with exp/two"):
        answers(PeakRecognizer(TWO), data_dir, tmp_path / "out", features=given)
    (data_dir / "emotion2vec_s.scp").unlink()
    recognizer = PeakRecognizer(ONE)
    answers(recognizer, data_dir, tmp_path / "out", features=given)
    shares = {utt: float(text.split()[1]) for utt, text in read_table(tmp_path / "out" / "text").items()}
    assert 0.5 < shares["utt3"] - shares["utt6"] + 0.25 < 1.0  # 4 / 8, and a little of the audio
    np.save(given.path("utt3"), np.zeros((10, 4)))
    answers(recognizer, data_dir, tmp_path / "out", features=given)
    assert recognizer.answered[7:] == ["utt3"]


def test_a_set_of_audio_alone_is_told_how_features_are_made(data_dir, tmp_path):
    for path in data_dir.iterdir():
        if path.name != "wav.scp" and path.suffix != ".wav":
            path.unlink()
    for encoder, name in ((ONE, "exp/one"), (None, "ENCODER")):
        with pytest.raises(InputError, match=f"s.scp: no such file; .*extract_emotion2vec --model {name} --data_dir"):
            answers(PeakRecognizer(encoder), data_dir, tmp_path / "out")


def test_missing_features_and_bad_audio(data_dir, tmp_path):
    (data_dir / "utt3.wav").write_bytes(b"not audio")
    with pytest.raises(InputError, match="wav.scp:4: 'utt3': .*not audio"):
        answers(PeakRecognizer(), data_dir, tmp_path / "out")
    answers(PeakRecognizer(), data_dir, tmp_path / "out", skip_bad=True)
    assert read_table(tmp_path / "out" / "utt2emo").keys() == LENGTHS.keys() - {"utt3"}
    assert read_table(tmp_path / "out" / "skipped").keys() == {"utt3"}
    table = read_table(data_dir / "emotion2vec_s.scp")
    write_table(data_dir / "emotion2vec_s.scp", {utt: place for utt, place in table.items() if utt != "utt6"})
    with pytest.raises(InputError, match="no features of utterance 'utt6'"):
        answers(PeakRecognizer(), data_dir, tmp_path / "out")


class TellingRecognizer(PeakRecognizer):
    """Answers by what is known of the utterances."""

    needs = frozenset({AUDIO, EMOTION2VEC_S, TRANSCRIPT, LEVELS})
    thresholds = None

    def _answer(self, speech: Speech, mode: str) -> Recognition:
        return Recognition(None, f"{speech.levels} {speech.transcript} {speech.language}")


def test_levels_and_words_go_to_those_that_need_them_and_are_answered_anew_where_they_change(data_dir, tmp_path):
    with pytest.raises(InputError, match="attribute_levels: no such file"):
        answers(TellingRecognizer(), data_dir, tmp_path / "out")
    write_table(data_dir / "attribute_levels", dict.fromkeys(LENGTHS, "low nan high"))
    write_table(data_dir / "text", {"utt1": "One."})
    write_table(data_dir / "text_asr", {"utt1": "won", "utt2": "too"})
    recognizer = TellingRecognizer()
    answers(recognizer, data_dir, tmp_path / "out")
    levels = ("low", "nan", "high")
    texts = read_table(tmp_path / "out" / "text")
    assert [texts[f"utt{n}"] for n in range(4)] == [f"{levels} {words} None" for words in (None, "One.", "too", None)]
    write_table(
        data_dir / "attribute_levels", {utt: "low nan high" if utt != "utt5" else "low low low" for utt in LENGTHS}
    )
    write_table(data_dir / "text_asr", {"utt2": "two"})
    answers(recognizer, data_dir, tmp_path / "out")
    assert sorted(recognizer.answered[7:]) == ["utt2", "utt5"]
    assert read_table(tmp_path / "out" / "text")["utt5"] == "('low', 'low', 'low') None None"
    plain = PeakRecognizer()
    answers(plain, data_dir, tmp_path / "plain")
    write_table(data_dir / "text", {"utt1": "Two."})
    answers(plain, data_dir, tmp_path / "plain")
    assert len(plain.answered) == 7  # what does not need them does not ask
