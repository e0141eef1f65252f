#!/usr/bin/env bash
# A boot brings containers back in another order, with each other's addresses: no answer comes from a
# wrong service, and in the end all is served as before.
. ./lib.sh

who_is_where() {
  docker ps --quiet | xargs docker inspect --format '{{.NetworkSettings.IPAddress}} {{.Config.Env}}' | sort
}

wait_engine
if [ ! -e booted ]; then
  image demo
  install_dockscale
  for name in web shop; do
    printf '[service]\nmin = 3\nmax = 4\nstop_timeout = 2s\n[haproxy]\nbackend = %s\nport = 8080\n' $name \
      >/etc/dockscale/services.d/$name.ini
    printf 'state_file = /run/haproxy/dockscale.state\n' >>/etc/dockscale/services.d/$name.ini
    docker run -d --name $name --restart unless-stopped --label dockscale.service=$name \
      -e NAME=$name -e CPU_USEC=200 demo >/dev/null || fail "$name starts"
  done
  dockscalectl reload || fail "the files are read"
  cat >/etc/haproxy/haproxy.cfg <<'END'
global
    stats socket /run/haproxy/admin.sock mode 660 level admin
    server-state-file /run/haproxy/dockscale.state
defaults
    mode http
    load-server-state-from-file global
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout queue 5s
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response
frontend in
    bind :80
    use_backend shop if { path_beg /shop }
    default_backend web
backend web
    balance leastconn
    server-template ds-guest- 1-6 localhost:80 check disabled init-addr last,libc,none
backend shop
    balance leastconn
    server-template ds-guest- 1-6 localhost:80 check disabled init-addr last,libc,none
END
  systemctl restart haproxy || fail "HAProxy restarts"
  for name in web shop; do
    wait_for 60 "three of $name serve" bash -c \
      "dockscalectl --json status | jq -e '.services[] | select(.name == \"$name\") | .serving == 3'"
  done
  who_is_where >before
  cat before
  touch booted
  exit 42
fi

# From the first moment in which HAProxy answers.
declare -A wrong=([web]=0 [shop]=0) right=([web]=0 [shop]=0)
all_serve() {
  dockscalectl --json status 2>/dev/null | jq -e '[.services[] | .serving == 3] | length == 2 and all' >/dev/null
}
end=$((SECONDS + 90)) after=0
while [ $SECONDS -lt $end ] && [ $after -lt 30 ]; do
  for name in web shop; do
    who=$(curl -s -m 5 -D - -o /dev/null "http://127.0.0.1/$name" | tr -d '\r' | sed -n 's/^[Xx]-[Ss]ervice: //p')
    case $who in
      '') ;;
      "$name") right[$name]=$((right[$name] + 1)) ;;
      *) wrong[$name]=$((wrong[$name] + 1)); say "$name was answered by $who" ;;
    esac
  done
  ! all_serve || after=$((after + 1))
done
who_is_where >behind
cat behind
say "right answers: web ${right[web]}, shop ${right[shop]}; wrong: web ${wrong[web]}, shop ${wrong[shop]}"
check "no answer from a wrong service" [ $((wrong[web] + wrong[shop])) = 0 ]
check "both were asked and answered" [ $((right[web] < 20 || right[shop] < 20)) = 0 ]
check "all serve as before" all_serve
check "nobody was doubled" [ "$(docker ps --quiet | wc -l)" = 6 ]
