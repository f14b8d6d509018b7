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

# announce_sizes: says what is downloaded and how much, and stops where the disk is too small for it.
announce_sizes() {
    local free
    echo "   downloads SIZE1 GB, SIZE2 of them PyTorch with its CUDA libraries, which become SIZE3 GB (measured on 2026-11-27)"
    free=$(df -Pk "${root}/tools" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "${free}" -ge 8 ] || {
        echo "error: ${root}/tools has ${free} GB left, and the set-up needs 8" >&2
        exit 1
    }
}

# make_environment: an empty environment with pip.
make_environment() {
    if [ -n "${uv}" ]; then
        "${uv}" venv --quiet --seed --python "${python}" "${venv}"
    elif "${python}" -c 'import ensurepip' 2>/dev/null; then
        "${python}" -m venv "${venv}"
    else
        "${python}" -m venv --without-pip "${venv}"
        "${venv}/bin/python" "${root}/tools/bootstrap_pip.py"
    fi
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
if [ -L "${venv}" ]; then  # never deleted nor changed: it belongs to another checkout, or to the user
    [ -x "${venv}/bin/python" ] && "${venv}/bin/python" "${root}/tools/check_install.py" --extras "${extras}" --quiet &&
        exit 0
    echo "error: tools/venv is a link to $(readlink "${venv}"), which lacks packages that c2ser needs; add them with" \
        "'${venv}/bin/python -m pip install --editable ${root}[${extras}]', or remove the link" >&2
    exit 1
fi
exec 9<"${root}/tools"
flock 9 2>/dev/null || true # one installation at a time, where the file system knows locks
is_installed && exit 0

python=$(find_python)
uv=$(command -v uv || true)
echo "== Setting up ${venv} with $("${python}" -V) and ${uv:-pip} =="
announce_sizes
if ! is_whole; then
    rm -rf "${venv}"
    make_environment
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
if [ -n "${uv}" ]; then
    [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=${PIP_INDEX_URL}
    "${uv}" pip install --python "${venv}/bin/python" --editable "${packages[@]}"
else
    "${venv}/bin/python" -m pip install --editable "${packages[@]}"
fi

echo "${root} ${key} ${extras}" >"${stamp}.part"
mv "${stamp}.part" "${stamp}"
echo "== Set up in $((SECONDS / 60)) min $((SECONDS % 60)) s; tools/check_install.py shows what there is =="
