"""Packed models that earlier versions wrote answer as they did then; see earlier/README.md."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.torch import load_file, save_file

from c2ser import C2SER
from c2ser.errors import InputError
from c2ser.packing.experiments import pack_again
from c2ser.packing.format import FORMAT_VERSION

EARLIER = Path(__file__).parent / "earlier"
WAVE = np.random.default_rng(0).normal(scale=0.1, size=12000).astype(np.float32)


@pytest.fixture
def extract(tmp_path):
    def extracted(name: str) -> Path:
        with zipfile.ZipFile(EARLIER / f"{name}.zip") as archive:
            archive.extractall(tmp_path / name)
        return tmp_path / name

    return extracted


@pytest.mark.parametrize("name", ["first", "pooled_tokens", "classifiers"])
def test_earlier_packs_answer_as_they_did(name, extract, tmp_path):
    folder = extract(name)
    expected = json.loads((folder / "expected.json").read_text())
    pack_again(folder / "packed", output_dir=tmp_path / "again")
    assert yaml.safe_load((tmp_path / "again" / "config.yaml").read_text())["format_version"] == FORMAT_VERSION
    for packed in (folder / "packed", tmp_path / "again"):
        model = C2SER.from_pretrained(packed)
        for mode in expected.keys() & {"explicit", "implicit"}:
            assert model.recognize(WAVE, mode).text == expected[mode]
        model = C2SER.from_pretrained(packed, scores=True)
        for given, wave in (("scores", WAVE), ("quiet", np.float32(0.01) * WAVE)):
            if given in expected:
                assert model.recognize(wave).scores == pytest.approx(expected[given], rel=1e-4)


def test_what_earlier_packs_lack_is_the_power_alone(extract):
    folder = extract("classifiers") / "packed"
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights.pop("connector.classifiers.norm.bias")
    save_file(weights, path)
    with pytest.raises(InputError, match="missing .'connector.classifiers.norm.bias'"):
        C2SER.from_pretrained(folder)


def test_a_language_model_outside_of_the_folder_has_to_be_given(extract, tmp_path):
    folder = extract("first") / "packed"
    outside = (folder / "llm").rename(tmp_path / "elsewhere")
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("llm: llm", f"llm: {outside}"))
    with pytest.raises(InputError, match=f"--packed {folder} --llm {outside} --output_dir NEW$"):
        C2SER.from_pretrained(folder)
    pack_again(folder, output_dir=tmp_path / "again", llm=str(outside))
    expected = json.loads((folder.parent / "expected.json").read_text())
    assert C2SER.from_pretrained(tmp_path / "again").recognize(WAVE).text == expected["implicit"]
