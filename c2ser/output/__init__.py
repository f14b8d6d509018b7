"""What a system answers about files: rows of tables and annotations, in files that an interrupted run goes on with."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    formats="FORMATS Layout",
    journal="resumed",
    run="print_answers save_answers",
    table="Table",
)
