"""Packed models: one folder for users."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    experiments="pack pack_again",
    format="is_packed read_pack verify_files",
    onnx="export_onnx quantize",
    packed_model="PackedModel",
    push="files_to_push push",
    release="import_release",
    weights="read_weights",
)
