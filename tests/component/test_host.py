#!/usr/bin/env python3
"""The machine that the replicas share: what it has no room for is refused, and says why."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, log, main, wait_for

NO_CPU = "host_cpu = 100%\n"  # the load itself and whatever else runs saturate a small machine


def total_memory():
    with open("/proc/meminfo") as file:
        return 1024 * int(next(line for line in file if line.startswith("MemTotal:")).split()[1])


def a_host_without_memory_refuses_until_it_may_use_more(build):
    """A replica may come to a tenth of the machine, and a tenth is all that may be used."""
    with World(build, daemon_ini=NO_CPU + "host_memory = 10%\n") as world:
        world.template("--cpus", "0.2", "--memory", str(total_memory() // 10),
                       "-e", "CPU_USEC=5000")
        world.start_daemon()
        world.wait_serving(1)
        load = world.load(rate=50, seconds=25, connections=16)
        wait_for("it is refused", lambda: world.web()["limit"] == "host_memory", 15)
        explained = world.ctl("explain", "web")
        log(explained)
        check("explain says why", "the host has no memory for more, room for 1" in explained)
        check("nothing was made", len(world.containers(all_of_them=True)) == 1)
        with open(f"{world.dir}/daemon.log") as file:
            held = [line for line in file if "count held" in line]
        check("the log says so once", len(held) == 1, "".join(held))
        world.daemon_ini = NO_CPU + "host_memory = 100%\n"
        world.configure()
        world.ctl("reload")
        wait_for("there is room now", lambda: world.serving() >= 2, 15)
        requests, failed = world.load_result(load)
        check("no request failed", failed == 0, f"({requests} requests)")


def a_budget_bounds_a_service(build):
    ini = "[service]\ncpu_budget = 0.4 cores\n[cpu]\nstabilization_down = 5s\n"
    with World(build, ini=ini) as world:
        world.template("--cpus", "0.2", "-e", "CPU_USEC=5000")
        world.start_daemon()
        world.wait_serving(1)
        load = world.load(rate=110, seconds=15, connections=32)
        world.wait_serving(2, 15)
        wait_for("the budget holds it", lambda: world.web()["limit"] == "budget", 15)
        log(world.ctl("explain", "web"))
        check("not a third", len(world.containers(all_of_them=True)) == 2)
        world.load_result(load)


def the_machine_is_shown_as_it_is(build):
    with World(build) as world:
        world.template("--cpus", "0.5")
        world.start_daemon()
        world.wait_serving(1)
        host = world.status()["host"]
        check("its cores", host["cores"] == os.sysconf("SC_NPROCESSORS_ONLN"), str(host))
        check("its memory", host["memory"] == total_memory())
        check("some is available", 0 < host["available"] < host["memory"])
        wait_for("how busy it is", lambda: world.status()["host"]["used"] is not None, 15)
        used = world.status()["host"]["used"]
        check("no more than there are", 0 <= used <= host["cores"] * 1.02, str(used))
        for name in ("cpu", "memory", "io"):
            there = os.path.exists(f"/proc/pressure/{name}")
            state = world.status()["host"]["pressure"][name]["state"]
            check(f"pressure of {name}", (state != "unsupported") == there, state)
        doctor = world.ctl("--config", f"{world.dir}/etc", "doctor", check=False)
        log(doctor)
        check("doctor shows it", "host memory" in doctor and "host cpu" in doctor)


main([a_host_without_memory_refuses_until_it_may_use_more,
      a_budget_bounds_a_service,
      the_machine_is_shown_as_it_is])
