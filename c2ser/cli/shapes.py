"""Memory of what PyTorch compiles on a CPU."""

import os

CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
SHAPES = "32"


def bound_shape_caches() -> None:
    """Bounds what oneDNN keeps of the shapes that it has compiled for, unless the environment does.

    By default it keeps 1024. Audio has as many lengths as there are recordings, and memory would grow with thousands of
    them. It is read when PyTorch is imported, so this has to be called before.

    Example:
        >>> bound_shape_caches()
        >>> os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]
        '32'
    """
    for cache in CACHES:
        os.environ.setdefault(cache, SHAPES)
