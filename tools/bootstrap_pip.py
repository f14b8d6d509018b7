"""Installs pip into the Python that runs this, where the system has no ensurepip (Debian without python3-venv)."""

import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

WHEEL = "pip-25.3-py3-none-any.whl"
SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"


def download_wheel() -> bytes:
    """Returns pip's wheel from the package index. Raises ``OSError`` without network or where the bytes differ.

    The hash above vouches for the bytes, so the connection need not: a fresh system may have no CA certificates.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    page = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    with urlopen(page, context=context, timeout=60) as answer:
        link = re.search(rf'href="([^"#]*{re.escape(WHEEL)})', answer.read().decode())
    if link is None:
        raise OSError(f"{page} has no {WHEEL}")
    with urlopen(urljoin(page, link[1]), context=context, timeout=60) as answer:
        wheel = answer.read()
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise OSError(f"{WHEEL} from {page} is not the file expected")
    return wheel


def main() -> None:
    """Downloads pip's wheel, which can run from its archive, and has it install itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WHEEL
        try:
            path.write_bytes(download_wheel())
        except OSError as error:
            sys.exit(f"error: cannot get pip: {error}; install Debian's python3-venv or set PIP_INDEX_URL to a mirror")
        subprocess.run([sys.executable, path / "pip", "install", "--quiet", "--no-index", path], check=True)


if __name__ == "__main__":
    main()
