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
from steady import FEW, MANY, Steady, changes
from traffic import Wrk
from world import check, log, main, wait_for

CHANGES = changes(16)
CANCELS = KILLS = max(2, min(20, CHANGES // 5))
SEED = int(os.environ.get("DOCKSCALE_SEED", str(random.randrange(100000))))


def clients(world):
    return [Wrk(world, 120, keep_alive=True), Wrk(world, 80, keep_alive=False)]


def scale_up_and_down(build, method):
    with Steady(build, clients, method) as steady:
        began = time.monotonic()
        steady.change(CHANGES)
        steady.end(f"{CHANGES} scale-ups and scale-downs of {MANY - FEW} replicas, {method}, "
                   f"in {time.monotonic() - began:.0f} s")


def scaling_up_and_down_loses_no_request(build):
    scale_up_and_down(build, "slots")


def scaling_up_and_down_with_dynamic_servers_loses_no_request(build):
    scale_up_and_down(build, "dynamic")


def cancelled_drains_lose_no_request(build):
    """Sessions that last hold the drains, so that there is something to cancel."""
    with Steady(build, clients) as steady:
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
    with Steady(build, clients) as steady:
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
