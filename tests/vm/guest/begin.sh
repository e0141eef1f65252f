#!/usr/bin/env bash
# What the guest runs when it is up: the scenario that the kernel's command line names, once, or again
# after a boot that the scenario asked for. Everything is told on the second serial line; the last line
# is "RESULT passed" or "RESULT failed", and a failure is preceded by the journal.
cd /opt/test || exit 1
exec >/dev/ttyS1 2>&1 </dev/null
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/opt/test
scenario=$(sed -n 's/.*dockscale\.scenario=\([a-z_]*\).*/\1/p' /proc/cmdline)
echo "== $scenario: up after $(cut -d' ' -f1 /proc/uptime) s"
bash "scenario_$scenario.sh"
status=$?
if [ $status = 42 ]; then # it goes on after a boot
  sync
  systemctl reboot
  exit
fi
if [ $status != 0 ]; then
  echo "== journal"
  journalctl --boot --no-pager --output=short-precise |
    grep -vE ' kernel: |level=info|pam_unix|\.mount: Deactivated' | tail -n 250
  echo "== containers"
  docker ps --all
  dockscalectl status
fi
echo "== $scenario: ended after $(cut -d' ' -f1 /proc/uptime) s"
if [ $status = 0 ]; then echo "RESULT passed"; else echo "RESULT failed"; fi
systemctl poweroff
