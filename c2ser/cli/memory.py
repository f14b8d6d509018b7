"""What a command keeps in memory: shapes that PyTorch has compiled for, and what is freed and needed again."""

import ctypes
import os
import sys

CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
SHAPES = "32"

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
TRIM_THRESHOLD = 512 * 2**20
MMAP_THRESHOLD = 32 * 2**20  # the most that mallopt takes
MALLOC_SETTINGS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


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


def reuse_freed_memory() -> None:
    """Lets glibc keep up to 512 MiB of what is freed for the next allocation, unless the environment sets it.

    By default it gives the memory of a large tensor back to the system, which fills it with zeros, page by page, when
    the next one is allocated. Other C libraries are left as they are.

    References:
        mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html

    Example:
        >>> reuse_freed_memory()
    """
    if sys.platform != "linux" or any(setting in os.environ for setting in MALLOC_SETTINGS):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD)
        mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD)
