"""What counts as an answer."""

import numpy as np

from c2ser.pseudo_label.teacher import most_probable


def test_a_tie_is_no_answer():
    probabilities = np.array([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 0.0], [0.1, 0.2, 0.7]])
    assert most_probable("abcd", probabilities, emotions=["angry", "sad", None]) == {"b": ("sad", 0.5)}
