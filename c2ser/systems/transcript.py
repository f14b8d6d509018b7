"""Recognizers that see the words alone: what a transcript tells without the voice, the floor of systems that listen.

The transcript is that of a corpus or a recogniser's, so that with ``transcribe`` this is the cascade of Whisper and a
text classifier or a chat model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from c2ser.data.fingerprint import fingerprint
from c2ser.data.names import UTT2EMO
from c2ser.data.tables import read_table
from c2ser.data.transcripts import read_texts
from c2ser.emotions import EMOTIONS
from c2ser.errors import InputError
from c2ser.languages import LANGUAGES, language_of
from c2ser.lm.chat import load_chat_model
from c2ser.lm.chat.model import ChatModel
from c2ser.settings import read_settings
from c2ser.systems.recognition import Recognition
from c2ser.systems.recognizer import TRANSCRIPT, Speech
from c2ser.systems.restriction import most_probable

MAX_NGRAMS = 200_000


class TranscriptClassifier:
    """Answers by a classifier of characters that is trained on a set's transcripts when it is loaded, in seconds.

    Args:
        texts: transcripts to train on.
        labels: their emotions.

    Example:
        >>> recognizer = TranscriptClassifier(["go away", "i miss you"], ["angry", "sad"])
        >>> recognizer.recognize([Speech(transcript="away")], "implicit")[0].emotion
        'angry'
    """

    needs = frozenset({TRANSCRIPT})
    encoder = None
    thresholds = None

    def __init__(self, texts: Sequence[str], labels: Sequence[str]):
        self.emotions = tuple(emotion for emotion in EMOTIONS if emotion in labels)
        self.classifier = text_classifier().fit(texts, labels)
        self._trained_on = fingerprint(list(texts), list(labels))

    @classmethod
    def load(cls, model: str, *, device: str = "cpu") -> "TranscriptClassifier":
        """Trains on the labelled utterances of a data directory that have a transcript.

        Args:
            model: the data directory.
            device: plays no part.

        Raises:
            InputError: there are fewer than two emotions among them.
        """
        texts = read_texts(model)
        labels = {utt: emotion for utt, emotion in read_table(Path(model) / UTT2EMO).items() if utt in texts}
        if (count := len(set(labels.values()))) < 2:
            raise InputError(
                f"{model}: {len(labels)} labelled utterances with a transcript, of {count} emotions; a text classifier "
                "needs at least two emotions"
            )
        return cls([texts[utt] for utt in labels], list(labels.values()))

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch; the mode plays no part. Without a transcript the emotions have their prior probabilities."""
        rows = self.classifier.predict_proba([speech.transcript or "" for speech in batch]).tolist()
        scores = (dict(zip(self.classifier.classes_.tolist(), row, strict=True)) for row in rows)
        ordered = [{emotion: own[emotion] for emotion in self.emotions} for own in scores]
        return [most_probable(own, speech) for own, speech in zip(ordered, batch, strict=True)]

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {"system": "text", "trained_on": self._trained_on}


class ChatRecognizer:
    """Asks a chat model which emotion the words suggest, in the language of the words; it has heard nothing.

    Args:
        model: the chat model.
        emotions: the label set.
        prompts: what `read_prompts` returns.
        name: of the model.

    Example:
        >>> options = {"emotions": ["angry", "sad"], "prompts": read_prompts("prompts.yaml")}  # doctest: +SKIP
        >>> recognizer = ChatRecognizer.load("Qwen/Qwen2-7B-Instruct", **options)  # doctest: +SKIP
        >>> recognizer.recognize([Speech(transcript="Go away!")], "implicit")[0].emotion  # doctest: +SKIP
        'angry'
    """

    needs = frozenset({TRANSCRIPT})
    encoder = None
    thresholds = None

    def __init__(self, model: ChatModel, emotions: Sequence[str], *, prompts: Mapping[str, str], name: str):
        self.model, self.emotions, self.prompts, self.name = model, tuple(emotions), dict(prompts), name

    @classmethod
    def load(
        cls,
        model: str,
        *,
        emotions: Sequence[str],
        prompts: Mapping[str, str],
        url: str | None = None,
        cache_dir: str | None = None,
        device: str = "cpu",
    ) -> "ChatRecognizer":
        """Loads a chat model; see `load_chat_model`."""
        chat = load_chat_model(model, url, cache_dir=cache_dir, device=device)
        return cls(chat, emotions, prompts=prompts, name=f"{model} {url or ''}".strip())

    def recognize(self, batch: Sequence[Speech], mode: str) -> list[Recognition]:
        """Answers a batch; the mode plays no part. Without a transcript there is no emotion."""
        found = [Recognition(None, "") for _ in batch]
        for code, language in LANGUAGES.items():
            own = [
                place
                for place, speech in enumerate(batch)
                if speech.transcript and language_of(speech.language) is language
            ]
            if own:
                words = [language.emotions[emotion] for emotion in self.emotions]
                asked = [question(self.prompts[code], words, text=batch[place].transcript or "") for place in own]
                rows = self.model.probabilities(asked, words).tolist()
                for place, row in zip(own, rows, strict=True):
                    found[place] = most_probable(dict(zip(self.emotions, row, strict=True)), batch[place])
        return found

    def identity(self) -> Mapping[str, Any]:
        """Returns what its answers depend on besides the input."""
        return {"system": "chat", "model": self.name, "emotions": self.emotions, "prompts": self.prompts}


def text_classifier() -> Pipeline:
    """Returns the untrained classifier: logistic regression on character 1- to 4-grams, which suits any language.

    Only the most frequent n-grams are kept, so that the classifier's size is bounded.
    """
    ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, max_features=MAX_NGRAMS)
    return make_pipeline(ngrams, LogisticRegression(C=10, max_iter=2000))


def read_prompts(path: str | Path) -> dict[str, str]:
    """Reads a YAML file of one prompt per language, each with the placeholders ``{emotions}`` and ``{text}``.

    Raises:
        InputError: a prompt or a placeholder is missing.
    """
    prompts = read_settings(path)
    for language in LANGUAGES:
        prompt = prompts.get(language)
        if not isinstance(prompt, str) or not all(place in prompt for place in ("{emotions}", "{text}")):
            raise InputError(f"{path}: {language}: needs a prompt with {{emotions}} and {{text}}")
    return prompts


def question(prompt: str, words: Sequence[str], *, text: str) -> list[dict[str, str]]:
    """Returns the conversation that asks for the emotion of a transcript.

    Args:
        prompt: of its language, with the placeholders.
        words: the label set in this language.
        text: the transcript.

    Example:
        >>> question("{text}: {emotions}?", ["angry", "sad"], text="Go!")
        [{'role': 'user', 'content': 'Go!: angry, sad?'}]
    """
    return [{"role": "user", "content": prompt.replace("{emotions}", ", ".join(words)).replace("{text}", text)}]
