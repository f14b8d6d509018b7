"""What is said, by Whisper, where a corpus has no transcripts."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(__name__, data_dir="transcribe_data_dir", transcriber="Transcriber Transcript")
