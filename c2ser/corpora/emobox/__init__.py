"""Reader of EmoBox's metadata: labels and folds of many corpora in one layout.

A corpus is a folder with ``<name>.jsonl``, ``label_map.json`` and in ``fold_<K>/`` the lists
``<name>_{train,valid,test}_fold_<K>.jsonl``; some lack one or the other. Audio is not part of it.

References:
    Ma et al.: EmoBox: Multilingual Multi-corpus Speech Emotion Recognition Toolkit and Benchmark. Interspeech 2024.
"""

from c2ser.corpora.emobox.metadata import corpus_dir, fold_numbers
from c2ser.corpora.emobox.sets import hold_out_dev, label_set, read_sets

__all__ = ["corpus_dir", "fold_numbers", "hold_out_dev", "label_set", "read_sets"]
