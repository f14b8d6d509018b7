"""ESPnet tasks: training with ESPnet's trainer."""

import nltk

# A part of ESPnet that no task here uses downloads data when it is imported; nothing is fetched that nobody asked for.
nltk.download = lambda *_, **__: False
