"""The text of a card."""

import platform
from importlib import metadata
from pathlib import Path

import yaml
from markupsafe import Markup

from c2ser.packing.card import tables
from c2ser.packing.card.markdown import code, escape, fenced
from c2ser.packing.card.metadata import card_metadata, describe_bases
from c2ser.packing.card.run import Run
from c2ser.packing.card.sets import together
from c2ser.templates import template_environment
from c2ser.version import __version__

TEMPLATE = "card.md"
PACKAGES = ("torch", "transformers", "peft", "espnet")
# Settings of a training that say how long and on what it learned; the architecture is in the model's config.yaml.
SETTINGS = (
    "config",
    "seed",
    "perception",
    "trained",
    "explicit_probability",
    "emotion_weight",
    "level_weight",
    "transcript_weight",
    "pooled_weight",
    "alignment_updates",
    "ctc_weight",
    "corpus_temperature",
    "optim",
    "optim_conf",
    "scheduler",
    "scheduler_conf",
    "max_epoch",
    "num_iters_per_epoch",
    "accum_grad",
    "batch_type",
    "batch_bins",
    "best_model_criterion",
    "keep_nbest_models",
)


def card_text(run: Run, name: str, *, emotions: list[str], parameters: int, licence: str = "unknown") -> str:
    """Returns the Markdown of a card, with its metadata.

    Whatever comes from files of the run stands in it as text: HTML and Markdown in labels, names and paths are escaped.

    Args:
        run: what is known of the model.
        name: the model's.
        emotions: the label set.
        parameters: number of the model's parameters.
        licence: identifier of the hub, such as ``apache-2.0``.

    Example:
        >>> text = card_text(run, "packed_tiny", emotions=["happy", "sad"], parameters=10**6)  # doctest: +SKIP
    """
    environment = template_environment(Path(__file__).parent, finalize=escape, keep_trailing_newline=True)
    environment.filters.update(code=code, percent=tables.percent)
    return environment.get_template(TEMPLATE).render(
        metadata=Markup(card_metadata(run, name, licence=licence).to_yaml()),
        name=name,
        quoted=Markup(name.replace("`", "").replace('"', "")),
        run=run,
        emotions=", ".join(emotions),
        parameters=f"{parameters / 1e6:.1f} million",
        licence=licence,
        training=together(run.training, "training") if run.training else None,
        bases=describe_bases(run),
        explicit=_is_explicit(run),
        tables=tables,
        settings=fenced(_settings(run), "yaml"),
        version=__version__,
        versions=", ".join(_versions()),
    )


def _is_explicit(run: Run) -> bool:
    """Whether the training ended with answers that have reasons."""
    *_, share = run.config.get("explicit_probability") or [1.0]
    return share > 0


def _settings(run: Run) -> str:
    chosen = {name: run.config[name] for name in SETTINGS if run.config.get(name) is not None}
    return yaml.safe_dump(chosen, sort_keys=False, allow_unicode=True, default_flow_style=None)


def _versions() -> list[str]:
    installed = {distribution.metadata["Name"].lower() for distribution in metadata.distributions()}
    found = [f"{package} {metadata.version(package)}" for package in PACKAGES if package in installed]
    return [f"Python {platform.python_version()}", *found]
