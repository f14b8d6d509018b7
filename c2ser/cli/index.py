"""All commands by group, and what each does in one line, found without importing any of them."""

import ast
import importlib
from pathlib import Path
from types import ModuleType

BIN = Path(__file__).parents[1] / "bin"

# Title of a group -> its commands, in the order in which a user meets them. Each is a module of c2ser/bin.
GROUPS = {
    "use a model": (
        "infer",
        "serve",
        "alm_inference",
        "score",
        "compare",
        "listeners",
        "judge",
        "faithfulness",
        "calibration",
        "stability",
        "interventions",
        "results",
        "results_by_set",
        "report",
        "experiment",
        "pack",
        "push",
        "import_checkpoint",
        "completion",
    ),
    "corpora": (
        "corpora",
        "download_corpus",
        "prepare_corpus",
        "prepare_joint",
        "import_emobox",
        "speaker_overlap",
        "speaker_folds",
        "speak_mini_emo",
    ),
    "data directories": (
        "validate_data_dir",
        "check_leaks",
        "show_data",
        "subset_data_dir",
        "map_labels",
        "leave_speaker_out",
        "split_by_speaker",
        "combine_data_dirs",
        "split_data_dir",
        "merge_data_dir",
        "parallel_data_dir",
    ),
    "audio, attributes and transcripts": ("extract_attributes", "copy_audio", "transcribe"),
    "pseudo-labels": ("pseudo_label",),
    "Emotion2Vec-S": (
        "emotion2vec_train",
        "extract_emotion2vec",
        "convert_emotion2vec",
        "export",
        "probe",
        "cross_corpus",
        "plot_embeddings",
    ),
    "other systems": ("finetune", "audio_chat_train", "recognize"),
    "rationales": ("build_cot", "rewrite_cot", "merge_rewriting"),
    "audio language model": ("check_models", "build_llm", "alm_train"),
}


# Short names of what users of a model type often.
SHORT = {"extract": "extract_emotion2vec", "check": "validate_data_dir", "show": "show_data"}
# Their options are those of an ESPnet task, which takes seconds to import.
TRAININGS = ("alm_train", "audio_chat_train", "emotion2vec_train", "finetune")


def command_names() -> list[str]:
    """Returns the names of all commands."""
    return [name for names in GROUPS.values() for name in names]


def summary(name: str) -> str:
    """Returns the first line of a command's docstring."""
    doc = ast.get_docstring(ast.parse((BIN / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return doc.partition("\n")[0]


def command_module(name: str) -> ModuleType:
    """Imports the module of a command.

    Args:
        name: of the command, maybe a short one.
    """
    return importlib.import_module(f"c2ser.bin.{SHORT.get(name, name)}")
