"""Answers of the audio language model for a data directory."""

from pathlib import Path

from tqdm import tqdm

from c2ser.alm.recognizer import AnswerGenerator
from c2ser.data.audio import read_audio
from c2ser.data.batches import length_batches
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table, write_table
from c2ser.emotions import INVALID
from c2ser.errors import InputError


def answer_data_dir(
    generator: AnswerGenerator, data_dir: str | Path, output_dir: str | Path, mode: str, batch_samples: int
) -> None:
    """Writes ``text`` (the answers) and, last, ``utt2emo`` (the emotions found in them, or `INVALID`).

    Args:
        generator: the model.
        data_dir: has ``wav.scp`` and ``utt2num_samples`` of stage 2 and ``emotion2vec_s.scp`` of stage 5.
        output_dir: where the two files go.
        mode: ``explicit`` or ``implicit``.
        batch_samples: samples of a batch, padding counted.

    Raises:
        InputError: an utterance has no features.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    paths, features = read_table(data_dir / "wav.scp"), read_table(data_dir / "emotion2vec_s.scp")
    lengths = {utt: int(samples) for utt, samples in read_table(data_dir / "utt2num_samples").items()}
    missing = next((utt for utt in lengths if utt not in features), None)
    if missing is not None:
        raise InputError(f"{data_dir / 'emotion2vec_s.scp'}: no features of utterance '{missing}'; run stage 5 again")
    texts, emotions = {}, {}
    with tqdm(total=len(lengths), desc=f"{data_dir}, {mode}", unit="utt") as progress:
        for batch in length_batches(lengths, batch_samples):
            waveforms = [read_audio(paths[utt]) for utt in batch]
            acoustic = [read_feature(features[utt]) for utt in batch]
            for utt, recognition in zip(batch, generator.answer(waveforms, acoustic, mode), strict=True):
                texts[utt] = " ".join(recognition.text.split())
                emotions[utt] = recognition.emotion or INVALID
            progress.update(len(batch))
    write_table(output_dir / "text", texts)
    write_table(output_dir / "utt2emo", emotions)
