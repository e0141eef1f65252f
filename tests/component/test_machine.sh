#!/usr/bin/env bash
# The package in a machine of its own: Debian 12 with systemd and pure cgroup v2, the guide of the README as
# it is written. tests/vm/run has more scenarios, and Debian 13.
exec "$(dirname "$0")/../vm/run" bookworm guide
