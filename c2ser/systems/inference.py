"""Answers of the audio language model for a data directory."""

from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from c2ser.data.audio import read_audio
from c2ser.data.batches import length_batches, load_ahead
from c2ser.data.features import read_feature
from c2ser.data.tables import read_table, write_table
from c2ser.data.transcripts import read_languages
from c2ser.emotions import INVALID
from c2ser.errors import InputError
from c2ser.systems.recognizer import Recognition, Recognizer, Speech


def answer_data_dir(
    recognizer: Recognizer, data_dir: str | Path, output_dir: str | Path, mode: str, batch_samples: int
) -> None:
    """Writes ``text`` (the answers) and, last, ``utt2emo`` (the emotions found in them, or `INVALID`).

    Where the recognizer gives scores it writes ``utt2scores`` too: ``<utterance> <emotion>=<probability> ...``, in the
    order of the label set.

    Args:
        recognizer: the system.
        data_dir: has ``wav.scp`` and ``utt2num_samples`` of stage 2 and ``emotion2vec_s.scp`` of stage 5, and
            ``utt2lang`` or ``utt2lang_asr`` where languages are known.
        output_dir: where the files go.
        mode: ``explicit`` or ``implicit``.
        batch_samples: samples of a batch, padding counted.

    Raises:
        InputError: an utterance has no features.
    """
    data_dir, output_dir = Path(data_dir), Path(output_dir)
    paths, features = read_table(data_dir / "wav.scp"), read_table(data_dir / "emotion2vec_s.scp")
    languages = read_languages(data_dir)
    lengths = {utt: int(samples) for utt, samples in read_table(data_dir / "utt2num_samples").items()}
    missing = next((utt for utt in lengths if utt not in features), None)
    if missing is not None:
        raise InputError(f"{data_dir / 'emotion2vec_s.scp'}: no features of utterance '{missing}'; run stage 5 again")

    def load(batch: list[str]) -> list[Speech]:
        return [
            Speech(read_audio(paths[utt]), read_feature(features[utt]), language=languages.get(utt), utterance=utt)
            for utt in batch
        ]

    recognitions: dict[str, Recognition] = {}
    with tqdm(total=len(lengths), desc=f"{data_dir}, {mode}", unit="utt") as progress:
        for batch in load_ahead(load, length_batches(lengths, batch_samples)):
            answers = recognizer.recognize(batch, mode)
            recognitions.update({speech.utterance: answer for speech, answer in zip(batch, answers, strict=True)})
            progress.update(len(batch))
    scores = {utt: _score_line(said.scores) for utt, said in recognitions.items() if said.scores is not None}
    (output_dir / "utt2scores").unlink(missing_ok=True)  # those of a run before may be of another model
    if scores:
        write_table(output_dir / "utt2scores", scores)
    write_table(output_dir / "text", {utt: " ".join(said.text.split()) for utt, said in recognitions.items()})
    write_table(output_dir / "utt2emo", {utt: said.emotion or INVALID for utt, said in recognitions.items()})


def _score_line(scores: Mapping[str, float]) -> str:
    return " ".join(f"{emotion}={probability:.6f}" for emotion, probability in scores.items())
