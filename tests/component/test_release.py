#!/usr/bin/env python3
"""A service is released under load: our replicas go, the template goes on, no request is lost."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, main, wait_for


def release(build, method):
    with World(build, method=method, ini="[service]\nstop_timeout = 2s\n") as world:
        world.template()
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "4", "--for", "1h")
        world.wait_serving(4)
        load = world.load(rate=100, seconds=12, connections=16)
        time.sleep(2)  # what is lost must be lost under load
        world.ctl("release", "web")
        wait_for("only the template is left",
                 lambda: len(world.containers(all_of_them=True)) == 1, 15)
        requests, failed = world.load_result(load)
        check("no request failed", failed == 0, f"({requests} requests, {failed} failed)")
        check("there were requests", requests > 500)
        check("only the template is served", len(world.enabled()) == 1, str(world.enabled()))
        check("status says so", world.web()["state"] == "released", world.web()["state"])
        world.kill_daemon()
        world.start_daemon()
        wait_for("a new daemon knows it", lambda: world.web()["state"] == "released", 10)
        time.sleep(3)  # some ticks in which nothing may happen
        check("and leaves it alone", len(world.containers(all_of_them=True)) == 1)
        check("the template is served", len(world.enabled()) == 1 and world.get())
        world.ctl("resume", "web")
        world.ctl("scale", "web", "2")
        world.wait_serving(2)
        world.wait_right()


def a_service_in_slots_is_released(build):
    release(build, "slots")


def a_service_of_dynamic_servers_is_released(build):
    release(build, "dynamic")


main([a_service_in_slots_is_released, a_service_of_dynamic_servers_is_released])
