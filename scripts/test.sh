#!/usr/bin/env bash
# Builds everything and runs every test there is.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

native_tests() {
    cargo test --release --workspace --locked
}

browser_tests() {
    npx --no-install playwright test --config end2end/playwright.config.ts
}

# Tests that call programs in Python call this one.
export ASSAY_TEST_PYTHON=${ASSAY_TEST_PYTHON:-$PWD/.venv/bin/python}

step "set-up" scripts/setup.sh test
build_steps
step "native tests" native_tests
if [ -e end2end/playwright.config.ts ]; then
    step "browser tests" browser_tests
fi
summary
