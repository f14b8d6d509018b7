"""The synthetic speech of the corpus mini_emo."""
