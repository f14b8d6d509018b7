"""All commands by group, and what each does in one line, found without importing any of them."""

import ast
from pathlib import Path

BIN = Path(__file__).parents[1] / "bin"

# Title of a group -> its commands, in the order in which a user meets them. Each is a module of c2ser/bin.
GROUPS = {
    "use a model": (
        "infer",
        "alm_inference",
        "score",
        "faithfulness",
        "results",
        "results_by_set",
        "experiment",
        "pack",
        "import_checkpoint",
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
    "audio, attributes and transcripts": ("extract_attributes", "transcribe"),
    "pseudo-labels": ("pseudo_label",),
    "Emotion2Vec-S": (
        "emotion2vec_train",
        "extract_emotion2vec",
        "convert_emotion2vec",
        "probe",
        "cross_corpus",
        "plot_embeddings",
    ),
    "rationales": ("build_cot", "rewrite_cot", "merge_rewriting"),
    "audio language model": ("check_models", "build_llm", "alm_train"),
}


def command_names() -> list[str]:
    """Returns the names of all commands."""
    return [name for names in GROUPS.values() for name in names]


def summary(name: str) -> str:
    """Returns the first line of a command's docstring."""
    doc = ast.get_docstring(ast.parse((BIN / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return doc.partition("\n")[0]
