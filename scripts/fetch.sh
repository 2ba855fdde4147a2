#!/bin/sh
# Fetch what the tests need and no environment has: tests have no network. Says what could not be.
# All at once, as most of it is waiting; Debian's packages one after the other.
set -u
cd "$(dirname -- "$0")/.." || exit 1

run() { ./scripts/uv.sh run --no-sync -- python -m "$@"; }

debian() {
    had=0
    ./scripts/postgres.sh || had=1
    run tests.browser_tools || had=1
    return "$had"
}

begun=
debian & begun="$begun $!"
run scripts.site.browser & begun="$begun $!"
run tests.lambda_packages & begun="$begun $!"
run tests.loops_apart & begun="$begun $!"
run tests.deploy.tools & begun="$begun $!"

missed=0
for each in $begun; do
    wait "$each" || missed=1
done
[ "$missed" -eq 0 ] || echo "Not everything could be fetched: tests that need it fail"
exit "$missed"
