#!/usr/bin/env bash
# Makes egs/NAME: the template's run.sh, local/ and conf/ to edit, links to the stages and helpers that recipes share.
#
# Usage: utils/new_recipe.sh NAME
set -euo pipefail

if [[ $# -ne 1 || ! $1 =~ ^[A-Za-z0-9_]+$ ]]; then
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
egs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../egs" && pwd)
if [ -e "${egs}/$1" ]; then
    echo "error: ${egs}/$1 exists already" >&2
    exit 1
fi
mkdir "${egs}/$1"
cp -RL "${egs}/TEMPLATE/run.sh" "${egs}/TEMPLATE/local" "${egs}/TEMPLATE/conf" "${egs}/$1/"
for file in ser.sh cmd.sh path.sh; do
    ln -s "../TEMPLATE/${file}" "${egs}/$1/${file}"
done
echo "made egs/$1; next: ./run.sh --recipe $1 --source_dir DIR, which reads folders by speaker and emotion, or a table;" \
    "for other layouts see egs/$1/local/data.sh"
