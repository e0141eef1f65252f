#!/usr/bin/env python3
"""Under steady load, with keep-alive and without, the template is recreated again and again with
another environment, as `docker compose up` or an image updater does: its clones follow it one by
one, and not one request fails. A change that does not work leaves the old ones where they are.

DOCKSCALE_CHANGES=20 is the full proof (some minutes); the default is a sample of it."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from steady import INI, Steady, changes
from traffic import Wrk
from world import check, log, main, wait_for

ROLLS = changes(3)
ROLLS_DYNAMIC = changes(1)
REPLICAS = 3
DEMO = ("-e", "CPU_USEC=300", "-e", "WAIT_MSEC=5")
GRACE = 3  # seconds


def clients(world):
    return [Wrk(world, 120, keep_alive=True), Wrk(world, 80, keep_alive=False)]


def recreate(world, revision, *options):
    """Whoever recreates a container ends the old one first: clones serve meanwhile."""
    world.docker("rm", "-f", "web")
    world.template(*DEMO, "-e", f"REVISION={revision}", *options)


def revisions(world):
    """Which revision each container that exists was made with."""
    found = {}
    for name in world.containers(all_of_them=True):
        said = world.docker("inspect", "-f", "{{json .Config.Env}}", name, check=False)
        found[name] = said.split("REVISION=")[1].split('"')[0] if "REVISION=" in said else "none"
    return found


def rolled(steady, revision):
    web = steady.world.web()
    return steady.settled() and web["roll"] is None and web["serving"] == REPLICAS and \
        set(revisions(steady.world).values()) == {str(revision)}


def template_rolls(build, method, rolls):
    with Steady(build, clients, method, template=DEMO) as steady:
        steady.reach(REPLICAS)
        began = time.monotonic()
        for revision in range(rolls):
            recreate(steady.world, revision)
            wait_for(f"all are of revision {revision}", lambda r=revision: rolled(steady, r), 60)
        counters = steady.world.web()["counters"]
        check("each clone was rolled each time", counters["rolled"] == rolls * (REPLICAS - 1),
              f"({counters['rolled']})")
        steady.end(f"{rolls} rolls of {REPLICAS} replicas, {method}, "
                   f"in {time.monotonic() - began:.0f} s")


def rolls_lose_no_request(build):
    template_rolls(build, "slots", ROLLS)


def rolls_with_dynamic_servers_lose_no_request(build):
    template_rolls(build, "dynamic", ROLLS_DYNAMIC)


def a_change_that_does_not_work_costs_no_replica_and_no_request(build):
    with Steady(build, clients, template=DEMO,
                ini=INI.replace("[health]\n", f"[health]\nstartup_grace = {GRACE}s\n")) as steady:
        world = steady.world
        steady.reach(REPLICAS)
        log("the new one never listens")
        recreate(world, "bad", "-e", "START_DELAY=600000")
        wait_for("it waits", lambda: "the roll waits" in world.web()["problem"], 20)
        time.sleep(GRACE)
        seen = sorted(revisions(world).values())
        check("the clones of before go on", seen == ["bad", "none", "none"], str(seen))
        log("the new one takes longer than its grace: the template's is waited for, its clones' not")
        recreate(world, "slow", "-e", f"START_DELAY={GRACE * 2000}")
        wait_for("the roll stops", lambda: "the roll stopped" in world.web()["problem"], 40)
        wait_for("what failed is gone", lambda: sorted(revisions(world).values()) ==
                 ["none", "none", "slow"], 20)
        check("status says so", world.web()["roll"]["state"] == "stopped")
        time.sleep(2 * GRACE)
        check("it is not tried again", world.daemon_says("roll stopped service=web") == 1)
        log("a change that works")
        recreate(world, "good")
        wait_for("all are of the good one", lambda: rolled(steady, "good"), 60)
        check("nothing is wrong any more", world.web()["problem"] == "")
        steady.end("a roll that waits, one that stops, one that works")


main([rolls_lose_no_request,
      rolls_with_dynamic_servers_lose_no_request,
      a_change_that_does_not_work_costs_no_replica_and_no_request])
