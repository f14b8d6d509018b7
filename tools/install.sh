#!/usr/bin/env bash
# Installs c2ser and the extras named (default: recipe) into tools/venv; does nothing where that is done already
# or where the active Python environment has them.
#
# Usage: tools/install.sh [recipe|recipe,test]
#   PYTHON=/path/to/python3.11 tools/install.sh   # with a Python of one's own choice (3.10 to 3.13)
#   PIP_INDEX_URL=... tools/install.sh            # from a mirror of PyPI; pip's own configuration counts as well
set -euo pipefail

extras=${1:-recipe}
case "${extras}" in
    recipe | recipe,test) ;;
    *)
        sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
        [[ ${extras} == -h || ${extras} == --help ]] && exit 0 || exit 2
        ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${root}/tools/venv
stamp=${venv}/installed
export PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() {
    local candidate candidates=(python3 python3.13 python3.12 python3.11 python3.10)
    [ -n "${PYTHON:-}" ] && candidates=("${PYTHON}")
    for candidate in "${candidates[@]}"; do
        if "${candidate}" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "${candidate}"
            return
        fi
    done
    echo "error: none of ${candidates[*]} is Python 3.10 to 3.13; install one (python3 of Debian 12 and 13, Ubuntu 22.04 and 24.04; conda or pyenv elsewhere) or name it: PYTHON=/path/to/python3.11" >&2
    return 1
}

# The stamp is written last, so an interrupted installation has none. It reads "<root> <key> <extras>": an environment
# that was moved is made anew, one that is older than setup.py is brought up to date.
key=$(cat "${root}/setup.py" "${root}/tools/install.sh" | sha256sum | cut -c 1-16)
is_whole() { grep -qsF "${root} " "${stamp}" && "${venv}/bin/python" -c 'import pip' 2>/dev/null; }
is_installed() {
    local active
    grep -qsF "${root} ${key} ${extras}" "${stamp}" && is_whole && return
    active=$(command -v python) || return
    [[ ${active} != "${venv}"/* ]] && "${active}" "${root}/tools/check_install.py" --extras "${extras}" --quiet
}

is_installed && exit 0
exec 9<"${root}/tools"
flock 9 2>/dev/null || true # one installation at a time, where the file system knows locks
is_installed && exit 0

python=$(find_python)
echo "== Setting up ${venv} with $("${python}" -V): minutes, and 6 to 7 GB, most for PyTorch with CUDA =="
if ! is_whole; then
    rm -rf "${venv}"
    if "${python}" -c 'import ensurepip' 2>/dev/null; then
        "${python}" -m venv "${venv}"
    else
        "${python}" -m venv --without-pip "${venv}"
        "${venv}/bin/python" "${root}/tools/bootstrap_pip.py"
    fi
fi
rm -f "${stamp}"

# ESPnet 202511 requires pyworld, 202611 no longer does. PyPI has no wheel of it, and building one takes a compiler and
# Python's headers: the same module comes from the wheels of pyworld-prebuilt, an empty distribution has the name.
packages=("${root}[${extras}]")
if "${venv}/bin/python" -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    stand_in=$(mktemp -d)
    trap 'rm -rf "${stand_in}"' EXIT
    cat >"${stand_in}/pyproject.toml" <<'TOML'
[project]
name = "pyworld"
version = "0.3.5+absent"
[tool.setuptools]
py-modules = []
TOML
    packages+=("${stand_in}")
fi
"${venv}/bin/python" -m pip install --editable "${packages[@]}"

echo "${root} ${key} ${extras}" >"${stamp}.part"
mv "${stamp}.part" "${stamp}"
echo "== Set up in $((SECONDS / 60)) min $((SECONDS % 60)) s; tools/check_install.py shows what there is =="
