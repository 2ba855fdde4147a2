#!/bin/sh
# Run uv with the arguments given: the version that uv.lock names, from PATH, else fetched into
# .tools/ once. Also settles which Python uv takes, so that a broken shim early on PATH does no
# harm.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
tools=$root/.tools
log=$tools/bootstrap.log
# The lock's uv is in .venv too, and makes packages there from the cache that this one fills: versions
# apart have caches apart.
version=$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$root/uv.lock")
wanted=uv==$version
installer=https://astral.sh/uv/$version/install.sh
# For interpreters that come without pip; a wheel of pip can be run as it is.
pip_url=https://files.pythonhosted.org/packages/07/25/ee8c38ae72d66b844ce8eb9711ba905dba21ca1a8a0c960057c41cd23337/pip-26.3-py3-none-any.whl
pip_sha256=f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13

say() { printf '%s\n' "$*" >&2; }

# Print every executable of this name on PATH, one a line, in PATH's order.
on_path() (
    IFS=:
    set -f
    for folder in $PATH; do
        if [ -n "$folder" ] && [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
            printf '%s\n' "$folder/$1"
        fi
    done
)

# Print the first line read for which "$@ line" holds.
first_that() {
    while IFS= read -r candidate; do
        if "$@" "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

# Whether this uv runs and is the version wanted.
same_uv() {
    said=$("$1" --version 2>/dev/null </dev/null) || return 1
    said=${said#uv }
    [ "${said%% *}" = "$version" ]
}

# Whether this is a whole CPython from 3.<$1> to 3.<$2>: Debian's python3-minimal, for one, lacks
# ssl and sqlite3.
sound_python() {
    "$3" -c "
import sqlite3, ssl, sys
fits = (3, $1) <= sys.version_info[:2] <= (3, $2)
sys.exit(not fits or sys.implementation.name != 'cpython')" >/dev/null 2>&1 </dev/null
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        on_path "$name"
    done | first_that sound_python "$1" "$2"
}

find_uv() { on_path uv | first_that same_uv; }

fetched_uv() {
    printf '%s\n' "$tools/venv/bin/uv" "$tools/uv/bin/uv" "$tools/uv/uv" | first_that same_uv
}

# The user's own pip settings (--user, only inside a virtualenv) must not get in the way.
pip_install() {
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
        "$@" --quiet --no-input --retries 2 "$wanted"
}

by_venv() {
    "$1" -m venv "$tools/venv" && pip_install "$tools/venv/bin/python" -m pip install
}

by_pip() {
    pip_install "$1" -m pip install --target "$tools/uv"
}

by_pip_wheel() {
    wheel=$tools/${pip_url##*/}
    "$1" - "$pip_url" "$pip_sha256" "$wheel" <<'PYTHON' || return 1
import hashlib, pathlib, sys, urllib.request

url, expected, target = sys.argv[1:]
body = urllib.request.urlopen(url, timeout=60).read()
if hashlib.sha256(body).hexdigest() != expected:
    sys.exit(f"{url} is not the file that was expected")
pathlib.Path(target).write_bytes(body)
PYTHON
    pip_install "$1" "$wheel/pip" install --target "$tools/uv"
}

# Another version of uv, which may be all that is here.
by_uv() {
    "$1" pip install --quiet --target "$tools/uv" "$wanted"
}

by_installer() {
    script=$tools/install-uv.sh
    curl -LsSf --connect-timeout 20 -o "$script" "$installer" ||
        wget -q -T 20 -O "$script" "$installer" || return 1
    UV_UNMANAGED_INSTALL=$tools/uv sh "$script"
}

# Try one way of fetching; what it said goes to the log. Leaves no half of an install behind.
attempt() {
    rm -rf "$tools/venv" "$tools/uv"
    printf '\n== %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 || true
    [ -n "$(fetched_uv)" ]
}

fetch_uv() {
    mkdir -p "$tools"
    : >"$log"
    say "Fetching uv $version into .tools/ (once)"
    python=$(find_python 8 99)
    if [ -n "$python" ]; then
        attempt by_venv "$python" && return
        attempt by_pip "$python" && return
        attempt by_pip_wheel "$python" && return
    fi
    other=$(on_path uv | head -n 1)
    if [ -n "$other" ]; then
        attempt by_uv "$other" && return
    fi
    attempt by_installer && return
    say "Could not fetch uv $version; what was tried is in $log."
    say "It takes Python 3 or curl or wget, and the network. Or put uv $version on PATH yourself:"
    say "https://docs.astral.sh/uv/getting-started/installation/"
    exit 1
}

# An environment that works is kept with the Python it has; else the first sound one on PATH.
choose_python() {
    [ -z "${UV_PYTHON:-}" ] || return 0
    if ! sound_python 11 14 "${UV_PROJECT_ENVIRONMENT:-$root/.venv}/bin/python"; then
        python=$(find_python 11 14)
        if [ -z "$python" ]; then
            say "No Python 3.11 to 3.14 on PATH: uv fetches one"
            export UV_PYTHON=3.13 UV_PYTHON_DOWNLOADS="${UV_PYTHON_DOWNLOADS:-automatic}"
            return 0
        fi
        export UV_PYTHON="$python"
    fi
    export UV_PYTHON_DOWNLOADS="${UV_PYTHON_DOWNLOADS:-never}"
}

[ -n "$version" ] || {
    say "uv.lock names no version of uv"
    exit 1
}
uv=$(find_uv)
[ -n "$uv" ] || uv=$(fetched_uv)
if [ -z "$uv" ]; then
    fetch_uv
    uv=$(fetched_uv)
fi
choose_python
# An active environment elsewhere is not ours, and a copy never warns about file systems.
unset VIRTUAL_ENV
export UV_LINK_MODE="${UV_LINK_MODE:-copy}"
exec "$uv" "$@"
