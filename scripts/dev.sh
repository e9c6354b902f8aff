#!/usr/bin/env bash
# Builds, serves, and does both again whenever a source file changes. Arguments go to
# `assay serve`. A change of style alone takes seconds; a change of Rust code takes as
# long as linking the server does, most of a minute. When a build fails, the server of
# the last good one stays up.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

readonly NATIVE=(Cargo.toml Cargo.lock model engine store app server xtask)
readonly STYLE=(style)
stamp=$(mktemp)
server=

main() {
    trap stop_server EXIT
    trap 'exit 130' INT TERM
    scripts/setup.sh run
    build native && build site || true
    start_server "$@"
    while sleep 1; do
        if changed "${NATIVE[@]}" "${STYLE[@]}"; then
            rebuild && stop_server && start_server "$@"
        fi
    done
}

# Style sheets are not compiled into the server; everything else may be.
rebuild() {
    local parts=(site)
    if changed "${NATIVE[@]}"; then
        parts=(native site)
    fi
    # Before building, so that what is saved meanwhile is built next.
    touch "$stamp"
    local part
    for part in "${parts[@]}"; do
        build "$part" || return 1
    done
}

build() {
    case $1 in
        native) native_build ;;
        site) "$TARGET/release/xtask" site --dev ;;
    esac || {
        echo "dev: the $1 build failed; waiting for the next change" >&2
        return 1
    }
}

changed() {
    [ -n "$(find "$@" -type f -newer "$stamp" -print -quit)" ]
}

start_server() {
    "$TARGET/release/assay" serve "$@" &
    server=$!
}

stop_server() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" || true
        server=
    fi
}

main "$@"
