#!/usr/bin/env bash
# The guide of the README for plain Docker, as it is written: every command is taken from the page.
. ./lib.sh
wait_engine
image your/image

# The blocks of commands below the heading, one file
awk '
  /^## Five minutes with plain Docker/ { inside = 1; next }
  /^## / { inside = 0 }
  inside && /^```/ { block = !block; next }
  inside && block' README.md >commands
grep -v '^packaging/build-deb$' commands >run # the package was built where the tests were
grep -c . run >/dev/null || fail "the page has a guide"
say "commands of the page:"
cat run
mkdir -p build/packages
cp dockscale.deb build/packages/dockscale_0_amd64.deb
# What never ends is ended after some seconds.
sed -i 's/^sudo dockscalectl status --watch$/timeout 5 & || [ $? = 124 ]/' run
begin=$(date +%s)
bash -x -e ./run || fail "a command of the page"
wait_for 30 "the container serves through HAProxy" curl -sf http://127.0.0.1/
say "the guide took $(($(date +%s) - begin)) s"

check "it runs as a user of its own" [ "$(ps -o user= -p "$(systemctl show -P MainPID dockscaled)")" = dockscale ]
check "that one has no capability" grep -q '^CapEff:.0000000000000000$' "/proc/$(systemctl show -P MainPID dockscaled)/status"
status .reason
dockscalectl doctor
check "doctor finds nothing wrong" dockscalectl doctor

# And it does what it is for.
load 40 60 '?cpu_usec=50000'
wait_for 60 "load brings more replicas" status '.serving >= 2'
end_load
grep -E 'requests in|Requests/sec|Non-2xx|Socket' load.log
check "no request was lost" load_lost_nothing
wait_for 300 "and they go when it has gone" serves 1
