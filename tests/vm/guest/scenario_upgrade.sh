#!/usr/bin/env bash
# A newer package in the middle of a scale-up, and a restart of the service: no replica is doubled, no
# request is lost, the configuration stays. Then removal and purge: nothing of ours is left, and the
# replicas that still run are named.
. ./lib.sh
wait_engine
image demo
install_dockscale
printf '[service]\nmax = 5\nparallel_starts = 1\n[cpu]\ntarget = 50%%\n[policy]\ntype = target\n' \
  >/etc/dockscale/services.d/web.ini
printf '[haproxy]\nbackend = web\nport = 8080\n' >>/etc/dockscale/services.d/web.ini
sed -i 's/^# log_level = info$/log_level = debug/' /etc/dockscale/dockscale.ini
docker run -d --name web --cpus 0.1 --label dockscale.service=web -e CPU_USEC=2000 -e START_DELAY=1500 demo \
  >/dev/null || fail "the template starts"
dockscalectl reload || fail "the file is read"
haproxy_takes_lines
wait_for 30 "one serves" serves 1
wait_for 30 "it serves through HAProxy" curl -sf http://127.0.0.1/

say "== upgrade in the middle of a scale-up"
load 4 600
wait_for 60 "some are on their way" status '.serving >= 2 and .serving < 5'
before=$(systemctl show -P MainPID dockscaled)
version=$(dpkg-query --show --showformat '${Version}' dockscale)
apt-get install -qq -y ./dockscale-newer.deb >upgrade.log 2>&1 || { cat upgrade.log; fail "the newer one installs"; }
check "it is newer" dpkg --compare-versions "$(dpkg-query --show --showformat '${Version}' dockscale)" gt "$version"
check "it runs" systemctl --quiet is-active dockscaled
check "as another process" [ "$(systemctl show -P MainPID dockscaled)" != "$before" ]
wait_for 90 "the five that were wanted serve" serves 5
check "and no sixth was made" [ "$(docker ps --quiet --filter ancestor=demo | wc -l)" = 5 ]
check "what was changed in the configuration is as it was" \
  grep -q '^log_level = debug$' /etc/dockscale/dockscale.ini
check "and the service's file too" grep -q "^max = 5$" /etc/dockscale/services.d/web.ini
systemctl restart dockscaled
wait_for 60 "after a restart they are found again" serves 5
check "all of them and no more" [ "$(docker ps --quiet --filter ancestor=demo | wc -l)" = 5 ]

say "== a daemon that hangs is started anew"
before=$(systemctl show -P MainPID dockscaled)
kill -STOP "$before"
wait_for 90 "the watchdog ends it" bash -c "! kill -0 $before"
wait_for 60 "and another one finds them" serves 5
end_load
grep -E 'requests in|Non-2xx|Socket' load.log
check "no request was lost all the while" load_lost_nothing

say "== removal"
apt-get remove -qq -y dockscale >remove.log 2>&1 || { cat remove.log; fail "it is removed"; }
check "the service is gone" bash -c '! systemctl --quiet is-active dockscaled'
check "the configuration stays" test -e /etc/dockscale/dockscale.ini
check "HAProxy still serves" curl -sf http://127.0.0.1/
check "from five replicas" [ "$(docker ps --quiet --filter ancestor=demo | wc -l)" = 5 ]
apt-get purge -qq -y dockscale >purge.log 2>&1 || { cat purge.log; fail "it is purged"; }
sed -i 's/\r$//' purge.log # it came through a terminal
grep -A 20 'Replicas' purge.log
check "the replicas that run are named" [ "$(grep -c '^  ds-' purge.log)" = 4 ]
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /opt/test -o -path /var/lib/docker \
  -o -path /var/log/journal -o -path /var/lib/apt -o -path /var/lib/containerd \) -prune -o -iname '*dockscale*' ! -name 'dockscale-test*' -print |
  grep -v '^/var/log/')
check "no file of ours is left: $left" [ -z "$left" ]
left=$(find /run -iname '*dockscale*' ! -name '*dockscale-test*' | grep -v -e /run/log/ -e '/units/')
check "nor below /run: $left" [ -z "$left" ]
eval "$(sed -n 's/^To remove them: //p' purge.log)" >/dev/null || fail "the command that it names"
check "the command removes them and leaves the template" [ "$(docker ps --format '{{.Names}}')" = web ]
