"""Plots of utterance embeddings."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler

from c2ser.data.files import atomic_write
from c2ser.errors import InputError
from c2ser.probe.features import LabelledFeatures

PERPLEXITY = 30
MARKERS = "os^vDPX*"


def plot_embeddings(panels: Mapping[str, LabelledFeatures], path: str | Path) -> None:
    """Writes a PNG of embeddings in two dimensions (t-SNE); colours are emotions, markers speakers.

    Args:
        panels: title -> embeddings. Each panel has its own t-SNE: separation of emotions can be compared between
            panels, positions cannot.
        path: the PNG.

    Raises:
        InputError: a panel has fewer than four utterances.
    """
    emotions = sorted({emotion for features in panels.values() for emotion in features.emotions})
    speakers = sorted({speaker for features in panels.values() for speaker in features.speakers})
    figure = Figure(figsize=(5 * len(panels) + 1.5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, features) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        if len(features.utterances) < 4:
            raise InputError(f"{title}: {len(features.utterances)} labelled utterances; at least four are needed")
        points = _in_two_dimensions(features.vectors)
        for number, emotion in enumerate(emotions):
            for place, speaker in enumerate(speakers):
                chosen = points[(features.emotions == emotion) & (features.speakers == speaker)]
                marker = MARKERS[place % len(MARKERS)]
                label = emotion if place == 0 else None
                axes.scatter(*chosen.T, s=18, marker=marker, color=f"C{number}", label=label, linewidths=0)
        axes.set(title=title, xticks=[], yticks=[])
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, format="png", dpi=80)


def _in_two_dimensions(vectors: np.ndarray) -> np.ndarray:
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    standardized = StandardScaler().fit_transform(vectors)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(standardized)
