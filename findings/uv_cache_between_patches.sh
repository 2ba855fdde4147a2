#!/bin/sh
# Versions: uv 0.13.8 and 0.13.9, neighbouring patch releases; iniconfig 2.1.0 is what they install.
#
# Behaviour: a cache that one of the two has filled is empty for the other. The folders inside the
# cache carry a format number each, and the patch release raises three of them (simple-v27 to v28,
# wheels-v7 to v8, sdists-v10 to v11). With --offline the other release says that the package "was
# not found in the cache", though its wheel lies there; nothing names the two formats. It is so in
# both directions.
#
# Why it matters: an agent's image, sandbox or CI job is often warmed in one step and installs
# without a network in the next. If the two steps hold uv from different places (a base image and a
# lock file), a patch of uv empties the cache without a word, and whoever only skips what cannot be
# installed sees green. Pin uv itself to one exact version wherever a cache is handed on.
#
# Output seen:
#   filled by 0.13.8: simple-v27 wheels-v7
#   offline with 0.13.8: installed
#   offline with 0.13.9: not found in the cache
#   filled by 0.13.9: simple-v28 wheels-v8
#   offline with 0.13.8: not found in the cache
#   offline with 0.13.9: installed
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

export UV_NO_CONFIG=1 UV_LINK_MODE=copy
package=iniconfig==2.1.0
for version in 0.13.8 0.13.9; do
    python3 -m venv "$dir/uv-$version"
    "$dir/uv-$version/bin/python" -m pip install -q --disable-pip-version-check "uv==$version"
done

# install UV CACHE TARGET [OPTION...]
install() {
    uv=$dir/uv-$1/bin/uv python=$dir/uv-$1/bin/python cache=$dir/cache-$2 target=$dir/$3
    shift 3
    "$uv" pip install --cache-dir "$cache" --python "$python" --target "$target" "$@" "$package"
}

for filler in 0.13.8 0.13.9; do
    install "$filler" "$filler" "filled-$filler" -q
    formats=$(cd "$dir/cache-$filler" && echo simple-* wheels-*)
    echo "filled by $filler: $formats"
    for reader in 0.13.8 0.13.9; do
        if install "$reader" "$filler" "from-$filler-by-$reader" --offline >"$dir/log" 2>&1; then
            result=installed
        elif grep -q 'not found in the cache' "$dir/log"; then
            result='not found in the cache'
        else
            cat "$dir/log"
            result='failed otherwise'
        fi
        echo "offline with $reader: $result"
    done
done | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
filled by 0.13.8: simple-v27 wheels-v7
offline with 0.13.8: installed
offline with 0.13.9: not found in the cache
filled by 0.13.9: simple-v28 wheels-v8
offline with 0.13.8: not found in the cache
offline with 0.13.9: installed
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
