"""Packed models: one folder for users."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    format="is_packed read_pack read_weights",
    packed_model="PackedModel pack",
    release="import_release",
)
