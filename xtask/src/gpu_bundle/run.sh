#!/bin/sh
# Tests and times particle-pilot on the NVIDIA GPU of this machine. Needs Linux on x86-64 and an NVIDIA
# driver; no Rust, no CUDA toolkit, no network. Safe to repeat: every run has a results folder of its own.
#
# Exit codes: 0 everything passed; 1 something failed, or there is no GPU; 2 usage error.
set -eu

usage() {
    cat <<'TEXT'
Usage: run.sh [--quick] [--out DIR] [--allow-virtual]

  --quick          a few parity cases and short timings: minutes instead of up to half an hour
  --out DIR        where results go [default: results-DATE beside this script]
  --allow-virtual  go on with the virtual GPU, ptx-vm, to try this script out

Runs on GPU 0. CUDA_VISIBLE_DEVICES chooses another, and PILOT_CUDA_DRIVER names another driver library.
TEXT
}

quick=no
virtual=refused
out=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --allow-virtual) virtual=allowed ;;
    --out)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        out=$2
        shift
        ;;
    -h | --help) usage; exit 0 ;;
    *) echo "unknown option: $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

here=$(cd "$(dirname "$0")" && pwd)
bin=$here/bin
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
out=${out:-$here/results-$(date -u +%Y%m%dT%H%M%SZ)}
mkdir -p "$out/logs"
out=$(cd "$out" && pwd)
rm -f "$out/results.json" "$out/timings.json" # of an earlier run
: >"$out/logs/steps.jsonl"
table=$out/logs/table.txt
: >"$table"
failed=0
child=

# shellcheck disable=SC2329  # the trap calls it
interrupted() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    echo "interrupted; what there is so far: $out" >&2
    exit 130
}
trap interrupted INT TERM

say() { printf '%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# A text as a JSON string: one line, what is special escaped, control characters dropped.
quoted() {
    printf '"%s"' "$(printf '%s' "$*" | tr '\n\t' '  ' | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

# note NAME RESULT SECONDS EXIT_CODE DETAIL COMMAND: a row of the table at the end, and of the JSON.
note() {
    printf '%-22s %-8s %5s s  %s\n' "$1" "$2" "$3" "$5" >>"$table"
    {
        printf '{"name": %s, "result": %s, "seconds": %s, ' "$(quoted "$1")" "$(quoted "$2")" "$3"
        printf '"exit_code": %s, "detail": %s, ' "$4" "$(quoted "$5")"
        printf '"command": %s}\n' "$(quoted "$6")"
    } >>"$out/logs/steps.jsonl"
}

# step NAME TITLE LIMIT_S COMMAND...: runs it with a time limit, its output in logs/NAME.log.
# A failure is noted and the script goes on. Sets `passed` to yes or no.
step() {
    name=$1 title=$2 limit=$3
    shift 3
    log=$out/logs/$name.log
    say "== $title (at most $limit s; logs/$name.log)"
    printf '$ %s\n' "$*" >"$log"
    began=$(date +%s)
    code=0
    # In the background, so that an interruption does not wait for its end.
    if have timeout; then
        timeout -k 10 "$limit" "$@" >>"$log" 2>&1 &
    else
        "$@" >>"$log" 2>&1 &
    fi
    child=$!
    wait "$child" || code=$?
    child=
    took=$(($(date +%s) - began))
    passed=no
    detail=
    case $code in
    0)
        passed=yes
        result=passed
        # What a test program, or the sanitizer around it, says about itself.
        detail=$(grep -E '^(comparing [0-9]+ cases|test result: .*|=+ (ERROR|RACECHECK) SUMMARY: .*)$' "$log" |
            sed 's/^=* *//; s/; 0 failed.*//; s/^test result: ok\. \([0-9]*\)/tests: \1/' | paste -sd , - |
            sed 's/,/, /g') || true
        ;;
    124 | 137)
        result=TIMEOUT
        detail="not done after $limit s"
        ;;
    *)
        result=FAILED
        detail="exit code $code, see logs/$name.log"
        ;;
    esac
    if [ $passed = no ]; then
        failed=1
        # The timings come as a table further down, with what went wrong.
        [ "$name" = timings ] && [ -f "$out/timings.json" ] || tail -n 30 "$log" | sed 's/^/   | /'
    fi
    say "   $result after $took s${detail:+: $detail}"
    note "$name" "$result" "$took" "$code" "$detail" "$*"
}

# skip NAME REASON
skip() {
    say "== $1: not done: $2"
    note "$1" skipped 0 null "$2" ""
}

