#!/usr/bin/env bash
# Compose 2 and its replicas, as the page on Docker has them in its table.
. ./lib.sh
wait_engine
image demo
install_dockscale
docker compose version || fail "Compose 2 is there"
mkdir -p project
write() {
  cat >project/compose.yaml <<END
services:
  web:
    image: demo
    environment:
      CPU_USEC: "1000"
      MARK: "$2"
    labels:
      dockscale.service: web
      dockscale.min: "2"
      dockscale.compose: $1
      dockscale.stop_timeout: 2s
      dockscale.template_grace: 20s
      dockscale.haproxy.backend: web
      dockscale.haproxy.port: "8080"
END
}
compose() { (cd project && docker compose --ansi never "$@" 2>&1); }

for mode in separate compatible; do
  say "== $mode"
  write $mode one
  compose up -d || fail "up"
  [ $mode = compatible ] || { sleep 2; haproxy_takes_lines; }
  wait_for 60 "min is kept: two serve" serves 2
  wait_for 30 "they serve through HAProxy" curl -sf http://127.0.0.1/
  seen=$(compose ps --quiet | wc -l)
  say "compose ps sees $seen"
  [ $mode = separate ] && want=1 || want=2
  check "ps sees what the table says" [ "$seen" = $want ]
  clone=$(docker ps --quiet --filter label=dockscale.role=replica)
  compose up -d
  wait_for 60 "after an up with nothing changed two serve" serves 2
  if [ $mode = separate ]; then
    check "the clone was left alone" [ "$(docker ps --quiet --filter label=dockscale.role=replica)" = "$clone" ]
    compose up -d --scale web=3
    wait_for 60 "what --scale makes counts" status '.serving >= 3'
    compose up -d --scale web=1
    wait_for 60 "and goes again" serves 2
  fi
  write $mode two
  compose up -d || fail "up with another environment"
  wait_for 90 "two of the new environment serve" bash -c \
    '. ./lib.sh; serves 2 && [ "$(docker inspect --format "{{.Config.Env}}" $(docker ps --quiet) | grep -c MARK=two)" = 2 ]'
  dockscalectl release web >/dev/null || fail "release"
  wait_for 60 "released: no clone is left" bash -c '[ -z "$(docker ps --all --quiet --filter label=dockscale.role=replica)" ]'
  compose down || fail "down after a release"
  check "nothing is left" [ -z "$(docker ps --all --quiet)" ]
  wait_for 60 "the service is withdrawn" bash -c \
    '! dockscalectl --json status | jq -e ".services[] | select(.name == \"web\")"'
done
