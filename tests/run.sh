#!/usr/bin/env bash
# Sets the environment up if it is missing, then runs all tests: ruff, shellcheck, pytest. Where no Slurm answers and this
# is root, a Slurm of this machine alone is started for them, installed by apt-get if it is missing.
#
# Usage: tests/run.sh [pytest options]
#   tests/run.sh -k launcher -x
#   tests/run.sh --numprocesses 0 --pdb -k launcher  # by default two processes share the tests
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/install.sh recipe,test
# shellcheck source=../egs/TEMPLATE/path.sh
C2SER_EXTRAS=recipe,test . egs/TEMPLATE/path.sh

echo "== ruff =="
ruff check .
ruff format --check .
echo "== shellcheck =="
mapfile -d '' -t scripts < <(find . \( -name venv -o -name .git \) -prune -o \( -name '*.sh' -o -path ./.ci/run \) -type f -print0)
shellcheck --external-sources --source-path=SCRIPTDIR "${scripts[@]}"
if ! sinfo > /dev/null 2>&1; then
    echo "== Slurm =="
    slurm=$(mktemp --directory)
    trap 'tests/slurm/stop.sh "${slurm}"; rm -rf "${slurm}"' EXIT
    if tests/slurm/start.sh "${slurm}"; then
        export SLURM_CONF=${slurm}/slurm.conf
    fi
fi
echo "== pytest =="
# Which tests stay together, and their order, is in tests/conftest.py.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --durations=15 "$@"
