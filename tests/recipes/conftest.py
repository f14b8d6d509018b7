"""One run of all stages of mini_emo, with a few updates per training, which the tests named in ../conftest.py share."""

import pytest
from helpers.recipes import Recipe


@pytest.fixture(scope="session")
def recipe(tmp_path_factory) -> Recipe:
    """The recipe after its run, in a folder with spaces and accents; its output is in ``stdout``."""
    recipe = Recipe(tmp_path_factory.mktemp("eine Übung 练习"))
    recipe.stdout = recipe.pass_stages(1, 11)
    return recipe
