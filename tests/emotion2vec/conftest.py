"""FunASR's emotion2vec at a small size."""

import pytest
from helpers.funasr import SMALL, SMALL_AUDIO, TOKENS, build_funasr, configuration


@pytest.fixture(scope="module")
def funasr():
    """Builds FunASR's model of a configuration."""
    return build_funasr


@pytest.fixture(scope="module")
def small(funasr):
    """A small model of FunASR with a classifier, and its configuration."""
    config = configuration(SMALL, SMALL_AUDIO)
    return funasr(config, len(TOKENS)), config
