#!/bin/sh
# Counts the instructions of one run of five representative cases, on one thread and the AVX2 kernels,
# and compares with the counts recorded beside this script: a regression shows on a noisy machine too.
#
#     crates/bench/instructions.sh             compares; fails where a case needs over 3 % more
#     crates/bench/instructions.sh --record    writes the counts anew
#
# Needs valgrind. PERCENT says how much more is too much, BENCH names a built ondol-bench.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
record="$here/instructions.txt"
percent=${PERCENT:-3}
cases="D/tiny_train/20 D/mlp_infer/1 D/cnn_infer/1 D/mlp_train/64 B/lsm_nll_fb/64x10"

command -v valgrind >/dev/null || { echo "instructions.sh: valgrind is not installed" >&2; exit 2; }
if [ -z "${BENCH:-}" ]; then
    cargo build --release --locked --quiet -p ondol-bench --manifest-path "$here/../../Cargo.toml"
    BENCH=${CARGO_TARGET_DIR:-$here/../../target}/release/ondol-bench
fi

# The instructions of a process that makes $2 runs of case $1.
count() {
    ONDOL_SIMD=avx2 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$BENCH" --threads 1 --case "$1" --runs "$2" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
for case in $cases; do
    few=$(count "$case" 2)
    many=$(count "$case" 6)
    # What starts and warms up is in both.
    echo "$case $(((many - few) / 4))" | tee -a "$new"
done

if [ "${1:-}" = --record ]; then
    mv "$new" "$record"
    chmod 644 "$record"
    trap - EXIT
    exit 0
fi

awk -v percent="$percent" '
    NR == FNR { before[$1] = $2; next }
    !($1 in before) { print $1 ": no count is recorded"; bad = 1; next }
    {
        change = ($2 / before[$1] - 1) * 100
        printf "%s: %+.2f %%\n", $1, change
        if (change > percent) { print "  more than " percent " % above the recorded " before[$1]; bad = 1 }
    }
    END { exit bad }
' "$record" "$new"
