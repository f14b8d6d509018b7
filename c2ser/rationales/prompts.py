"""The instruction that the audio language model is given in each of its two modes."""

PROMPTS = {
    "explicit": "Tell how the speaker sounds and what is said, then name the speaker's emotion.",
    "implicit": "Listen to how the speaker sounds and what is said, and name the speaker's emotion at once.",
}
