"""What is said, by Whisper, where a corpus has no transcripts."""
