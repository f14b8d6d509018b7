"""Text teachers: a classifier trained on transcripts, or a chat model. Both see the transcript only."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from c2ser.data.transcripts import read_languages, read_texts
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, language_of
from c2ser.lm.chat import ChatModel
from c2ser.pseudo_label.teacher import Answers, Teacher, check_labels, chunks, most_probable, read_labels
from c2ser.systems.transcript import question, text_classifier


def classifier_teacher(train_dir: str | Path) -> Teacher:
    """Trains `text_classifier` on the labelled utterances that have a transcript.

    Raises:
        InputError: here or on a call: there are no transcripts, or labels of fewer than two emotions.
    """
    texts = _read_texts(Path(train_dir))
    labels = {utt: emotion for utt, emotion in read_labels(train_dir).items() if utt in texts}
    check_labels(labels, f"{train_dir}: with a transcript")
    classifier = text_classifier().fit([texts[utt] for utt in labels], list(labels.values()))

    def classify(data_dir: Path) -> Answers:
        answers: Answers = {}
        for chunk in chunks(_read_texts(data_dir).items()):
            utts, texts = zip(*chunk)
            answers |= most_probable(utts, classifier.predict_proba(texts), emotions=classifier.classes_.tolist())
        return answers

    return classify


def llm_teacher(model: ChatModel, prompts: Mapping[str, str], *, emotions: Sequence[str]) -> Teacher:
    """Asks a chat model for one of the emotions, in the language that an utterance (``utt2lang``) is answered in.

    Args:
        model: the chat model.
        prompts: what `read_prompts` returns.
        emotions: the label set.

    Raises:
        InputError: on a call: there are no transcripts, or the model cannot be reached.
    """

    def classify(data_dir: Path) -> Answers:
        texts, languages = _read_texts(data_dir), read_languages(data_dir)
        answers: Answers = {}
        for code, language in LANGUAGES.items():
            words = [language.emotions[emotion] for emotion in emotions]
            utts = [utt for utt in texts if language_of(languages.get(utt)) is language]
            for chunk in chunks(utts):
                conversations = [question(prompts[code], words, text=texts[utt]) for utt in chunk]
                answers |= most_probable(chunk, model.probabilities(conversations, words), emotions=emotions)
        return answers

    return classify


def _read_texts(data_dir: Path) -> dict[str, str]:
    texts = read_texts(data_dir)
    if not texts:
        raise InputError(
            f"{data_dir}: no transcript in text or text_asr, which the text teacher needs; add transcripts, or leave "
            "the teacher out with --text none"
        )
    return texts
