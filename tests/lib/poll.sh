# shellcheck shell=bash
# Waiting for a condition with a deadline. A test that sleeps for a fixed time is either slow or
# lucky; these ask ten times a second and say what never came.

now_ms() {
  local now=${EPOCHREALTIME/[.,]/}
  echo $((now / 1000))
}

# seconds_of MILLISECONDS: "2.350"
seconds_of() {
  printf '%d.%03d\n' $(($1 / 1000)) $(($1 % 1000))
}

# wait_until SECONDS WHAT COMMAND...: 0 as soon as the command succeeds; else says what did not
# happen and returns 1. The command's output is thrown away.
wait_until() {
  local seconds=$1 what=$2 end
  shift 2
  end=$(($(now_ms) + seconds * 1000))
  until "$@" >/dev/null 2>&1; do
    if [ "$(now_ms)" -ge "$end" ]; then
      echo "not within $seconds s: $what" >&2
      return 1
    fi
    sleep 0.1
  done
}

# holds_for SECONDS WHAT COMMAND...: the command succeeds each time it is asked for that long
holds_for() {
  local seconds=$1 what=$2 end
  shift 2
  end=$(($(now_ms) + seconds * 1000))
  while [ "$(now_ms)" -lt "$end" ]; do
    if ! "$@" >/dev/null 2>&1; then
      echo "did not hold for $seconds s: $what" >&2
      return 1
    fi
    sleep 0.1
  done
}

# free_port: a TCP port of 127.0.0.1 that nobody listens on now
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}
