"""Probes: small classifiers on frozen features."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    classifier="Probe load_probe",
    extraction="extract_vectors",
    probe="probe_features probe_folds probe_sets",
    protocols="Protocol emobox_protocol speaker_protocol",
)
