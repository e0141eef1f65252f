#!/usr/bin/env python3
"""What goes wrong is counted by its name, and a service whose replicas keep dying stops trying."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, main, wait_for


def met(world, fault):
    return world.web()["faults"][fault]


def what_goes_wrong_is_counted_by_name(build):
    with World(build) as world:
        world.template()
        world.start_daemon()
        world.wait_serving(1)
        check("nothing has gone wrong yet", sum(world.web()["faults"].values()) == 0,
              str(world.web()["faults"]))
        world.reload_haproxy()
        wait_for("the reload is counted", lambda: met(world, "balancer_reloaded") == 1, 5)
        world.stop_haproxy()
        wait_for("that it is away is counted", lambda: met(world, "balancer_away") == 1, 5)
        time.sleep(3)  # ticks, each of which finds it away
        check("once", met(world, "balancer_away") == 1)
        world.start_haproxy()
        world.wait_right()
        world.restart_docker()
        wait_for("the engine's absence is counted",
                 lambda: world.status()["faults"]["engine_away"] == 1, 10)
        world.wait_serving(1)
        check("explain tells what is done", "engine" in world.ctl("status", "--json")
              and "its servers are written again" in world.ctl("explain", "web"))


def clone_pid(world):
    """Of the clone's program, while it runs; 0: it does not."""
    for name in world.containers():
        if name != "web":
            pid = world.docker("inspect", "-f", "{{.State.Pid}}", name, check=False).strip()
            return int(pid) if pid.isdigit() else 0
    return 0


def a_clone_that_keeps_dying_is_not_made_for_ever(build):
    with World(build) as world:
        world.template()
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "2", "--for", "1h")
        world.wait_serving(2)
        end = time.monotonic() + 60
        while not world.web()["guard"]["open"]:
            check_in_time(end)
            pid = clone_pid(world)
            if pid > 0:
                os.kill(pid, signal.SIGKILL)  # as the kernel does it to one without memory
            time.sleep(0.2)
        web = world.web()
        check("the last cause is told", "ended by itself with exit code 137" in web["problem"],
              web["problem"])
        check("and the cure", "dockscalectl resume web" in web["problem"])
        check("the template serves on", world.serving() >= 1 and world.get())
        check("deaths are counted", web["faults"]["died"] >= 1, str(web["faults"]["died"]))
        world.ctl("resume", "web")
        world.wait_serving(2, 20)
        check("it is over", not world.web()["guard"]["open"])
        world.wait_right()


def check_in_time(end):
    if time.monotonic() > end:
        raise AssertionError("the guard does not hold within a minute")


main([what_goes_wrong_is_counted_by_name, a_clone_that_keeps_dying_is_not_made_for_ever])
