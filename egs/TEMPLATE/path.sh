# Sourced by a recipe's scripts: the Python environment, this checkout's code, the helpers in utils/.
# shellcheck shell=bash
C2SER_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
export C2SER_ROOT

# The active environment where it has c2ser, tools/venv otherwise.
if [[ "$(command -v python)" != "${C2SER_ROOT}"/tools/venv/* ]] &&
    ! python "${C2SER_ROOT}/tools/check_install.py" --extras "${C2SER_EXTRAS:-recipe}" --quiet 2>/dev/null; then
    if [ -r "${C2SER_ROOT}/tools/venv/installed" ] || [ -L "${C2SER_ROOT}/tools/venv" ]; then
        # shellcheck source=/dev/null
        . "${C2SER_ROOT}/tools/venv/bin/activate"
    elif [ -n "${C2SER_HELP:-}" ]; then  # the help of a command needs no package
        python() { python3 "$@"; }
        export -f python
    else
        echo "error: c2ser is not installed; run tools/install.sh first" >&2
        exit 1
    fi
fi

export PATH="${C2SER_ROOT}/utils:${PATH}"
export PYTHONPATH="${C2SER_ROOT}${PYTHONPATH:+:${PYTHONPATH}}"
# Sorting by bytes, as Kaldi's tables are; text in UTF-8 whatever the system says.
export LC_ALL=C.UTF-8 PYTHONUTF8=1 PYTHONIOENCODING=utf-8
# Threads that wait go to sleep after some 10 microseconds. By default they spin, and a training that shares its cores
# with its data loader or another job is then up to eight times slower.
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-10000}
