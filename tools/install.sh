#!/usr/bin/env bash
# Installs c2ser and the extras named (default: recipe) into tools/venv; does nothing where that is done already
# or where the active Python environment has them.
#
# Usage: tools/install.sh [--cpu] [recipe|recipe,test]
#   tools/install.sh --cpu                        # PyTorch without CUDA: 0.6 GB to download instead of 3.4
#   PYTHON=/path/to/python3.11 tools/install.sh   # with a Python of one's own choice (3.10 to 3.13)
#   PIP_INDEX_URL=... tools/install.sh            # from a mirror of PyPI; pip's own configuration counts as well
#   TORCH_CPU_INDEX=... tools/install.sh --cpu    # from a mirror of https://download.pytorch.org/whl/cpu
# uv is used where it is installed; it has a configuration of its own.
set -euo pipefail

cpu=false
if [ "${1:-}" = --cpu ]; then
    cpu=true
    shift
fi
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

# announce_sizes: says what is downloaded and how much, and stops where the disk is too small for it. Measured on
# 2026-11-27, Linux on x86_64, Python 3.12.
announce_sizes() {
    local free needed=7
    if "${cpu}"; then
        needed=3
        echo "   downloads 0.6 GB: PyTorch without CUDA 0.2, other packages 0.4; 2 GB on disk"
    else
        echo "   downloads 3.4 GB: PyTorch with its CUDA libraries 3.0, other packages 0.4; 6.5 GB on disk. --cpu is without CUDA"
    fi
    free=$(df -Pk "${root}/tools" | awk 'NR == 2 { print int($4 / 1048576) }')
    if [ "${free}" -lt "${needed}" ]; then
        echo "error: ${root}/tools is on a disk with ${free} GB left, and the set-up needs ${needed}" >&2
        exit 1
    fi
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

# pip_install ARGUMENT...: installs packages into the environment, within the bounds on torch.
pip_install() {
    if [ -n "${uv}" ]; then
        "${uv}" pip install --python "${venv}/bin/python" --constraints "${bounds}" "$@"
    else
        "${venv}/bin/python" -m pip install --constraint "${bounds}" "$@"
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
    cat >"${stand_in}/pyproject.toml" <<'TOML'
[project]
name = "pyworld"
version = "0.3.5+absent"
[tool.setuptools]
py-modules = []
TOML
    packages+=("${stand_in}")
fi
# The bounds on torch are given once more, as constraints: pip downloads newer releases before it reads them in an extra.
bounds=$(mktemp)
trap 'rm -rf "${bounds}" "${stand_in:-}"' EXIT
grep -oE "'torch[a-z]*[<>=][^']*'" "${root}/setup.py" | tr -d "'" >"${bounds}"
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL}}
if "${cpu}"; then
    pip_install --no-deps --index-url "${TORCH_CPU_INDEX:-https://download.pytorch.org/whl/cpu}" torch
fi
pip_install --editable "${packages[@]}"
site=$("${venv}/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
if compgen -G "${site}/torch-*+cpu.dist-info" >/dev/null; then
    # PyPI's torchaudio has a compiled part that loads CUDA's libraries; without the file torchaudio goes without it. It
    # computes forced alignments, and ESPnet's trainer, which imports torchaudio, does not need it.
    rm -f "${site}"/torchaudio/lib/_torchaudio*.so
fi

echo "${root} ${key} ${extras}" >"${stamp}.part"
mv "${stamp}.part" "${stamp}"
echo "== Set up in $((SECONDS / 60)) min $((SECONDS % 60)) s; tools/check_install.py shows what there is =="
