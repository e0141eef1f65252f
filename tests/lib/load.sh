# shellcheck shell=bash
# Load by wrk, and what it saw. A request failed when its connection broke, when it was answered
# with a status over 399, or when it took longer than 10 s.
#
#   start_load REPORT URL CONNECTIONS RATE SECONDS   RATE requests a second, while the answers come
#                                                    soon; sets LOAD_PID
#   end_load PID                                     before its time; waits for the report
#   load_figure NAME REPORT...                       a figure, summed over reports

LOAD_SCRIPT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../demo" && pwd)/load.lua
LOAD_PID=

start_load() {
  rm -f "$1"
  THINK_MS=$((1000 * $3 / $4)) REPORT=$1 wrk --threads 1 --connections "$3" \
    --duration "${5}s" --timeout 10s --script "$LOAD_SCRIPT" "$2" </dev/null >"$1.log" 2>&1 &
  # shellcheck disable=SC2034 # for the caller
  LOAD_PID=$!
}

end_load() {
  kill -s INT "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

load_figure() {
  local name=$1
  shift
  jq -s "map(.$name) | add" "$@"
}
