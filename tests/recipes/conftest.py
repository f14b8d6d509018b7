"""One run of all stages of mini_emo, with a few updates per training, which the tests named in ../conftest.py share."""

import pytest
from helpers.recipes import Recipe


@pytest.fixture(scope="session")
def recipe(tmp_path_factory) -> Recipe:
    """The recipe after its run, in a folder with spaces and accents; what it said is in ``stdout`` and ``stderr``."""
    recipe = Recipe(tmp_path_factory.mktemp("eine Übung 练习"))
    done = recipe.passed(1, 11)
    recipe.stdout, recipe.stderr = done.stdout, done.stderr
    return recipe
