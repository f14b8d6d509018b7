"""How much emotion a linear classifier finds in frozen features (as EmoBox probes encoders, arXiv 2406.07162)."""

import logging
from pathlib import Path

from c2ser.data.tables import write_table
from c2ser.errors import InputError
from c2ser.probe.classifier import fit_probe
from c2ser.probe.features import load_features
from c2ser.scoring.score import score_files


def probe_features(
    train_dir: str | Path,
    test_dir: str | Path,
    features: str,
    output_dir: str | Path,
    dev_dir: str | Path | None = None,
) -> dict:
    """Trains the probe on a set's labelled utterances and scores it on another's.

    Written are ``probe.safetensors``, ``utt2emo`` (recognised emotions of the labelled test utterances) and what
    `scoring.score.score_files` writes.

    Args:
        train_dir, test_dir, dev_dir: data directories with the features; without ``dev_dir`` the regularisation is
            chosen by cross-validation over the training speakers.
        features: name of the scp file in each of them.
        output_dir: where the results go.

    Returns:
        The scores, as `scoring.metrics.summarise` does.

    Raises:
        InputError: as `load_features` and `fit_probe`, or the sets' features differ in dimension.
    """
    train, test = load_features(train_dir, features), load_features(test_dir, features)
    dev = None if dev_dir is None else load_features(dev_dir, features)
    for directory, loaded in ((test_dir, test), (dev_dir, dev)):
        if loaded is not None and loaded.vectors.shape[1] != train.vectors.shape[1]:
            raise InputError(
                f"{directory}/{features}: {loaded.vectors.shape[1]} dimensions, but {train.vectors.shape[1]} in "
                f"{train_dir}; extract both with one model"
            )
    unseen = set(test.emotions) - set(train.emotions)
    if unseen:
        logging.warning("%s: %s not in the training set, so never recognised", test_dir, ", ".join(sorted(unseen)))

    probe = fit_probe(train, dev)
    output_dir = Path(output_dir)
    probe.save(output_dir / "probe.safetensors")
    write_table(output_dir / "utt2emo", dict(zip(test.utterances, probe.predict(test.vectors), strict=True)))
    return score_files(Path(test_dir) / "utt2emo", output_dir / "utt2emo", output_dir)
