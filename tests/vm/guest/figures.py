#!/usr/bin/env python3
"""CPU within 2 points and the working set within 1 % of what docker stats and libcgroup say of the same
container, and what a reading costs each of them. CPU is a rate over the last seconds, so ours and
theirs are means over the same ten seconds."""

import json
import re
import subprocess
import sys
import time

CONTAINER = sys.argv[1]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ours():
    for service in json.loads(run("dockscalectl", "--json", "status"))["services"]:
        for replica in service["replicas"]:
            if replica["name"] == CONTAINER:
                return replica
    raise SystemExit(f"no replica {CONTAINER}")


ID = run("docker", "inspect", "-f", "{{.Id}}", CONTAINER).strip()
GROUP = f"system.slice/docker-{ID}.scope"


def libcgroup(name):
    """One value as libcgroup's own reader prints it."""
    text = run("cgget", "-n", "-v", "-r", name, GROUP)
    return text


def number(text, name):
    return int(re.search(rf"^\s*{name} (\d+)$", text, re.M).group(1))


def cpu_usec():
    return number(libcgroup("cpu.stat"), "usage_usec")


began, used = time.monotonic(), cpu_usec()
our_cpu, stats_cpu = [], []
stream = subprocess.Popen(["docker", "stats", "--no-trunc", "--format", "{{.ID}} {{.CPUPerc}}", CONTAINER],
                          stdout=subprocess.PIPE, text=True)
end = time.monotonic() + 15
for line in stream.stdout:
    found = re.search(r"([\d.]+)%", line)
    if found and float(found.group(1)) > 0:
        stats_cpu.append(float(found.group(1)))
        our_cpu.append(ours()["cpu"])
    if time.monotonic() > end:
        break
stream.kill()
theirs = (cpu_usec() - used) / 1e4 / (time.monotonic() - began)
CORES, MEMORY = 0.1, 96 << 20  # as the container was started: our figures are shares of these
us = 100 * CORES * sum(our_cpu) / len(our_cpu)
docker = sum(stats_cpu) / len(stats_cpu)
print(f"cpu in percent of a core: ours {us:.2f}, docker stats {docker:.2f}, libcgroup {theirs:.2f} "
      f"({len(our_cpu)} readings)")

memory = ours()["memory"] * MEMORY
current = int(libcgroup("memory.current"))
working = current - number(libcgroup("memory.stat"), "inactive_file")
usage = run("curl", "-s", "--unix-socket", "/run/docker.sock",
            f"http://d/v1.41/containers/{ID}/stats?stream=false&one-shot=true")
stats = json.loads(usage)["memory_stats"]
docker_working = stats["usage"] - stats["stats"]["inactive_file"]
mib = 1 << 20
print(f"working set in MiB: ours {memory / mib:.3f}, docker stats "
      f"{docker_working / mib:.3f}, libcgroup {working / mib:.3f}")


def cost(command, times):
    began = time.monotonic()
    for _ in range(times):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - began) / times * 1e3


print(f"one reading by a program of its own: cgget {cost(['cgget', '-r', 'cpu.stat', GROUP], 5):.1f} ms, "
      f"systemd-cgtop -b {cost(['systemd-cgtop', '-b', '-n', '1', '--raw'], 3):.1f} ms")
good = (abs(us - docker) <= 2 and abs(us - theirs) <= 2
        and abs(memory - working) <= 0.01 * working
        and abs(memory - docker_working) <= 0.01 * docker_working)
sys.exit(0 if good else 1)
