"""The benchmark of the whole pipeline: the set that it makes, and what it makes of measured times."""

import runpy

import numpy as np
import pytest
import soundfile
from helpers.paths import ROOT

from c2ser.data.data_dir import DataDir
from c2ser.data.names import TEXT, UTT2LANG, UTT2SPK, WAV_SCP
from c2ser.data.utterance import Utterance


@pytest.fixture(scope="module")
def tool() -> dict:
    return runpy.run_path(str(ROOT / "tools/benchmark/pipeline.py"))


def test_utterances_are_repeated_until_there_are_so_many_hours(tool, tmp_path):
    utterances = []
    for number, seconds in enumerate((1.0, 2.0)):
        wav = tmp_path / f"{number}.wav"
        soundfile.write(wav, np.zeros(int(8000 * seconds)), 8000)
        utterances.append(Utterance(f"a-{number}", wav, "a", "happy", text="so be it", language="en"))
    DataDir(tmp_path / "data").write(utterances, ["happy"])
    assert tool["write_set"](tmp_path / "data", tmp_path / "set", 10 / 3600) == (7, pytest.approx(10 / 3600))
    written = DataDir(tmp_path / "set")
    assert written.validate() == [] and len(written.read(WAV_SCP)) == 7
    assert set(written.read(UTT2SPK).values()) == {f"{copy:05d}-a" for copy in range(4)}
    assert set(written.read(TEXT).values()) == {"so be it"} and set(written.read(UTT2LANG).values()) == {"en"}
    assert tool["write_set"](tmp_path / "data", tmp_path / "one", 0)[0] == 1


def test_sums_leave_out_explicit_answers_and_hours_become_times(tool, capsys):
    costs = {"2 audio, attributes": (1.0, 10.0), tool["IMPLICIT"]: (2.0, 26.0), tool["EXPLICIT"]: (2.0, 99.0)}
    costs = {name: tool["Cost"](*cost) for name, cost in costs.items()}
    assert tool["total"](costs) == (3.0, 36.0)
    tool["print_forecast"]({"2 audio, attributes": 10.0, tool["IMPLICIT"]: 26.0})
    printed = capsys.readouterr().out
    assert "1215 h: 12 core-hours" in printed and "8 cores: 1.5 h" in printed  # 36 s of a core per hour of audio
    assert "100000 h: 1000 core-hours" in printed and "100 cores: 10.0 h" in printed
