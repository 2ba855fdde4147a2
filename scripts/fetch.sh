#!/bin/sh
# Fetch what the tests need and no environment has: tests have no network. Says what could not be.
set -u
cd "$(dirname -- "$0")/.." || exit 1

missed=0
run() { ./scripts/uv.sh run --no-sync -- python -m "$@" || missed=1; }

./scripts/postgres.sh || missed=1
run tests.browser_tools
run scripts.site.browser
run tests.lambda_packages
run tests.loops_apart
run tests.deploy.tools
[ "$missed" -eq 0 ] || echo "Not everything could be fetched: tests that need it fail"
exit "$missed"
