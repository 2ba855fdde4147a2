#!/bin/sh
# Installs PostgreSQL's own programs for the tests, where Debian's packages can be had; the tests
# start a server of their own. Elsewhere tests that need it are skipped, which CI does not allow.
set -eu

for initdb in /usr/lib/postgresql/*/bin/initdb; do
	if [ -x "$initdb" ]; then exit 0; fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "No PostgreSQL here: tests that need it are skipped (Debian: apt-get install postgresql)"
	exit 0
fi
echo "Installing PostgreSQL for the tests (once)"
# No cluster of the machine's own is made or started.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
	echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
	--no-install-recommends postgresql; } >/tmp/batuta-postgres.log 2>&1; then
	echo "PostgreSQL could not be installed: see /tmp/batuta-postgres.log"
	exit 1
fi
