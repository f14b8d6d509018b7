"""ESPnet tasks: training with ESPnet's trainer."""

import nltk
import typeguard

# A part of ESPnet that no task here uses downloads data when it is imported; nothing is fetched that nobody asked for.
nltk.download = lambda *_, **__: False


def _unchecked(target=None, **_):
    """Decorates as typeguard does under ``python -O``, where it leaves functions as they are."""
    return target or _unchecked


# ESPnet, and inflect, which it imports, have typeguard compile each of their functions anew to check types at run time:
# that is almost half of the time in which a training starts. Options and data are checked here before ESPnet has them.
typeguard.typechecked = _unchecked
