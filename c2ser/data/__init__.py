"""Data directories, tables, audio and features."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    audio="SAMPLE_RATE read_audio",
    data_dir="DataDir",
    features="append_feature read_feature read_npy",
    files="atomic_write",
    location="AudioLocation",
    tables="read_table table_lines write_table",
    utterance="Utterance",
)
