"""Names of tables stand as strings in one module only."""

import ast

import pytest
from helpers.paths import ROOT

from c2ser.data import names

# Words that mean other things as well: modes, fields, settings.
AMBIGUOUS = {names.TEXT, names.EXPLICIT, names.IMPLICIT, names.ATTRIBUTES, names.SEGMENTS}
AMBIGUOUS |= {names.LABEL_SET, names.SKIPPED, names.SOURCE}
CONSTANTS = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
TABLES = CONSTANTS - AMBIGUOUS - {names.SCP_SUFFIX}
MODULES = sorted(path for path in (ROOT / "c2ser").rglob("*.py") if path.name != "names.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_of_tables_are_constants(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [string for string in strings if string in TABLES] == []


def test_groups_have_no_table_twice():
    assert len(set(names.PER_UTTERANCE)) == len(names.PER_UTTERANCE)
    assert not set(names.PER_UTTERANCE) & set(names.PER_SPEAKER)
