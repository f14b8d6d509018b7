"""The same seed is the same sound."""

from pathlib import Path

from c2ser.synthesis.plans import plan_utterances
from c2ser.synthesis.speaking import speak_plans


def test_same_bytes_in_any_order_with_any_number_of_jobs(tmp_path: Path):
    plans = plan_utterances()[::60]

    def speak_in(folder: Path, chosen, nj: int) -> dict[str, bytes]:
        wavs = {plan.id: folder / f"{plan.id}.wav" for plan in chosen}
        speak_plans(chosen, wavs, nj=nj)
        return {name: path.read_bytes() for name, path in wavs.items()}

    assert speak_in(tmp_path / "a", plans, 1) == speak_in(tmp_path / "b", plans[::-1], 3)
