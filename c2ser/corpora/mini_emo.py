"""mini_emo, the built-in corpus: eSpeak NG speaks short English and Mandarin sentences with seven emotions.

Synthetic speech, for checking the pipeline, not for claims about emotion. Each attribute of an utterance is drawn from
a normal distribution around its emotion's mean (`synthesis.plans.MEANS`), relative to the speaker's own habits, so that
the emotions overlap in every single attribute; the words give the emotion away in 40 % of the utterances.

On disk, as `speak_corpus` writes it: ``SOURCE_DIR/mini_emo/wav/<speaker>/<utterance>.wav``, and `TABLE`.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from c2ser.corpora.common.corpus import Corpus, Speaker
from c2ser.data.files import atomic_write
from c2ser.data.label_maps import OWN, LabelMap
from c2ser.data.names import UTT2EMO
from c2ser.data.tables import write_table
from c2ser.data.utterance import Utterance
from c2ser.emotions import PAPER_EMOTIONS
from c2ser.errors import InputError
from c2ser.synthesis.plans import NUM_UTTS, Plan, choose_unlabelled, plan_utterances
from c2ser.synthesis.speakers import SPEAKERS
from c2ser.synthesis.speaking import speak_plans

SETS = ("train", "unlabelled", "dev", "test")
TABLE = Path("mini_emo", "utterances.tsv")
FIELDS = ("id", "set", "speaker", "language", "emotion", "text")
UNLABELLED = "unlabelled"


def speak_corpus(source_dir: Path, num_utts: int = NUM_UTTS, *, seed: int = 0, nj: int = 2) -> None:
    """Speaks the corpus into ``source_dir/mini_emo``.

    A third of the training utterances belong to the set ``unlabelled``. The same seed results in the same bytes
    whatever ``nj`` is.

    Args:
        source_dir: receives ``mini_emo/wav/<speaker>/<utterance>.wav`` (16 kHz, mono, 16 bits) and the table.
        num_utts: utterances in all sets together.
        seed: of words, attributes and noise.
        nj: utterances spoken at a time.

    Raises:
        InputError: there are too few utterances, or the seed or ``nj`` is out of range.
    """
    plans = plan_utterances(num_utts, seed)
    speak_plans(plans, {plan.id: _wav(source_dir, plan.speaker, plan.id) for plan in plans}, nj=nj)
    _write_table(source_dir / TABLE, plans, choose_unlabelled(plans, seed))


def read(source_dir: Path, *sets: str) -> Iterator[Utterance]:
    """Yields the utterances of mini_emo; those of ``unlabelled`` have no emotion.

    Args:
        source_dir: the folder that holds ``mini_emo/``.
        sets: names of `SETS`; by default all.

    Raises:
        InputError: the corpus has not been spoken yet.
    """
    for row in _rows(source_dir):
        if not sets or row["set"] in sets:
            yield Utterance(
                id=row["id"],
                wav=_wav(source_dir, row["speaker"], row["id"]),
                speaker=row["speaker"],
                emotion=None if row["set"] == UNLABELLED else row["emotion"],
                text=row["text"],
                language=row["language"],
                gender=CORPUS.speakers[row["speaker"]].sex,
                corpus=CORPUS.name,
            )


def write_reference(source_dir: Path, output_dir: Path, *, label_map: LabelMap = OWN) -> None:
    """Writes the true emotions of the set ``unlabelled``, which no training reads, to check pseudo-labels with.

    Args:
        source_dir: the folder that holds ``mini_emo/``.
        output_dir: receives the table of emotions.
        label_map: which emotion a label becomes; utterances whose label is left out have no line.
    """
    rows = (row for row in _rows(source_dir) if row["set"] == UNLABELLED)
    emotions = {row["id"]: label_map.of_emotion(row["emotion"]) for row in rows}
    write_table(output_dir / UTT2EMO, {utterance: emotion for utterance, emotion in emotions.items() if emotion})


def _wav(source_dir: Path, speaker: str, utterance: str) -> Path:
    return source_dir.resolve() / "mini_emo" / "wav" / speaker / f"{utterance}.wav"


def _write_table(path: Path, plans: Sequence[Plan], unlabelled: set[str]) -> None:
    with atomic_write(path) as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(FIELDS)
        for plan in plans:
            name = UNLABELLED if plan.id in unlabelled else plan.set
            writer.writerow((plan.id, name, plan.speaker, plan.language, plan.emotion, plan.text))


def _rows(source_dir: Path) -> Iterator[dict[str, str]]:
    path = source_dir / TABLE
    if not path.is_file():
        raise InputError(f"{path}: no such file; python -m c2ser.bin.speak_mini_emo speaks the corpus")
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


CORPUS = Corpus(
    name="mini_emo",
    title="mini_emo, synthetic emotional speech",
    paper="none",
    licence="Apache-2.0, as c2ser",
    access="python -m c2ser.bin.speak_mini_emo speaks it",
    url="",
    languages=("en", "zh"),
    labels={emotion: emotion for emotion in PAPER_EMOTIONS},
    read=read,
    sets=SETS,
    speakers={name: Speaker(voice.gender) for group in SPEAKERS.values() for name, voice in group.items()},
    protocols={"official": 1},
    utterances=NUM_UTTS,
    num_speakers=sum(map(len, SPEAKERS.values())),
)
