#!/usr/bin/env python3
"""HAProxy is reloaded again and again while clients keep their connections: with slots no request
is lost, and the replicas are served as before."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import TICK, World, check, main, wait_for

RELOADS = 20


def twenty_reloads_under_load_lose_no_request(build):
    with World(build, ini="[service]\nmin = 3\n") as world:
        world.template("--cpus", "0.5", "-e", "CPU_USEC=1000")
        world.start_daemon()
        world.wait_serving(3)
        world.wait_right()
        load = world.load(rate=100, seconds=RELOADS + 10, connections=50)
        for _ in range(RELOADS):
            began = time.monotonic()
            world.reload_haproxy()
            wait_for("HAProxy serves all three again", lambda: len(world.enabled()) == 3, 2 * TICK)
            # The next one comes while connections of the last one still end.
            wait_for("a second has gone by", lambda: time.monotonic() - began >= 1, 2)
        requests, failed = world.load_result(load)
        check("requests were answered all the time", requests > RELOADS * 50)
        check("no request failed", failed == 0, f"({requests} requests, {failed} failed)")
        answered_by = {world.get()[1] for _ in range(30)}
        check("all three answer", len(answered_by) == 3, str(answered_by))
        world.wait_right()


main([twenty_reloads_under_load_lose_no_request])
