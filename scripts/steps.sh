# shellcheck shell=bash
# The steps that the other scripts put together, each timed. To be sourced.

# Where rustup installs, for shells that do not know it yet.
PATH="$PATH:$HOME/.cargo/bin"
TARGET=${CARGO_TARGET_DIR:-target}

step_names=()
step_times=()

# step NAME COMMAND...: runs a step and notes how long it took, also when it fails.
step() {
    local name=$1 began=$SECONDS status=0
    shift
    printf '\n==> %s\n' "$name"
    "$@" || status=$?
    step_names+=("$name")
    step_times+=("$(duration $((SECONDS - began)))")
    if [ "$status" -ne 0 ]; then
        step_times[-1]+=", failed"
        summary
        exit "$status"
    fi
}

# summary: prints the steps so far and their times.
summary() {
    local index
    printf '\n%-26s %s\n' "step" "took"
    for index in "${!step_names[@]}"; do
        printf '%-26s %s\n' "${step_names[index]}" "${step_times[index]}"
    done
}

# duration SECONDS: as people say it.
duration() {
    if [ "$1" -lt 60 ]; then
        printf '%d s' "$1"
    else
        printf '%d min %d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# One cargo command for everything: a part of the workspace built alone would choose
# other features for shared crates, and compile those crates a second time.
native_build() {
    cargo build --release --workspace --locked
}

site_build() {
    "$TARGET/release/xtask" site
}

build_steps() {
    step "native build" native_build
    step "site" site_build
}
