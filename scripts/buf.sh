#!/bin/sh
# Lint the gRPC protocol with buf, from npm into .tools; says so where it cannot be had.
set -u
cd "$(dirname -- "$0")/.." || exit 1

version=1.75.0
home=.tools/buf-$version
buf=$home/node_modules/.bin/buf

if [ ! -x "$buf" ]; then
    if ! command -v npm >/dev/null 2>&1; then
        echo 'skipped: buf comes from npm, which is not installed here'
        exit 0
    fi
    mkdir -p "$home"
    if ! npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --silent \
        "@bufbuild/buf@$version" >/dev/null 2>&1; then
        rm -rf "$home"
        echo "skipped: npm could not install buf $version"
        exit 0
    fi
fi

rules='["STANDARD", "COMMENT_SERVICE", "COMMENT_RPC", "COMMENT_MESSAGE"]'
"$buf" lint . --path src/batuta/remote/grpc/v1 \
    --config "{\"version\": \"v2\", \"modules\": [{\"path\": \"src\"}], \"lint\": {\"use\": $rules}}"
