"""Probing: how well a small classifier recognises emotions from frozen features.

References:
    Ma et al.: EmoBox: Multilingual multi-corpus speech emotion recognition toolkit and benchmark (arXiv 2406.07162).
"""

import logging
from pathlib import Path

from tqdm import tqdm

from c2ser.data.data_dir import DataDir
from c2ser.data.files import atomic_write
from c2ser.data.names import UTT2EMO, UTT2EMO_REFERENCE, UTT2VOTES
from c2ser.data.overlaps import Overlap, find_overlaps, speakers
from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.probe.classifier import HEADS, Probe
from c2ser.probe.features import LabelledFeatures, load_features
from c2ser.probe.protocols import Protocol
from c2ser.scoring.results import Score, fold_table, fold_title, footer, read_score, recall_table, score_table
from c2ser.scoring.score import score_files

logger = logging.getLogger(__name__)


def probe_features(
    train_dir: str | Path,
    test_dir: str | Path,
    *,
    features: str,
    output_dir: str | Path,
    dev_dir: str | Path | None = None,
    head: str = "linear",
    targets: str = "labels",
) -> dict:
    """Trains the probe on a set's labelled utterances and scores it on another's.

    Written are ``utt2emo`` (recognised emotions of the labelled test utterances), what `scoring.score.score_files`
    writes and, of a linear head, ``probe.safetensors``.

    Args:
        train_dir, test_dir, dev_dir: data directories with the features; without ``dev_dir`` the hyperparameters are
            chosen by cross-validation over the training speakers.
        features: name of the scp file in each of them.
        output_dir: where the results go.
        head: one of `classifier.HEADS`.
        targets: ``labels``, or ``votes`` to train, and choose hyperparameters, on the distributions in ``utt2votes``;
            scored are labels in any case.

    Returns:
        The scores, as `scoring.metrics.summarise` does.

    Raises:
        InputError: as `load_features` and `fit_probe`, the sets' features differ in dimension, or the training set has
            no ``utt2votes`` where it is needed.
    """
    votes = _on_votes(targets, train_dir)
    train, test = load_features(train_dir, features, votes=votes), load_features(test_dir, features)
    dev = None if dev_dir is None else load_features(dev_dir, features, votes=votes)
    for directory, loaded in ((test_dir, test), (dev_dir, dev)):
        if loaded is not None and loaded.vectors.shape[1] != train.vectors.shape[1]:
            raise InputError(
                f"{directory}/{features}: {loaded.vectors.shape[1]} dimensions, but {train.vectors.shape[1]} in "
                f"{train_dir}; extract both with one model"
            )
    output_dir = Path(output_dir)
    recognised = _recognise(head, train, dev, test, output_dir, str(test_dir))
    write_table(output_dir / UTT2EMO, recognised)
    shared = find_overlaps({"train": speakers(train_dir), "test": speakers(test_dir)})["train", "test"]
    return score_files(Path(test_dir) / UTT2EMO, output_dir / UTT2EMO, output_dir=output_dir, speakers=shared)


def probe_folds(
    protocol: Protocol,
    features: str | Path,
    *,
    head: str,
    output_dir: str | Path,
    model: str,
    command: str,
    targets: str = "labels",
) -> str:
    """Trains and scores a probe a fold of a corpus; hyperparameters never see the fold's test utterances.

    Written are ``fold_<K>/`` as `probe_features` writes it, the scores of all folds' utterances pooled beside them, and
    ``RESULTS.md``: pooled scores with mean and standard deviation over folds, each fold's scores, recall an emotion.

    Args:
        protocol: the corpus and its folds.
        features: absolute path of the scp file of its features.
        head: one of `classifier.HEADS`.
        output_dir: where the results go.
        model: the encoder's name in the tables.
        command: what made the results, for the footer.
        targets: as in `probe_features`.

    Returns:
        The text of ``RESULTS.md``.

    Raises:
        InputError: as `load_features` and `fit_probe`.
    """
    loaded = load_features(protocol.data_dir, features, votes=_on_votes(targets, protocol.data_dir))
    output_dir = Path(output_dir)
    key = (model, head if targets == "labels" else f"{head}, {targets}", protocol.name)
    pooled: dict[str, str] = {}
    scores: list[Score] = []
    overlaps = _shared_speakers(protocol)
    for number, fold in enumerate(tqdm(protocol.folds, desc=protocol.name, unit="fold", disable=None), 1):
        train, test = loaded.subset(fold.train), loaded.subset(fold.test)
        dev = loaded.subset(fold.dev) if fold.dev else None
        fold_dir = output_dir / f"fold_{number}"
        recognised = _recognise(head, train, dev, test, fold_dir, f"{protocol.data_dir}, fold {number}")
        _score(loaded, recognised, fold_dir, speakers=overlaps[number - 1])
        scores.append(read_score(fold_dir, fold=str(number), key=key))
        pooled |= recognised
    worst = max(overlaps, key=lambda overlap: (overlap.shared, overlap.unknown))
    _score(loaded, pooled, output_dir, speakers=worst)
    all_folds = read_score(output_dir, fold="pooled", key=key)
    parts = ["# Results\n", fold_title(len(scores)), fold_table(scores)]
    parts += ["## Scores [95 % interval]\n", score_table([*scores, all_folds], with_fold=True)]
    parts += ["## Recall, folds pooled\n", recall_table([all_folds]), footer(command)]
    text = "\n".join(parts)
    with atomic_write(output_dir / "RESULTS.md") as file:
        file.write(text)
    return text


def _on_votes(targets: str, train_dir: str | Path) -> bool:
    """Tells whether a probe is trained on votes; refuses a training set without any."""
    if targets == "votes" and not DataDir(train_dir).has(UTT2VOTES):
        raise InputError(f"{train_dir}/{UTT2VOTES}: no such file; train on labels (--targets labels)")
    return targets == "votes"


def _shared_speakers(protocol: Protocol) -> list[Overlap]:
    """Returns what each fold's test utterances have of the speakers of its training utterances."""
    speaker = dict(speakers(protocol.data_dir))
    sets = ({"train": fold.train, "test": fold.test} for fold in protocol.folds)
    columns = ({name: [(utt, speaker[utt]) for utt in utts] for name, utts in fold.items()} for fold in sets)
    return [find_overlaps(fold)["train", "test"] for fold in columns]


def _recognise(
    head: str,
    train: LabelledFeatures,
    dev: LabelledFeatures | None,
    test: LabelledFeatures,
    output_dir: Path,
    where: str,
) -> dict[str, str]:
    """Trains a head, saves it where it can be, and returns the emotions it finds in the test utterances."""
    unseen = set(test.emotions) - train.classes
    if unseen:
        logger.warning("%s: %s not in the training set, so never recognised", where, ", ".join(sorted(unseen)))
    probe = HEADS[head](train, dev)
    saved = output_dir / "probe.safetensors"
    saved.unlink(missing_ok=True)
    if isinstance(probe, Probe):
        probe.save(saved)
    return dict(zip(test.utterances, map(str, probe.predict(test.vectors)), strict=True))


def _score(loaded: LabelledFeatures, recognised: dict[str, str], output_dir: Path, *, speakers: Overlap) -> None:
    """Scores recognised emotions against the labels; both are written."""
    labels = dict(zip(loaded.utterances, loaded.emotions))
    write_table(output_dir / UTT2EMO_REFERENCE, {utt: labels[utt] for utt in recognised})
    write_table(output_dir / UTT2EMO, recognised)
    score_files(output_dir / UTT2EMO_REFERENCE, output_dir / UTT2EMO, output_dir=output_dir, speakers=speakers)
