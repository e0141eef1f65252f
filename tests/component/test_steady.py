#!/usr/bin/env python3
"""Under steady load, with keep-alive and without, the service is scaled again and again, drains are
cancelled half-way, and the daemon is killed in the midst of changes: not one request fails.

DOCKSCALE_CHANGES=200 is the full proof (some minutes); the default is a sample of it. Numbers that
come from chance are made from DOCKSCALE_SEED, which is printed."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from traffic import Wrk
from world import World, check, log, main, wait_for

CHANGES = int(os.environ.get("DOCKSCALE_CHANGES", "16"))
CANCELS = KILLS = max(2, min(20, CHANGES // 5))
SEED = int(os.environ.get("DOCKSCALE_SEED", str(random.randrange(100000))))
FEW, MANY = 2, 5

# Everything that is a wait and no work is short: the more changes in the same time.
INI = ("[service]\nmax = 6\nstop_timeout = 5s\n"
       "[haproxy]\ndrain_idle = 200ms\n[health]\ninterval = 50ms\n")


class Steady:
    """A service of short requests, with two kinds of clients that go on through everything."""

    def __init__(self, build, method="slots"):
        self.world = World(build, method=method, ini=INI, interval="200ms")

    def __enter__(self):
        world = self.world.__enter__()
        world.template("-e", "CPU_USEC=300", "-e", "WAIT_MSEC=5")
        world.start_daemon()
        self.reach(FEW)
        self.clients = [Wrk(world, 120, keep_alive=True), Wrk(world, 80, keep_alive=False)]
        return self

    def __exit__(self, *how):
        self.world.__exit__(*how)

    def scale(self, count):
        self.world.ctl("scale", "web", str(count), "--for", "1h")

    def settled(self):
        web = self.world.web()
        return web and web["serving"] == web["desired"] > 0 and not web["starting"] and \
            not web["draining"]

    def reach(self, count):
        self.scale(count)
        wait_for(f"{count} replicas serve and none else",
                 lambda: self.settled() and self.world.serving() == count, 30)

    def end(self, what):
        self.world.wait_right()
        counts = [client.end() for client in self.clients]
        log(f"{what}: keep-alive (answered, failed) {counts[0]}, without {counts[1]}")
        check("there were requests", all(answered > 20 for answered, _ in counts))
        check("no request failed", all(failed == 0 for _, failed in counts), str(counts))
        logged = self.world.logged()
        refused = [line for line in logged if not 200 <= line[1] < 300]
        rescued = [line for line in logged if line[3] not in ("0", "-")]
        check("nor did HAProxy see one fail", not refused, str(refused[:3]))
        log(f"of {len(logged)} requests HAProxy had to try {len(rescued)} again {rescued[:3]}")


def changes(build, method):
    with Steady(build, method) as steady:
        began = time.monotonic()
        for number in range(CHANGES):
            steady.reach(MANY if number % 2 == 0 else FEW)
        steady.end(f"{CHANGES} scale-ups and scale-downs of {MANY - FEW} replicas, {method}, "
                   f"in {time.monotonic() - began:.0f} s")


def scaling_up_and_down_loses_no_request(build):
    changes(build, "slots")


def scaling_up_and_down_with_dynamic_servers_loses_no_request(build):
    changes(build, "dynamic")


def cancelled_drains_lose_no_request(build):
    """Sessions that last hold the drains, so that there is something to cancel."""
    with Steady(build) as steady:
        world = steady.world
        chance = random.Random(SEED)
        steady.clients.append(Wrk(world, 50, connections=60, path="/?wait_msec=900"))
        tries = cancelled = replicas = 0
        while cancelled < CANCELS and tries < 3 * CANCELS:
            tries += 1
            steady.reach(MANY)
            wait_for("each replica has sessions", lambda: all(
                (r["sessions"] or 0) > 2 for r in world.web()["replicas"]), 10)
            steady.scale(FEW)
            wait_for("some drain", lambda: world.web()["draining"] > 0, 5, 0.02)
            time.sleep(chance.uniform(0, 0.6))
            before = world.daemon_says("drain cancelled")
            steady.scale(MANY)
            now = world.daemon_says("drain cancelled") - before
            cancelled += now > 0
            replicas += now
        check("drains were cancelled", cancelled == CANCELS, f"({replicas} replicas)")
        steady.end(f"{CANCELS} cancelled drains of {replicas} replicas")


def killing_the_daemon_in_the_midst_of_changes_loses_no_request(build):
    with Steady(build) as steady:
        chance = random.Random(SEED)
        log(f"seed {SEED}")
        for number in range(KILLS):
            steady.scale(MANY if number % 2 == 0 else FEW)
            time.sleep(chance.uniform(0, 1.2))
            steady.world.kill_daemon()
            steady.world.start_daemon()
            wait_for("it has settled", steady.settled, 30)
            if number % 4 == 3:
                steady.reach(FEW)
        steady.end(f"{KILLS} SIGKILLs in the midst of changes")


main([scaling_up_and_down_loses_no_request,
      scaling_up_and_down_with_dynamic_servers_loses_no_request,
      cancelled_drains_lose_no_request,
      killing_the_daemon_in_the_midst_of_changes_loses_no_request])
