"""Any database that audb knows: ``--database NAME --version VERSION``, of its public repository or those configured.

What was loaded once stays in audb's cache, ``~/audb`` unless ``AUDB_CACHE_ROOT`` says otherwise. Repositories, such as
a folder or a company's own, stand in ``~/.config/audb.yaml``.

References:
    https://audeering.github.io/audb and, for the databases, https://audeering.github.io/datasets
"""

import logging
from dataclasses import replace
from pathlib import Path

from c2ser.corpora.audformat import open_database
from c2ser.corpora.common.audformat_database import import_package
from c2ser.corpora.common.corpus import Corpus, Source
from c2ser.errors import InputError

logger = logging.getLogger(__name__)

SITE = "https://audeering.github.io/datasets"


def load_database(source: Source) -> Corpus:
    """Loads a database into audb's cache, unless it is there, and opens it.

    Args:
        source: its ``database``, ``version`` and, where there are several columns of emotions, ``column``; the folder
            does not count.

    Raises:
        InputError: the package audb is missing, the database cannot be had, or as `open_database`.

    Example:
        >>> load_database(Source(Path(), "emodb", "1.4.1")).sets  # doctest: +SKIP
        ('train', 'test')
    """
    if source.database is None:
        raise InputError(f"the corpus audb needs the name of a database (--database); {SITE} lists the public ones")
    audb = import_package("audb")
    try:
        version = source.version or audb.latest_version(source.database)
        logger.info("loading %s %s by audb", source.database, version)
        loaded = audb.load(
            source.database, version=version, full_path=False, pickle_tables=False, num_workers=4, verbose=False
        )
    except Exception as error:  # of audb, its backends, or the network
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{source.database}: audb cannot load it ({reason}); {SITE} lists names and versions, and a copy in a"
            " folder is read by --corpus audformat --source_dir FOLDER"
        ) from None
    corpus = open_database(replace(source, folder=Path(loaded.root)))
    return replace(corpus, name=CORPUS.name, title=f"{source.database} {version}")


CORPUS = Corpus(
    name="audb",
    title="A database that audb loads by name and version",
    paper="that of the database",
    licence="that of the database, which is shown",
    access="loaded by the package audb, the extra [audb]",
    url=SITE,
    languages=(),
    sets=("train", "dev", "test"),
    protocols={"official": 1},
    open=load_database,
)
