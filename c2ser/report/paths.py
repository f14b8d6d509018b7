"""Folders as a page names them: as they are typed in the recipe's folder, without what tells of a machine."""

from pathlib import Path

from c2ser.data.commands import without_folders

RECIPES, EXPERIMENTS = "egs", "exp"


def shown_path(path: str | Path) -> str:
    """Returns a path as one would type it: below the current folder, or below that of its recipe.

    Example:
        >>> shown_path("/home/me/c2ser/egs/emodb/exp/fold1"), shown_path("/data/voices")
        ('exp/fold1', '.../voices')
    """
    absolute = Path(path).resolve()
    if absolute.is_relative_to(Path.cwd()):
        return str(absolute.relative_to(Path.cwd()))
    below = _below_recipes(absolute)
    return "/".join(below[1:]) if len(below) > 1 else without_folders(str(path))


def experiment_name(path: str | Path) -> str:
    """Names an experiment folder: from the recipe on, where it is one of a recipe.

    Example:
        >>> experiment_name("/home/me/c2ser/egs/emodb/exp/fold1")
        'emodb/fold1'
    """
    below = _below_recipes(Path(path).resolve())
    return "/".join(part for part in below if part != EXPERIMENTS) or without_folders(str(path))


def _below_recipes(path: Path) -> tuple[str, ...]:
    """Returns the parts of a path from its recipe on; none where it is not in one."""
    parts = path.parts
    return parts[len(parts) - parts[::-1].index(RECIPES) :] if RECIPES in parts else ()
