#!/bin/sh
# The loop for every minute, under 30 seconds: format, lint, types of what changed, and the unit
# tests of what everything stands on. What changed is what main has not, and what is not committed.
set -u
cd "$(dirname -- "$0")/.." || exit 1

rooms='core styles intake parts control compose'
typed='src examples bench scripts tests deploy'
always=src/batuta/__init__.py
begun=$(date +%s)
failed=

step() {
    name=$1
    shift
    printf '== %s\n' "$name"
    ./scripts/uv.sh run --no-sync -- "$@" || failed="$failed${failed:+, }$name"
}

base=$(git merge-base HEAD main 2>/dev/null) || base=HEAD
# No file of ours has a space in its name.
# shellcheck disable=SC2086
changed=$({ git diff --name-only --diff-filter=d "$base" -- $typed
    git ls-files --others --exclude-standard -- $typed; } 2>/dev/null | grep -E '\.pyi?$' | sort -u)
tests=
for room in $rooms; do
    [ ! -d "tests/unit/$room" ] || tests="$tests tests/unit/$room"
done

export PYRIGHT_PYTHON_IGNORE_WARNINGS=1
step format ruff format --check --quiet .
step lint ruff check --quiet --output-format concise .
# shellcheck disable=SC2086
step types pyright ${changed:-$always}
# shellcheck disable=SC2086
step tests python -m pytest -q -n 2 $tests

printf 'make quick: %s, %s s\n' "${failed:+failed: }${failed:-passed}" "$(($(date +%s) - begun))"
[ -z "$failed" ]
