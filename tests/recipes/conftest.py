"""One run of all stages of mini_emo, with a few updates per training, which the tests of this folder share."""

import pytest
from helpers.recipes import Recipe


def pytest_itemcollected(item):
    """Leaves all that read the recipe's run to one process, where several share the tests: it is made once."""
    if "recipe" in item.fixturenames:
        item.add_marker(pytest.mark.xdist_group("recipe"))


@pytest.fixture(scope="session")
def recipe(tmp_path_factory) -> Recipe:
    """The recipe after its run, in a folder with spaces and accents; its output is in ``stdout``."""
    recipe = Recipe(tmp_path_factory.mktemp("eine Übung 练习"))
    recipe.stdout = recipe.pass_stages(1, 11)
    return recipe
