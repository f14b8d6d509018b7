"""What is not there yet, and the command that would make it."""

from collections.abc import Sequence
from pathlib import Path

from c2ser.data.names import TEXT, UTT2EMO, UTT2SCORES
from c2ser.report.paths import shown_path
from c2ser.report.systems import System
from c2ser.report.utterances import EXPLICIT_MODES, data_dir


class Hints:
    """Commands for a report's absent parts, with the paths of its experiments.

    Args:
        systems: those of a set.
        dump_dir: the folder of the data directories; see `System.data_dir`.
    """

    def __init__(self, systems: Sequence[System], dump_dir: str | Path | None):
        self._data = str(data_dir(systems, dump_dir) or "DATA_DIR")
        models = [system for system in systems if system.mode != "probe"] or systems
        explicit = [system for system in models if system.mode in EXPLICIT_MODES]
        scored = [system for system in systems if (system.answers / UTT2SCORES).is_file()]
        self._experiment = models[0].experiment if models else Path("EXP")
        self._model = self._experiment / models[0].model if models else Path("MODEL")
        self._answers = models[0].answers if models else Path("ANSWERS")
        self._explicit = explicit[0].answers if explicit else None
        self._scored = scored[0].answers if scored else None

    @property
    def words(self) -> str:
        """What words alone would have."""
        output = self._experiment / "words" / "inference_text" / Path(self._data).name
        train = Path(self._data).with_name("train")
        return _command("recognize --system text", model=train, data_dir=self._data, output_dir=output)

    @property
    def stability(self) -> str:
        """Answers under other conditions."""
        return self._of_model("stability")

    @property
    def interventions(self) -> str:
        """Answers with inputs of others."""
        return self._of_model("interventions")

    @property
    def scores(self) -> str:
        """Probabilities of the emotions."""
        return _command("alm_inference --scores", model=self._model, data_dir=self._data, output_dir=self._answers)

    @property
    def calibration(self) -> str:
        """Calibration of probabilities, or what makes them."""
        if self._scored is None:
            return self.scores
        ref, scores = Path(self._data) / UTT2EMO, self._scored / UTT2SCORES
        return _command("calibration", ref=ref, scores=scores, output_dir=self._scored / "calibration")

    @property
    def reasons(self) -> str | None:
        """Whether reasons are true; None without answers that have any."""
        if self._explicit is None:
            return None
        output = self._explicit / "faithfulness"
        return _command("faithfulness", data_dir=self._data, hyp=self._explicit / TEXT, output_dir=output)

    @property
    def embeddings(self) -> str:
        """A picture of embeddings."""
        return _command("plot_embeddings", data_dirs=self._data, output_file=self._experiment / "embeddings.png")

    def _of_model(self, name: str) -> str:
        output = self._model.with_name(f"{self._model.name}_{name}")
        return _command(name, model=self._model, data_dir=self._data, output_dir=output)


def _command(name: str, **options: str | Path) -> str:
    words = [f"--{option} {shown_path(value)}" for option, value in options.items()]
    return " ".join(["c2ser", name, *words])
