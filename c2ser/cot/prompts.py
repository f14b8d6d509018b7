"""What the model is asked, in the two modes."""

EXPLICIT_PROMPT = "Tell how the speaker sounds and what is said, then name the speaker's emotion."
IMPLICIT_PROMPT = "Listen to how the speaker sounds and what is said, and name the speaker's emotion at once."