# Values of nvidia-smi by field, as one JSON object for each GPU.
smi() {
    fields=name,driver_version,vbios_version,pstate,clocks.max.sm,clocks.sm,clocks.mem,power.limit
    fields=$fields,temperature.gpu,memory.total,memory.used,utilization.gpu,compute_mode,persistence_mode
    rows=$(nvidia-smi "--query-gpu=$fields" --format=csv,noheader 2>/dev/null) || rows=
    printf '['
    printf '%s\n' "$rows" | awk -v names="$fields" '
        BEGIN { count = split(names, name, ",") }
        NF {
            gsub(/["\\]/, "")
            parts = split($0, value, ", ")
            printf "%s{", separator
            for (i = 1; i <= count && i <= parts; i++)
                printf "%s\"%s\": \"%s\"", (i > 1 ? ", " : ""), name[i], value[i]
            printf "}"
            separator = ", "
        }'
    printf ']'
}

say "particle-pilot GPU bundle: $(sed -n 's/.*"summary": "\(.*\)".*/\1/p' "$here/bundle.json")"
say "results go to $out"
have timeout || say "note: no program 'timeout' here, so no step has a time limit"

# The machine.
if ! "$bin/pilot" info --json "$out/pilot-info.json" >"$out/logs/pilot-info.txt" 2>&1; then
    cat "$out/logs/pilot-info.txt" >&2
    say "pilot does not run on this machine: it needs Linux on x86-64 with the C library named above" >&2
    exit 1
fi
sed 's/^/   /' "$out/logs/pilot-info.txt"
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || echo unknown)
{
    printf '{\n  "date": %s,\n' "$(quoted "$date")"
    printf '  "system": %s,\n' "$(quoted "$(uname -srm)")"
    printf '  "glibc": %s,\n' "$(quoted "$glibc")"
    printf '  "cuda_driver_variable": %s,\n' "$(quoted "${PILOT_CUDA_DRIVER:-}")"
    printf '  "cuda_visible_devices": %s,\n' "$(quoted "${CUDA_VISIBLE_DEVICES:-}")"
    printf '  "nvidia_smi": '
    if have nvidia-smi; then smi; else printf '[]'; fi
    printf '\n}\n'
} >"$out/machine.json"
if have nvidia-smi; then
    nvidia-smi -q >"$out/logs/nvidia-smi.txt" 2>&1 || true
else
    say "note: no nvidia-smi on the PATH; clocks, power and load of the GPU are not recorded"
fi

if grep -q '"gpus": *\[\]' "$out/pilot-info.json"; then
    say "there is no GPU that pilot can use, so nothing was tested; see the line 'no GPU' above" >&2
    exit 1
fi
is_virtual=no
if grep -q '"name": *"ptx-vm"' "$out/pilot-info.json"; then
    is_virtual=yes
    if [ "$virtual" = refused ]; then
        say "this is the virtual GPU, which is no GPU; --allow-virtual goes on with it" >&2
        exit 1
    fi
fi

# Parity: the GPU's digests against the committed ones, which the CPU gives everywhere.
if [ $quick = yes ]; then
    step parity-decisions "parity: decisions of 33 particles" 300 \
        env PARITY_CASES=K=33 "$bin/gpu_parity" decisions_are_the_cpus --exact --ignored --nocapture
else
    step parity-decisions "parity: decisions, all cases" 900 \
        "$bin/gpu_parity" decisions_are_the_cpus --exact --ignored --nocapture
fi
step parity-episodes "parity: whole episodes, models of one's own, decisions that are timed" 600 \
    "$bin/gpu_parity" --ignored --skip decisions_are_the_cpus --nocapture

# The layer below: memory, errors, launches.
if [ $is_virtual = yes ]; then
    skip device-layer "these tests want the driver of this machine"
else
    step device-layer "memory, launches and errors of the device layer" 300 \
        "$bin/gpu_hardware" hardware:: --ignored --test-threads=2
fi

# The same decisions, watched for wrong addresses and for races in shared memory.
sanitizer=
for path in compute-sanitizer /usr/local/cuda/bin/compute-sanitizer /opt/cuda/bin/compute-sanitizer; do
    if [ -z "$sanitizer" ] && have "$path"; then sanitizer=$path; fi
done
for tool in memcheck racecheck; do
    if [ $is_virtual = yes ]; then
        skip "$tool" "compute-sanitizer does not know the virtual GPU, which checks both by itself"
    elif [ -z "$sanitizer" ]; then
        skip "$tool" "no compute-sanitizer on the PATH or in /usr/local/cuda/bin (it comes with the CUDA toolkit)"
    else
        step "$tool" "compute-sanitizer $tool: decisions of 255 particles" 900 \
            env PARITY_CASES=K=255 "$sanitizer" --tool "$tool" --error-exitcode 9 \
            "$bin/gpu_parity" decisions_are_the_cpus --exact --ignored --nocapture
        if [ $quick = no ]; then
            step "$tool-episodes" "compute-sanitizer $tool: whole episodes" 900 \
                "$sanitizer" --tool "$tool" --error-exitcode 9 \
                "$bin/gpu_parity" episodes_are_the_cpus --exact --ignored --nocapture
        fi
    fi
done

# How long it takes.
set -- --json "$out/timings.json" --pilot "$bin/pilot"
if [ $quick = yes ]; then set -- "$@" --quick; fi
if [ $is_virtual = yes ]; then set -- "$@" --allow-virtual; fi
step timings "timings" 900 "$bin/gpu_timings" "$@"
if [ -f "$out/timings.json" ]; then
    say
    sed -n '/^row  /,$p' "$out/logs/timings.log"
fi

verdict=passed
[ $failed = 0 ] || verdict=FAILED
{
    printf '{\n"verdict": %s,\n"quick": %s,\n' "$(quoted "$verdict")" \
        "$([ $quick = yes ] && echo true || echo false)"
    printf '"virtual": %s,\n' "$([ $is_virtual = yes ] && echo true || echo false)"
    printf '"bundle": %s,\n' "$(cat "$here/bundle.json")"
    printf '"machine": %s,\n' "$(cat "$out/machine.json")"
    printf '"pilot_info": %s,\n' "$(cat "$out/pilot-info.json")"
    printf '"steps": [\n%s\n],\n' "$(sed '$!s/$/,/' "$out/logs/steps.jsonl")"
    printf '"timings": '
    if [ -f "$out/timings.json" ]; then cat "$out/timings.json"; else printf 'null\n'; fi
    printf '}\n'
} >"$out/results.json"

say
say "----------------------------------------------------------------------"
cat "$table"
say "----------------------------------------------------------------------"
if [ $is_virtual = yes ]; then
    say "on the virtual GPU: this says something about the code, nothing about a GPU"
fi
say "$verdict; everything is in $out/results.json"
exit $failed
