#!/usr/bin/env bash
# Puts in place what Assay is built and run with (`setup.sh run`) and what its tests
# need beyond that (`setup.sh test`). Looks first, says what is missing and why, and
# installs only that; where it may not install, it says what to do and stops.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NODE_MAJOR=20
readonly WASM=wasm32-unknown-unknown

missing_packages=()
remedies=()

main() {
    case "${1:-}" in
        run | test) ;;
        *) echo "usage: scripts/setup.sh run|test" >&2 && exit 2 ;;
    esac
    look_for_run
    if [ "$1" = test ]; then
        look_for_test
    fi
    install_packages
    stop_if_remedies
    install_wasm_target
    install_npm_packages
    if [ "$1" = test ]; then
        install_python_packages
    fi
}

look_for_run() {
    have cargo || remedies+=("Rust, which Assay is written in: install it from https://rustup.rs")
    have cc || want build-essential "a C compiler, for zstd and for linking"
    # Somebody who brings a Redis of their own needs none here.
    [ -n "${ASSAY_REDIS:-}" ] || have redis-server || want_redis
    # Debian 12's own Node.js is too old, so the system's packages are no remedy.
    have_node || remedies+=("Node.js $NODE_MAJOR or newer with npm, for the tools of the site build: install it from https://nodejs.org")
}

look_for_test() {
    have redis-server || want_redis
    have chromium chromium-browser google-chrome || want chromium "the browser that the page is tested in"
    [ -x .venv/bin/python ] || python3 -c 'import ensurepip, venv' 2>/dev/null ||
        want python3-venv "Python, for the tests of working together with other programs"
}

want_redis() {
    want redis-server "the database that holds all data; Assay starts its own and uses no system service"
}

# have PROGRAM...: whether one of these programs is there.
have() {
    local program
    for program in "$@"; do
        if command -v "$program" >/dev/null; then
            return 0
        fi
    done
    return 1
}

have_node() {
    local version
    have npm && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge "$NODE_MAJOR" ]
}

# want PACKAGE WHY: notes a package of the system that has to be installed.
want() {
    local package=$1 why=$2
    # Tests want some of what running wants.
    case " ${missing_packages[*]} " in *" $package "*) return ;; esac
    echo "set-up: $package is missing: $why"
    missing_packages+=("$package")
}

install_packages() {
    [ "${#missing_packages[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! have apt-get; then
        remedies+=("the packages named above: on Debian or Ubuntu run: sudo apt-get install ${missing_packages[*]}")
        return
    fi
    echo "set-up: installing ${missing_packages[*]} with apt-get"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing_packages[@]}" >/dev/null
}

stop_if_remedies() {
    [ "${#remedies[@]}" -gt 0 ] || return 0
    {
        echo "Set-up cannot go on. Please install:"
        printf '  - %s\n' "${remedies[@]}"
        echo "Then run the same command again."
    } >&2
    exit 1
}

install_wasm_target() {
    local libraries
    libraries=$(rustc --print target-libdir --target "$WASM")
    [ -d "$libraries" ] && return
    if ! have rustup; then
        remedies+=("the standard library of Rust for $WASM, in the way that Rust itself was installed here")
        stop_if_remedies
    fi
    echo "set-up: adding Rust's $WASM target, for the part of Assay that runs in the browser"
    rustup target add "$WASM"
}

install_npm_packages() {
    local installed=node_modules/.installed-lock.json
    cmp -s package-lock.json "$installed" && return
    echo "set-up: installing the tools of the site build and of the browser tests into node_modules"
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json "$installed"
}

install_python_packages() {
    local wanted=end2end/requirements.txt installed=.venv/installed-requirements.txt
    cmp -s "$wanted" "$installed" && return
    echo "set-up: installing the Python packages of the tests into .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip --quiet --disable-pip-version-check install -r "$wanted"
    cp "$wanted" "$installed"
}

main "$@"
