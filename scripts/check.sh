#!/bin/sh
# Run every check that needs no server: name each, run them all, fail if any failed. Types are
# checked beside the others. --without-tests leaves out the tests of docs and shape.
set -u
cd "$(dirname -- "$0")/.." || exit 1

failed=
said=$(mktemp)
trap 'rm -f "$said"' EXIT

run() { ./scripts/uv.sh run --no-sync -- "$@"; }

step() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    "$@" || failed="$failed${failed:+, }$name"
}

# Wait for what was begun before, and tell what it said.
end() {
    wait "$1"
    ended=$?
    cat "$2"
    return "$ended"
}

# Nothing here asks the network whether a newer pyright is out.
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1

run pyright >"$said" 2>&1 &
types=$!
step format run ruff format --check --output-format concise .
step lint run ruff check --output-format concise .
step imports run lint-imports --no-logo
step 'gRPC code' run python scripts/generate_grpc.py --check
step 'gRPC protocol' ./scripts/buf.sh
step page run python scripts/playground.py
step lock ./scripts/uv.sh lock --check
[ "${1:-}" = --without-tests ] ||
    step 'docs and shape' run python -m pytest -q -n 2 --dist worksteal tests/docs tests/shape
step types end "$types" "$said"

if [ -n "$failed" ]; then
    printf '\nFailed: %s\n' "$failed"
    exit 1
fi
printf '\nAll checks passed\n'
