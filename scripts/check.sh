#!/bin/sh
# Run every check that needs no server: name each, run them all, fail if any failed.
set -u
cd "$(dirname -- "$0")/.." || exit 1

failed=

run() { ./scripts/uv.sh run --no-sync -- "$@"; }

step() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    "$@" || failed="$failed${failed:+, }$name"
}

# Nothing here asks the network whether a newer pyright is out.
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1

step format run ruff format --check --output-format concise .
step lint run ruff check --output-format concise .
step types run pyright
step imports run lint-imports --no-logo
step 'gRPC code' run python scripts/generate_grpc.py --check
step 'gRPC protocol' ./scripts/buf.sh
step page run python scripts/playground.py
step lock ./scripts/uv.sh lock --check
step 'docs and shape' run python -m pytest -q tests/docs tests/shape

if [ -n "$failed" ]; then
    printf '\nFailed: %s\n' "$failed"
    exit 1
fi
printf '\nAll checks passed\n'
