#!/bin/sh
# Checks Ondol on the GPU of this machine and times it: needs nothing but what lies beside this file.
# A table at the end, and the same as results/results.json; exit code 1 where something failed, 3
# where there is no GPU.
#
# ONDOL_TEST_DEVICES  the device (cuda:0)
# TIMES=N             a factor for the time limits, for slow devices (1)
here=$(cd "$(dirname "$0")" && pwd)
results=$here/results
times=${TIMES:-1}
: "${ONDOL_TEST_DEVICES:=cuda:0}"
export ONDOL_TEST_DEVICES
mkdir -p "$results"
table=$results/table.txt
: >"$table"

for packed in "$here"/*.gz; do
    [ -e "$packed" ] || continue
    gzip -dc "$packed" >"${packed%.gz}" && chmod +x "${packed%.gz}" && rm "$packed" || exit 2
done

"$here/bench" --info >"$results/info.txt" 2>&1
status=$?
cat "$results/info.txt"
[ $status -eq 0 ] || exit $status

failed=0

# note NAME RESULT SECONDS
note() {
    printf '%-28s %-8s %4d s\n' "$1" "$2" "$3" | tee -a "$table"
}

# check NAME LIMIT COMMAND…: a program that must succeed within so many seconds.
check() {
    name=$1 limit=$(($2 * times))
    shift 2
    start=$(date +%s)
    timeout "$limit" "$@" >"$results/$name.log" 2>&1
    status=$?
    seconds=$(($(date +%s) - start))
    if [ $status -eq 0 ]; then
        note "$name" ok "$seconds"
    else
        [ $status -eq 124 ] && echo "stopped after $limit s" >>"$results/$name.log"
        note "$name" FAILED "$seconds"
        tail -n 15 "$results/$name.log"
        failed=1
    fi
}

check conformance 150 "$here/conformance" --nocapture
check products-without-cublas 60 env ONDOL_CUBLAS=0 "$here/products" --nocapture --test-threads=1
check products 60 "$here/products" --nocapture --test-threads=1
check long 60 "$here/long" --nocapture --test-threads=1
check op_table 90 "$here/op_table" devices_agree_with_the_cpu --nocapture
check devices 60 "$here/devices" --nocapture --test-threads=1

# Under NVIDIA's checker, where it is there and takes the device: each buffer by itself, so that it
# sees every access out of bounds.
sanitize() {
    tool=$1
    if ! command -v compute-sanitizer >/dev/null 2>&1; then
        note "sanitizer $tool" "not run" 0
        return
    fi
    start=$(date +%s)
    ONDOL_NO_CUDA_MEMORY_CACHING=1 timeout $((60 * times)) compute-sanitizer --tool "$tool" \
        --error-exitcode 9 "$here/long" --test-threads=1 >"$results/sanitizer-$tool.log" 2>&1
    status=$?
    seconds=$(($(date +%s) - start))
    if [ $status -eq 0 ]; then
        note "sanitizer $tool" ok "$seconds"
    elif [ $status -eq 9 ] && grep -q '=========.*\(Invalid\|Uninitialized\|hazard\|Barrier\)' \
        "$results/sanitizer-$tool.log"; then
        note "sanitizer $tool" FAILED "$seconds"
        failed=1
    else
        note "sanitizer $tool" "not run" "$seconds"
    fi
}
sanitize memcheck
sanitize racecheck

check bench 120 "$here/bench" --device "${ONDOL_TEST_DEVICES%%,*}"
grep '^{' "$results/bench.log" >"$results/bench.jsonl"

# The table and the times as one JSON.
{
    printf '{"device": "%s",\n "checks": [' "$(head -n 1 "$results/info.txt" | tr -d '"\\')"
    awk '{ s = $(NF - 1); r = $(NF - 2); n = NF - 3
           if (r == "run") { r = "not run"; n-- }
           name = $1; for (i = 2; i <= n; i++) name = name " " $i
           printf "%s\n  {\"name\": \"%s\", \"result\": \"%s\", \"seconds\": %d}", (NR > 1 ? "," : ""), name, r, s }' "$table"
    printf '],\n "times": [\n'
    awk '{ printf "%s  %s", (NR > 1 ? ",\n" : ""), $0 }' "$results/bench.jsonl"
    printf '\n]}\n'
} >"$results/results.json"

echo
cat "$table"
cat "$results/bench.jsonl"
exit $failed
