"""Audio that cannot be read while a training runs: one line with utterance and file, also from another process."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
from espnet2.train.dataset import ESPnetDataset
from helpers.audio import noise16
from torch.utils.data import DataLoader

from c2ser.data.tables import read_table, write_table
from c2ser.errors import InputError
from c2ser.tasks.datasets import NamingDataset, errors_of_workers

UTTS = ["a", "b", "c"]


@pytest.fixture
def data_dir(tmp_path) -> Path:
    for utt in UTTS:
        soundfile.write(tmp_path / f"{utt}.wav", np.zeros(1000), 16000)
    write_table(tmp_path / "wav.scp", {utt: tmp_path / f"{utt}.wav" for utt in UTTS})
    tokens = {utt: np.zeros((10, 4), np.float32) for utt in UTTS}
    kaldiio.save_ark(str(tmp_path / "e.ark"), tokens, scp=str(tmp_path / "e.scp"))
    return tmp_path


def read_all(data_dir: Path, num_workers: int) -> list[str]:
    tables = [(str(data_dir / "wav.scp"), "speech", "audio"), (str(data_dir / "e.scp"), "acoustic", "kaldi_ark")]
    dataset = NamingDataset(ESPnetDataset(tables), tables)
    loader = DataLoader(dataset, batch_sampler=[[utt] for utt in UTTS], num_workers=num_workers, collate_fn=list)
    with errors_of_workers():
        return [utt for batch in loader for utt, _ in batch]


@pytest.mark.parametrize("num_workers", [0, 1])
def test_what_cannot_be_read_is_named(data_dir, num_workers):
    assert read_all(data_dir, num_workers) == UTTS
    (data_dir / "b.wav").unlink()
    with pytest.raises(InputError) as error:
        read_all(data_dir, num_workers)
    assert str(error.value) == f"{data_dir}/wav.scp:2: 'b': {data_dir}/b.wav: no such file; check the path"
    (data_dir / "b.wav").write_bytes(b"not audio")
    with pytest.raises(InputError, match=r"^.*wav.scp:2: 'b': .*broken or not audio[^\n]*$"):
        read_all(data_dir, num_workers)


def test_places_in_arks_and_only_the_utterances_that_are_wanted(tmp_path):
    audio = {utt: (16000, noise16(1000 + number)) for number, utt in enumerate(UTTS)}
    options = {"write_function": "soundfile", "write_kwargs": {"format": "flac"}}
    kaldiio.save_ark(str(tmp_path / "a.ark"), audio, scp=str(tmp_path / "wav.scp"), **options)
    tables = [(str(tmp_path / "wav.scp"), "speech", "audio")]
    dataset = ESPnetDataset(tables, keys_to_load={"b", "c"})
    assert list(dataset) == ["b", "c"]
    assert np.array_equal(dataset["b"][1]["speech"] * 32768, audio["b"][1])


@pytest.mark.parametrize("num_workers", [0, 1])
def test_an_utterance_without_features_is_named(data_dir, num_workers):
    table = read_table(data_dir / "e.scp")
    write_table(data_dir / "e.scp", {utt: place for utt, place in table.items() if utt != "c"})
    with pytest.raises(InputError, match=r"^.*e.scp: 'c' has no line; make the table again$"):
        read_all(data_dir, num_workers)


def test_other_errors_stay_what_they_are():
    with pytest.raises(InputError, match="^plain$"):
        with errors_of_workers():
            raise InputError("plain")
    with pytest.raises(ValueError, match="^other$"):
        with errors_of_workers():
            raise ValueError("other")
