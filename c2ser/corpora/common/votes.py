"""What each listener of a corpus chose, from the tables that corpora publish, as votes.

Each listener has one vote. Where a listener chose several emotions the vote is shared among them, and what is chosen
outside the vocabulary, such as contempt or "other", takes its share with it.

References:
    H. Cao et al., "CREMA-D: Crowd-sourced emotional multimodal actors dataset", IEEE Trans. Affective Computing 2014.
    C. Busso et al., "IEMOCAP: Interactive emotional dyadic motion capture database", 2008.
    C. Busso et al., "The MSP-Podcast corpus", 2025 (arXiv 2509.09791).
    J. Zhao et al., "M3ED: Multi-modal multi-scene multi-label emotional dialogue database", ACL 2022.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from c2ser.corpora.common.annotations import read_json
from c2ser.corpora.common.labels import find_label
from c2ser.data.utterance import Utterance
from c2ser.data.votes import Votes, map_votes
from c2ser.errors import InputError

OWNERS = "its owners"

VotesByFile = Mapping[str, Votes]  # name of an audio file, without its suffix -> votes

CREMAD_TABLE = "processedResults/tabulatedVotes.csv"
CREMAD_VOICE = 1  # query type: the voice alone; 2 is the face alone, 3 both
CREMAD_LETTERS = {"A": "angry", "D": "disgusted", "F": "fearful", "H": "happy", "N": "neutral", "S": "sad"}
IEMOCAP_TURN = re.compile(r"\[[\d. ]+-[\d. ]+\]\s+(\S+)\s")
IEMOCAP_RATER = re.compile(r"C-E\d+:([^()]*)")
IEMOCAP_WORDS = {"neutral state": "neutral"}
M3ED_TABLE = "annotation.json"
MSPPODCAST_TABLES = ("Labels/labels_detailed.csv", "Labels/labels_detailed.json", "label/labels_detailed.json")


def read_cremad_votes(source_dir: Path) -> VotesByFile:
    """Reads the votes on CREMA-D's voices.

    Its raters were given the voice alone, the face alone, or both. Only the first judged what a model of audio is
    given. The others often disagree with them: the majority on the voice is that on the face in 45 % of the clips, and
    that on both in 51 %, so that their votes would teach what is not in the audio.

    Args:
        source_dir: the folder that holds ``processedResults/``, or its audio's.

    Example:
        >>> read_cremad_votes(Path("CREMA-D"))["1001_IEO_HAP_LO"]  # doctest: +SKIP
        {'happy': 3, 'neutral': 6}
    """
    path = _find(source_dir, CREMAD_TABLE)
    votes: dict[str, Votes] = {}
    for number, row in _rows(path):
        try:
            if int(row[""]) // 100_000 == CREMAD_VOICE:
                counts = {emotion: int(row[letter]) for letter, emotion in CREMAD_LETTERS.items()}
                votes[row["fileName"]] = {emotion: count for emotion, count in counts.items() if count}
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}:{number}: not CREMA-D's votes ({error!r}); get the table again") from None
    return votes


def read_iemocap_votes(source_dir: Path) -> VotesByFile:
    """Reads the votes of IEMOCAP's evaluators, lines ``C-E1:`` and so on; the actors' views of themselves do not count.

    Evaluators saw the video too.

    Args:
        source_dir: the folder that holds ``Session1/`` and so on, or one above.
    """
    chosen: dict[str, list[list[str]]] = defaultdict(list)
    for path in sorted(source_dir.rglob("EmoEvaluation/Ses*.txt")):
        turn = None
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if found := IEMOCAP_TURN.match(line):
                turn = found[1]
            elif found := IEMOCAP_RATER.match(line):
                if turn is None:
                    raise InputError(f"{path}: an evaluator's line before any turn; get the corpus again")
                chosen[turn].append(found[1].split(";"))
    return {turn: rater_votes(words, IEMOCAP_WORDS) for turn, words in chosen.items()}


def read_m3ed_votes(source_dir: Path) -> VotesByFile:
    """Reads the votes of M3ED's three annotators, who saw the video too and may name several emotions.

    Args:
        source_dir: the folder that holds ``annotation.json``, or its audio's.
    """
    path = _find(source_dir, M3ED_TABLE)
    votes: dict[str, Votes] = {}
    try:
        for series in (read_json(path, site=OWNERS) if path else {}).values():
            for dialogue in series.values():
                for name, turn in dialogue["Dialog"].items():
                    raters = [text.split(",") for key, text in turn["EmoAnnotation"].items() if "EmoAnnotator" in key]
                    votes[f"{turn['Speaker']}_{name}"] = rater_votes(raters, {})
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the annotation of M3ED ({error!r}); get the file again") from None
    return votes


def read_msppodcast_votes(source_dir: Path) -> VotesByFile:
    """Reads the votes of MSP-Podcast's workers, who only listened: the primary emotion that each of them chose.

    Args:
        source_dir: the folder that holds ``Labels/``, or its audio's.
    """
    path = next((path for name in MSPPODCAST_TABLES if (path := _find(source_dir, name))), None)
    chosen: dict[str, list[list[str]]] = defaultdict(list)
    rows = _msppodcast_json(path) if path and path.suffix == ".json" else _msppodcast_csv(path)
    for name, primary in rows:
        chosen[Path(name).stem].append([primary])
    return {name: rater_votes(words, {}) for name, words in chosen.items()}


def rater_votes(raters: Iterable[Sequence[str]], labels: Mapping[str, str | None]) -> dict[str, float]:
    """Adds up what raters chose.

    Args:
        raters: the words that each of them chose.
        labels: words of the corpus that are not English names of emotions -> emotions.

    Returns:
        emotion -> count; words that are no emotion of the vocabulary are left out, with their share of a vote.

    Example:
        >>> rater_votes([["Anger"], ["Anger", "Sadness"], ["Anger", "Other"]], {})
        {'angry': 2.0, 'sad': 0.5}
    """
    votes: Counter[str] = Counter()
    for chosen in raters:
        words = [word.strip() for word in chosen if word.strip()]
        for word in words:
            if emotion := find_label(word, labels):
                votes[emotion] += 1 / len(words)
    return dict(votes)


def with_votes(
    utterances: Iterable[Utterance],
    votes: VotesByFile,
    *,
    emotion_of: Callable[[str], str | None],
    emotions: Collection[str],
) -> Iterator[Utterance]:
    """Adds votes to utterances by the names of their files.

    Args:
        utterances: of a corpus; votes that they have stay.
        votes: of its files.
        emotion_of: what a map of labels makes of an emotion that was voted for; None where it leaves it out.
        emotions: the label set; votes for other emotions are left out.
    """
    for utterance in utterances:
        given = utterance.votes or votes.get(utterance.wav.stem, {})
        own = {name: count for name, count in map_votes(given, emotion_of).items() if name in emotions}
        yield replace(utterance, votes=own or None)


def _find(source_dir: Path, name: str) -> Path | None:
    """Finds a table in a corpus's folder, or in the one above it where that is the folder of the audio."""
    return next((path for folder in (source_dir, source_dir.parent) if (path := folder / name).is_file()), None)


def _rows(path: Path | None) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the rows of a CSV file with their line numbers; none where there is no file."""
    if path is None:
        return
    with open(path, encoding="utf-8-sig", newline="") as file:
        yield from enumerate(csv.DictReader(file), 2)


def _msppodcast_csv(path: Path | None) -> Iterator[tuple[str, str]]:
    """Yields file and primary emotion; releases differ in whether an annotation is one column or several."""
    for number, row in _rows(path):
        primary = row.get("EmoClass_Major") or (row.get("EmoDetail") or "").split(";")[1:2]
        if not primary or not row.get("FileName"):
            raise InputError(f"{path}:{number}: no primary emotion of a file; get the table again")
        yield row["FileName"], primary if isinstance(primary, str) else primary[0]


def _msppodcast_json(path: Path) -> Iterator[tuple[str, str]]:
    try:
        for name, workers in read_json(path, site=OWNERS).items():
            for annotation in workers.values():
                yield name, annotation["EmoClass_Major"]
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the annotations of MSP-Podcast ({error!r}); get the file again") from None
