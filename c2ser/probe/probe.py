"""Probing: how well a small classifier recognises emotions from frozen features.

References:
    Ma et al.: EmoBox: Multilingual multi-corpus speech emotion recognition toolkit and benchmark (arXiv 2406.07162).
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sklearn.pipeline import Pipeline
from tqdm import tqdm

from c2ser.data.data_dir import DataDir
from c2ser.data.files import atomic_write
from c2ser.data.names import UTT2EMO, UTT2EMO_REFERENCE, UTT2SCORES, UTT2VOTES
from c2ser.data.overlaps import Overlap, find_overlaps, speakers
from c2ser.data.scores import format_scores
from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.probe.classifier import WEIGHTED, Probe, emotion_scores, fit_head, recognise
from c2ser.probe.features import LabelledFeatures, load_features
from c2ser.probe.protocols import Protocol
from c2ser.scoring.results import Score, fold_tables, footer, read_score, recall_table, score_table
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
    """Trains the probe on a set's labelled utterances and scores it on another's; see `probe_sets`.

    Args:
        train_dir, test_dir, dev_dir: data directories with the features.
        features: name of the scp file in each of them.
        output_dir: where the results go.
        head, targets: as in `probe_sets`.

    Returns:
        The scores, as `scoring.metrics.summarise` does.

    Raises:
        InputError: as `probe_sets`.
    """
    outputs = {test_dir: output_dir}
    results = probe_sets(train_dir, outputs, features=lambda _: features, dev_dir=dev_dir, head=head, targets=targets)
    return results[test_dir]


def probe_sets(
    train_dir: str | Path,
    outputs: Mapping[str | Path, str | Path],
    *,
    features: Callable[[str | Path], str | Path],
    dev_dir: str | Path | None = None,
    head: str = "linear",
    targets: str = "labels",
    layers: Sequence[int] = (),
) -> dict[str | Path, dict]:
    """Trains a probe once on a set's labelled utterances and scores it on several others.

    Written to each output folder are ``utt2emo`` (recognised emotions of the labelled test utterances), ``utt2scores``
    (their probabilities), what `scoring.score.score_files` writes, of a linear head ``probe.safetensors``, and of
    several layers ``layers.tsv``.

    Args:
        train_dir: data directory to train on.
        outputs: data directory to score on -> where its results go.
        features: data directory -> the scp file of its features, a name in it or an absolute path.
        dev_dir: data directory on which hyperparameters, and the layer, are chosen; None for cross-validation over the
            training speakers.
        head: of `classifier.fit_head`.
        targets: ``labels``, or ``votes`` to train, and choose hyperparameters, on the distributions in ``utt2votes``;
            scored are labels in any case.
        layers: numbers of the layers that are the rows of the features, of which the best is taken, or with the head
            ``weighted`` an average; without any the features are averaged.

    Returns:
        The scores on each set, as `scoring.metrics.summarise` does.

    Raises:
        InputError: as `load_features` and `fit_head`, the sets' features differ in dimension, or the training set has
            no ``utt2votes`` where it is needed.
    """
    votes = _on_votes(targets, train_dir)

    width: list[int] = []

    def load(directory: str | Path, row: int | slice | None, votes: bool = votes) -> LabelledFeatures:
        loaded = load_features(directory, features(directory), votes=votes, row=row)
        width.append(loaded.vectors.shape[1])
        if width[0] != width[-1]:
            scp = Path(directory, features(directory))
            raise InputError(
                f"{scp}: {width[-1]} dimensions, but {width[0]} in {train_dir}; extract both with one model"
            )
        return loaded

    names, rows = _rows(head, layers)
    candidates = ((load(train_dir, row), None if dev_dir is None else load(dev_dir, row)) for row in rows)
    chosen = _train(head, candidates, names=names)
    results = {}
    for test_dir, output_dir in outputs.items():
        test, output_dir = load(test_dir, rows[chosen.place], votes=False), Path(output_dir)
        recognised = chosen.recognise(test, output_dir, where=str(test_dir))
        write_table(output_dir / UTT2EMO, recognised)
        if layers:
            chosen.write_layers(output_dir / "layers.tsv", layers)
        shared = find_overlaps({"train": speakers(train_dir), "test": speakers(test_dir)})["train", "test"]
        ref = Path(test_dir) / UTT2EMO
        results[test_dir] = score_files(ref, output_dir / UTT2EMO, output_dir=output_dir, speakers=shared)
    return results


def probe_folds(
    protocol: Protocol,
    features: str | Path,
    *,
    head: str,
    output_dir: str | Path,
    model: str,
    command: str,
    targets: str = "labels",
    layers: Sequence[int] = (),
) -> str:
    """Trains and scores a probe a fold of a corpus; hyperparameters never see the fold's test utterances.

    Written are ``fold_<K>/`` as `probe_features` writes it, the scores of all folds' utterances pooled beside them, and
    ``RESULTS.md``: pooled scores with mean and standard deviation over folds, each fold's scores, recall an emotion.

    Args:
        protocol: the corpus and its folds.
        features: absolute path of the scp file of its features.
        head: of `classifier.fit_head`.
        output_dir: where the results go.
        model: the encoder's name in the tables.
        command: what made the results, for the footer.
        targets: as in `probe_sets`.
        layers: as in `probe_sets`; each fold chooses one, or learns weights.

    Returns:
        The text of ``RESULTS.md``.

    Raises:
        InputError: as `load_features` and `fit_head`.
    """
    votes = _on_votes(targets, protocol.data_dir)
    names, rows = _rows(head, layers)
    loaded = [load_features(protocol.data_dir, features, votes=votes, row=row) for row in rows]
    output_dir = Path(output_dir)
    key = (model, head if targets == "labels" else f"{head}, {targets}", protocol.name)
    pooled: dict[str, str] = {}
    probabilities: dict[str, str] = {}
    scores: list[Score] = []
    overlaps = _shared_speakers(protocol)
    for number, fold in enumerate(tqdm(protocol.folds, desc=protocol.name, unit="fold", disable=None), 1):
        fold_dir, where = output_dir / f"fold_{number}", f"{protocol.data_dir}, fold {number}"
        candidates = ((own.subset(fold.train), own.subset(fold.dev) if fold.dev else None) for own in loaded)
        chosen = _train(head, candidates, names=names)
        recognised = chosen.recognise(loaded[chosen.place].subset(fold.test), fold_dir, where=where)
        if layers:
            chosen.write_layers(fold_dir / "layers.tsv", layers)
        score_recognised(loaded[0], recognised, output_dir=fold_dir, speakers=overlaps[number - 1])
        scores.append(read_score(fold_dir, fold=str(number), key=key))
        pooled |= recognised
        probabilities |= read_table(fold_dir / UTT2SCORES)
    worst = max(overlaps, key=lambda overlap: (overlap.shared, overlap.unknown))
    score_recognised(loaded[0], pooled, output_dir=output_dir, speakers=worst)
    write_table(output_dir / UTT2SCORES, probabilities)
    all_folds = read_score(output_dir, fold="pooled", key=key)
    parts = ["# Results\n", *fold_tables(scores)]
    parts += ["## Scores [95 % interval]\n", score_table([*scores, all_folds], with_fold=True)]
    parts += ["## Recall, folds pooled\n", recall_table([all_folds]), footer(command)]
    text = "\n".join(parts)
    with atomic_write(output_dir / "RESULTS.md") as file:
        file.write(text)
    return text


def _rows(head: str, layers: Sequence[int]) -> tuple[Sequence[str], Sequence[int | slice | None]]:
    """Returns names, for the log, of the rows of the features that a probe is trained on in turn, and the rows."""
    if head == WEIGHTED:
        return ["all layers"], [slice(None)]
    if not layers:
        return ["features"], [None]
    return [f"layer {layer}" for layer in layers], range(len(layers))


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


@dataclass(frozen=True)
class _Trained:
    """The best of the probes that were trained on several layers, or the only one.

    Attributes:
        probe: the head.
        place: of its layer.
        scores: of all layers, on what it was chosen by.
        train: what it was trained on.
    """

    probe: Probe | Pipeline
    place: int
    scores: list[float]
    train: LabelledFeatures

    def recognise(self, test: LabelledFeatures, output_dir: Path, *, where: str) -> dict[str, str]:
        """Saves the head where it can be and ``utt2scores``, and returns the emotions it finds in test utterances."""
        unseen = set(test.emotions) - self.train.classes
        if unseen:
            logger.warning("%s: %s not in the training set, so never recognised", where, ", ".join(sorted(unseen)))
        saved = output_dir / "probe.safetensors"
        saved.unlink(missing_ok=True)
        if isinstance(self.probe, Probe):
            self.probe.save(saved)
        scores = emotion_scores(self.probe, test)
        write_table(output_dir / UTT2SCORES, {utt: format_scores(own) for utt, own in scores.items()})
        return recognise(self.probe, test)

    def write_layers(self, path: Path, layers: Sequence[int]) -> None:
        """Writes the score of each layer and which was chosen, or the weight of each in an average."""
        weights = self.probe.layer_weights if isinstance(self.probe, Probe) else None
        with atomic_write(path) as file:
            if weights is not None:
                rows = (f"{layer}\t{weight:.4f}\n" for layer, weight in zip(layers, weights, strict=True))
                file.writelines(["layer\tweight\n", *rows])
                return
            file.write("layer\tscore\tchosen\n")
            for place, (layer, score) in enumerate(zip(layers, self.scores, strict=True)):
                file.write(f"{layer}\t{score:.4f}\t{int(place == self.place)}\n")


def _train(
    head: str, candidates: Iterable[tuple[LabelledFeatures, LabelledFeatures | None]], *, names: Sequence[str]
) -> _Trained:
    """Trains a head on each candidate, train and dev of a layer; of equally good ones the first is the best."""
    best: tuple | None = None
    scores: list[float] = []
    for place, (name, (train, dev)) in enumerate(zip(names, candidates, strict=True)):
        probe, score = fit_head(head, train, dev=dev)
        logger.info("%s: %d utterances of width %d, %.3f in validation", name, *train.vectors.shape, score)
        if best is None or score > max(scores):
            best = (probe, place, train)
        scores.append(score)
    probe, place, train = best
    return _Trained(probe, place, scores, train)


def score_recognised(
    loaded: LabelledFeatures, recognised: Mapping[str, str], *, output_dir: Path, speakers: Overlap | None = None
) -> dict:
    """Scores recognised emotions against the labels; both are written.

    Args:
        loaded: has the labels of the utterances, and may have others.
        recognised: utterance -> emotion.
        output_dir: where labels, emotions and scores go.
        speakers: what the utterances have of the speakers of the training set, where that is known.

    Returns:
        The scores, as `scoring.metrics.summarise` does.
    """
    labels = dict(zip(loaded.utterances, map(str, loaded.emotions), strict=True))
    write_table(output_dir / UTT2EMO_REFERENCE, {utt: labels[utt] for utt in recognised})
    write_table(output_dir / UTT2EMO, recognised)
    return score_files(output_dir / UTT2EMO_REFERENCE, output_dir / UTT2EMO, output_dir=output_dir, speakers=speakers)
