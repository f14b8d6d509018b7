#!/usr/bin/env bash
# Sets the environment up if it is missing, then runs all tests: ruff, shellcheck, pytest.
#
# Usage: tests/run.sh [pytest options]
#   tests/run.sh -k launcher -x
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
echo "== pytest =="
exec python -m pytest --durations=15 "$@"
