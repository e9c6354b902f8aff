#!/usr/bin/env bash
# Builds everything that `assay serve` needs.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

step "set-up" scripts/setup.sh run
build_steps
summary
