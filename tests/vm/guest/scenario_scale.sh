#!/usr/bin/env bash
# CPU and memory as the kernel counts them in a pure v2 tree with the systemd driver: what is read, what
# is decided, and what our figures are worth beside those of docker stats and libcgroup.
. ./lib.sh
wait_engine
image demo
install_dockscale
cat >/etc/dockscale/services.d/web.ini <<'END'
[service]
max = 4
stop_timeout = 2s
[cpu]
target = 60%
stabilization_down = 5s
[memory]
target = 50%
scale_down = yes
stabilization_down = 5s
[policy]
type = target
[haproxy]
backend = web
port = 8080
state_file = /run/haproxy/dockscale.state
drain_idle = 200ms
END
docker run -d --name web --cpus 0.1 --memory 96m --label dockscale.service=web \
  -e CPU_USEC=20000 demo >/dev/null || fail "the template starts"
dockscalectl reload || fail "the file is read"
haproxy_takes_lines
wait_for 30 "it serves through HAProxy" curl -sf http://127.0.0.1/
wait_for 30 "one serves, cpu and memory are known" status \
  '.serving == 1 and .readings.cpu.state == "known" and .readings.memory.state == "known"'

say "== CPU"
load 8 600
wait_for 90 "CPU at its limit brings more" status '.serving >= 2'
wait_for 60 "the kernel throttles it" bash -c '. ./lib.sh; cgroup web cpu.stat | awk "/^nr_throttled/ && \$2 > 0 { found = 1 } END { exit !found }"'
cgroup web cpu.max
cgroup web cpu.stat | grep -E 'nr_|throttled'
cgroup web cpu.pressure
check "its tasks waited for the processor" grep -qE '^some .*total=[1-9]' <(cgroup web cpu.pressure)
status '{serving, reason, cpu: .readings.cpu}'
end_load
grep -E 'requests in|Non-2xx|Socket' load.log
check "no request was lost" load_lost_nothing
wait_for 90 "one is enough without load" serves 1

say "== memory"
curl -sf 'http://127.0.0.1/?memory_mib=70&cpu_usec=0' >/dev/null || fail "it takes memory"
wait_for 60 "memory over its target brings another" status '.serving >= 2'
status '{serving, reason, memory: .readings.memory}'
address=$(docker inspect --format '{{.NetworkSettings.IPAddress}}' web)
curl -sf "http://$address:8080/?memory_mib=0&cpu_usec=0" >/dev/null || fail "it gives memory back"
wait_for 90 "one is enough when it is given back" serves 1

say "== our figures, those of docker stats and those of libcgroup, of the same seconds"
curl -sf "http://$address:8080/?memory_mib=40&cpu_usec=0" >/dev/null || fail "it takes memory"
dockscalectl pause web >/dev/null
load 4 600
sleep 12 # docker stats looks at a second, we at two: both have to see nothing but this load
python3 figures.py web || fail "the figures agree"
end_load
if ldd bench_sampling | grep 'not found'; then
  say "the bench was built on a release with another libcgroup: it is not run here"
else
  ./bench_sampling --containers 50 --rounds 11 || fail "the cost of a reading"
fi
dockscalectl resume web >/dev/null
wait_for 90 "it is as before" serves 1
cat /run/haproxy/dockscale.state | head -n 3
check "HAProxy's state file is written" test -s /run/haproxy/dockscale.state
systemd-analyze security dockscaled --no-pager | tail -n 1
