# shellcheck shell=bash
# What the scenarios share. To be sourced in /opt/test of the guest.
set -uo pipefail

say() { printf '[%7.2f] %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

fail() {
  say "FAILED: $*"
  exit 1
}

# check WHAT COMMAND...
check() {
  local what=$1
  shift
  "$@" || fail "$what"
  say "ok: $what"
}

# wait_for SECONDS WHAT COMMAND...: until it succeeds
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "not within its time: $what"
    sleep 0.2
  done
  say "ok: $what"
}

wait_engine() {
  wait_for 60 "the Docker Engine answers" docker version
}

# status FILTER: of service web
status() { dockscalectl --json status | jq -ceM ".services[] | select(.name == \"web\") | $1"; }

serves() { status ".serving == $1 and .draining == 0 and .starting == 0"; }

# An image of the one static program, under the name $1
image() {
  docker image inspect "$1" >/dev/null 2>&1 ||
    tar --create --file - demo_httpd | docker import \
      --change 'CMD ["/demo_httpd"]' --change 'EXPOSE 8080' - "$1" >/dev/null
}

install_dockscale() {
  apt-get install -qq -y ./dockscale.deb >install.log 2>&1 || { cat install.log; fail "the package installs"; }
  check "the service runs" systemctl --quiet is-active dockscaled
}

# haproxy_takes_lines: of service web, as dockscalectl prints them
haproxy_takes_lines() {
  dockscalectl haproxy web >/etc/haproxy/haproxy.cfg || fail "the lines are printed"
  check "HAProxy accepts the lines" haproxy -c -q -f /etc/haproxy/haproxy.cfg
  systemctl reload haproxy || fail "HAProxy reloads"
}

# load CONNECTIONS SECONDS [PATH]: in the background; its figures are in load.log
load() {
  wrk --connections "$1" --threads 1 --duration "$2s" --timeout 20s "http://127.0.0.1/${3:-}" >load.log 2>&1 &
  LOAD=$!
}

end_load() { kill -INT "$LOAD" 2>/dev/null; wait "$LOAD" 2>/dev/null; }

# load_lost_nothing: not one answer but 2xx, and no connection that broke
load_lost_nothing() {
  grep -q 'requests in' load.log && ! grep -q 'Non-2xx' load.log &&
    ! grep 'Socket errors' load.log | grep -v 'connect 0, read 0, write 0, timeout 0'
}

# cgroup CONTAINER FILE: a file of its cgroup
cgroup() {
  cat "/sys/fs/cgroup/system.slice/docker-$(docker inspect --format '{{.Id}}' "$1").scope/$2"
}
