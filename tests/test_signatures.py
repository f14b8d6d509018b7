"""Arguments from the third on have names where they are called, so that a call can be read and none is mixed up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.paths import ROOT

# What PyTorch and ESPnet call, and the tensors of a batch, whose order is theirs everywhere.
EXEMPT = {
    "forward",
    "perceive",
    "perceive_and_pool",
    "contextualize",
    "student_outputs",
    "frame_loss",
    "load_state_dict",
    "balance_batch",
}
EXEMPT |= {"train_one_epoch", "build_iter_factory", "build_sequence_iter_factory", "build_streaming_iterator"}


def public_functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Functions, methods and constructors that callers see; not those inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef) and (node.name == "__init__" or not node.name.startswith("_")):
            yield node


def num_positional(function: ast.FunctionDef) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len([name for name in names if name not in ("self", "cls")])


@pytest.mark.parametrize("path", sorted((ROOT / "c2ser").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_arguments_from_the_third_on_are_keywords(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    many = [f"{found.lineno}: {found.name}" for found in public_functions(tree) if num_positional(found) > 2]
    assert [line for line in many if line.split(": ")[1] not in EXEMPT] == []
