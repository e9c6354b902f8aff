#!/usr/bin/env bash
# Everything that judges the source without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

# The crate that cuts the browser's program is a workspace of its own.
readonly CUT=xtask/cut/Cargo.toml

format() {
    cargo fmt --all --check
    cargo fmt --manifest-path "$CUT" --check
}

native_lints() {
    cargo clippy --release --workspace --all-targets --locked -- --deny warnings
    cargo clippy --release --manifest-path "$CUT" --target-dir "$TARGET" --locked -- --deny warnings
}

# The browser's half is compiled under other conditions, so it is read a second time.
browser_lints() {
    cargo clippy --locked --package assay-app --features hydrate \
        --target wasm32-unknown-unknown --profile wasm -- --deny warnings
}

scripts_lints() {
    if command -v shellcheck >/dev/null; then
        shellcheck --external-sources scripts/*.sh .ci/run
    else
        echo "shellcheck is not installed: the scripts are left unread"
    fi
}

# Licences, known faults and doubled versions in what Assay is built on.
dependency_lints() {
    if command -v cargo-deny >/dev/null; then
        cargo deny --locked check
        cargo deny --locked --manifest-path "$CUT" check --config deny.toml
    else
        echo "cargo-deny is not installed: dependencies are left unread"
    fi
}

step "set-up" scripts/setup.sh run
step "format" format
step "lints, native" native_lints
step "lints, browser" browser_lints
step "lints, scripts" scripts_lints
step "lints, dependencies" dependency_lints
summary
