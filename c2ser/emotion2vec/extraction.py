"""Features of a data directory with Emotion2Vec-S, as kaldiio ark and scp."""

import os
from pathlib import Path

from tqdm import tqdm

from c2ser.data.audio import read_audio
from c2ser.data.batches import length_batches
from c2ser.data.features import append_feature
from c2ser.data.files import atomic_write
from c2ser.data.tables import read_table, write_table
from c2ser.emotion2vec.model import Emotion2Vec

NAMES = {"utterance": "emotion2vec_s", "frame": "emotion2vec_s_frames"}
PARTS_OF_OUTPUT = {"utterance": "utterance", "frame": "frames"}


def extract_features(
    model: Emotion2Vec,
    data_dir: str | Path,
    output_dir: str | Path,
    level: str,
    batch_samples: int,
    ark: str | Path | None = None,
) -> Path:
    """Writes ``emotion2vec_s.scp``, or with ``level`` frame ``emotion2vec_s_frames.scp``, and its ark, float32.

    Args:
        model: a trained encoder.
        data_dir: has ``wav.scp`` of 16 kHz files, one an utterance, and ``utt2num_samples``, as stage 2 writes them.
        output_dir: where the scp goes.
        level: ``utterance`` for the tokens (10, D), ``frame`` for the frames (T, D).
        batch_samples: samples of a batch, padding counted.
        ark: the file of the features; by default beside the scp.

    Returns:
        The scp file, which is written last.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    paths = read_table(data_dir / "wav.scp")
    lengths = {utt: int(samples) for utt, samples in read_table(data_dir / "utt2num_samples").items()}
    scp = output_dir / f"{NAMES[level]}.scp"
    ark = os.path.abspath(ark or scp.with_suffix(".ark"))
    scp.unlink(missing_ok=True)
    locations: dict[str, str] = {}
    with atomic_write(ark, "wb") as file, tqdm(total=len(lengths), desc=str(data_dir), unit="utt") as progress:
        for batch in length_batches(lengths, batch_samples):
            features = model.extract([read_audio(paths[utt]) for utt in batch])
            for utt, feature in zip(batch, features, strict=True):
                locations[utt] = f"{ark}:{append_feature(file, utt, feature[PARTS_OF_OUTPUT[level]])}"
            progress.update(len(batch))
    write_table(scp, locations)
    return scp
