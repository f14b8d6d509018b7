"""The audio language model: two encoders, a connection module and a language model."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    config="ALMConfig",
    connector="Connector ConnectorConfig",
    experiments="load_experiment read_experiment_config",
    model="C2SERModel",
)
