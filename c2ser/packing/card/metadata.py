"""The metadata of a card, which the Hugging Face hub reads: languages, licence, base models, figures."""

from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from c2ser.checkpoints.pretrained import is_hub_id
from c2ser.lm.loading import has_weights
from c2ser.packing.card.run import Run

BASES = {"whisper": "Whisper", "llm": "language model"}
TASK = {"task_type": "audio-classification", "task_name": "Speech emotion recognition"}
# Metric of the hub, its name, the key in ``result.json``, further arguments.
METRICS = (
    ("accuracy", "WA", "wa", {}),
    ("recall", "UA", "ua", {"average": "macro"}),
    ("f1", "macro F1", "macro_f1", {"average": "macro"}),
)


def card_metadata(run: Run, name: str, *, licence: str) -> ModelCardData:
    """Returns the metadata of a card.

    Args:
        run: what is known of the model.
        name: the model's.
        licence: identifier of the hub, such as ``apache-2.0``; ``unknown`` where nobody has said it.

    Example:
        >>> print(card_metadata(run, "packed_tiny", licence="apache-2.0").to_yaml())  # doctest: +SKIP
        language:
        - en
        license: apache-2.0
    """
    languages = {language for facts in run.training for language in facts.languages}
    return ModelCardData(
        language=sorted(languages) or None,
        license=licence,
        library_name="c2ser",
        pipeline_tag="audio-classification",
        tags=["speech-emotion-recognition", "audio-language-model", "c2ser", *run.corpora],
        base_model=base_models(run) or None,
        metrics=[metric for metric, *_ in METRICS] if run.figures else None,
        model_name=name if run.figures else None,
        eval_results=list(_results(run)) or None,
    )


def base_models(run: Run) -> list[str]:
    """Returns the hub ids of the models that this one was trained on top of.

    Args:
        run: what is known of the model.
    """
    names = (run.config.get(part) for part in BASES)
    return [name for name in names if isinstance(name, str) and is_hub_id(name) and not Path(name).is_dir()]


def describe_bases(run: Run) -> dict[str, str]:
    """Says of each part of the model that may be pretrained where its weights are from.

    Args:
        run: what is known of the model.

    Returns:
        Name of the part -> hub id, or what is known of it; of a folder only its own name, not where it was.
    """
    hub, found = base_models(run), {}
    for part, title in BASES.items():
        name = run.config.get(part)
        if not isinstance(name, str):
            found[title] = "random" if name else "not known"
        elif name in hub:
            found[title] = f"those of {name}"
        elif part == "llm" and not has_weights(name):
            found[title] = "random"
        else:
            found[title] = f"those in a folder '{Path(name).name}', which are part of this model, with their licence"
    return found


def _results(run: Run) -> Iterator[EvalResult]:
    """In per cent, with the 95 % interval; each mode is a configuration of the data set, as the hub knows no modes."""
    corpora = ", ".join(run.corpora) or "corpus not known"
    for figures in run.figures:
        for metric, label, key, arguments in METRICS:
            interval = [round(100 * bound, 2) for bound in figures.result["ci95"][key]]
            yield EvalResult(
                **TASK,
                dataset_type="-".join(run.corpora) or "unknown",
                dataset_name=f"{corpora}: {figures.set}, {figures.mode} answers",
                dataset_config=figures.mode,
                dataset_split=figures.set,
                metric_type=metric,
                metric_name=f"{label} (%)",
                metric_value=round(100 * figures.result[key], 2),
                metric_args={**arguments, "ci95": interval},
            )
