"""The trainings of audio language models in recipes' experiments: settings that contradict each other are found."""

import shlex
from collections.abc import Iterator

import pytest
from helpers.paths import ROOT

from c2ser.alm.config import ALMConfig
from c2ser.alm.connector import ConnectorConfig
from c2ser.errors import InputError
from c2ser.experiments import Experiment
from c2ser.experiments.templates import expand_words
from c2ser.settings import build_from_mapping, read_config
from c2ser.tasks.alm import ALMTask, check_auxiliary

OPTION = "--alm_options"


def trainings() -> Iterator:
    """Yields recipe folder, configuration and options of each training, once for all folds and seeds."""
    for path in sorted(ROOT.glob("egs/*/conf/*.yaml")):
        recipe = path.parent.parent
        if {"tasks", "base"}.isdisjoint(read_config(path)) or "loops" not in read_config(path):
            continue
        experiment = Experiment(path, {}, directory=recipe)
        seen = set()
        for run in experiment.runs("train") if "train" in experiment.tasks else ():
            for command in experiment.tasks["train"].commands:
                words = expand_words(command, run.parameters, loops=experiment.loops)
                if OPTION not in words or (key := str([run.values.get(n) for n in ("condition", "system")])) in seen:
                    continue
                seen.add(key)
                conf_dir = words[words.index("--conf_dir") + 1] if "--conf_dir" in words else "conf/tiny"
                options = shlex.split(words[words.index(OPTION) + 1])
                yield pytest.param(recipe / conf_dir / "alm.yaml", options, id=f"{recipe.name}-{path.stem}-{key}")


def check(config, options):
    args = ALMTask.get_parser().parse_args(["--config", str(config), "--llm", "llm", *options])
    check_auxiliary(args)
    settings = ALMConfig.from_mapping({**vars(args), "acoustic_width": 1}, config)
    build_from_mapping(ConnectorConfig, settings.connector_conf, name="connector_conf", file=config)


@pytest.mark.parametrize("config, options", list(trainings()))
def test_settings_of_each_condition_go_together(config, options):
    check(config, options)


def test_settings_that_do_not_are_found():
    config, without = ROOT / "egs" / "emodb" / "conf" / "small" / "alm.yaml", ["--connector_conf", "pooled=false"]
    for options in (without, [*without, "--pooled_weight", "0"]):
        with pytest.raises(InputError, match="there are no pooled tokens"):
            check(config, options)
