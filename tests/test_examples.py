"""The examples in docstrings: those that need no files of a corpus give what they show."""

import doctest
import importlib
import pkgutil

import pytest

import c2ser

MODULES = [info.name for info in pkgutil.walk_packages(c2ser.__path__, "c2ser.") if info.name != "c2ser.__main__"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
