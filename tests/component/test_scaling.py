#!/usr/bin/env python3
"""The main job on the real parts: load in, replicas and HAProxy servers out, and back."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import NOT_READY, World, check, log, main, wait_for

FAST_DOWN = "[cpu]\nstabilization_down = 5s\n"


def a_container_without_a_limit_goes_from_one_to_two_and_back(build):
    """Without a limit one core is 100 %: a machine with two cores can show two replicas."""
    with World(build, ini=FAST_DOWN) as world:
        world.run("web", "-e", "CPU_USEC=10000",
                  labels=["dockscale.service=web", "dockscale.max=2", "dockscale.haproxy.port=8080"])
        world.start_daemon()
        world.wait_serving(1)
        load = world.load(rate=200, seconds=15, connections=64)
        world.wait_serving(2, 15)
        requests, failed = world.load_result(load)
        world.wait_serving(1, 30)
        check("no request failed", failed == 0, f"({requests} requests, {failed} failed)")
        check("there were requests", requests > 500)
        world.wait_right()


def a_surge_on_a_limited_container_is_met_without_a_lost_request(build):
    with World(build, ini=FAST_DOWN) as world:
        world.template("--cpus", "0.2", "-e", "CPU_USEC=5000")
        world.start_daemon()
        world.wait_serving(1)
        calm = world.load(rate=8, seconds=40, connections=4)
        time.sleep(3)  # the calm before: windows fill
        check("calm needs one replica", world.serving() == 1)
        surge = world.load(rate=110, seconds=15, connections=48)
        wait_for("a second replica serves", lambda: world.serving() >= 2, 10)
        wait_for("four replicas serve", lambda: world.serving() >= 4, 20)
        requests, failed = world.load_result(surge)
        world.wait_serving(1, 40)
        calm_requests, calm_failed = world.load_result(calm)
        check("no request failed", failed + calm_failed == 0,
              f"({requests + calm_requests} requests, {failed + calm_failed} failed)")
        explained = world.ctl("explain", "web")
        log(explained)
        check("it can say why", "cpu" in explained)


def a_surge_is_met_within_seconds_by_the_policy_that_ships(build):
    with World(build, policy="auto") as world:
        world.template("--cpus", "0.2", "-e", "CPU_USEC=5000")
        world.start_daemon()
        world.wait_serving(1)
        calm = world.load(rate=8, seconds=40, connections=4)
        time.sleep(3)  # the surge comes before anything was learned
        check("calm needs one replica", world.serving() == 1)
        surge = world.load(rate=110, seconds=15, connections=48)
        began = time.monotonic()
        wait_for("a second replica serves", lambda: world.serving() >= 2, 10)
        log(f"from the surge to serving: {time.monotonic() - began:.2f} s")
        wait_for("four replicas serve", lambda: world.serving() >= 4, 20)
        requests, failed = world.load_result(surge)
        calm_requests, calm_failed = world.load_result(calm)
        check("no request failed", failed + calm_failed == 0,
              f"({requests + calm_requests} requests, {failed + calm_failed} failed)")
        world.wait_serving(1, 180)
        explained = world.ctl("explain", "web")
        log(explained)
        check("it says what it expects", "may come within a start-up" in explained)


def a_container_with_a_writable_volume_is_never_cloned(build):
    with World(build) as world:
        world.template("--cpus", "0.2", "-e", "CPU_USEC=5000", "-v", "data:/var/lib/data")
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "2")
        wait_for("it says why not", lambda: "data" in world.web()["problem"], 10)
        problem = world.web()["problem"]
        log(problem)
        check("the cure is named", "shared_volumes" in problem)
        check("nothing was made", len(world.containers(all_of_them=True)) == 1)
        verdict = world.ctl("--config", f"{world.dir}/etc", "check", "--container", "web",
                            check=False)
        log(verdict)
        check("check gives the same verdict", "shared_volumes" in verdict)


def a_pool_starts_and_stops_what_exists(build):
    with World(build, ini=FAST_DOWN + "[service]\nmode = pool\nmax = 3\n") as world:
        labels = ["dockscale.service=web", "dockscale.haproxy.port=8080"]
        for number in range(3):
            world.run(f"pool{number}", "--cpus", "0.2", labels=labels)
        world.start_daemon()
        world.wait_serving(1, 60)
        check("all still exist", len(world.containers(all_of_them=True)) == 3)
        world.ctl("scale", "web", "3")
        world.wait_serving(3)
        world.wait_right()
        check("no fourth was made", len(world.containers(all_of_them=True)) == 3)


def sources_that_stop_leave_the_count_alone(build):
    """The daemon stops cleanly: replicas stay and go on serving."""
    with World(build) as world:
        world.template("--cpus", "0.5")
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "3")
        world.wait_serving(3)
        check("the daemon ends with 0", world.stop_daemon() == 0)
        check("replicas stay", len(world.containers()) == 3)
        check("HAProxy serves them", len(world.enabled()) == 3)
        answers = {world.get()[1] for _ in range(30)}
        check("all three answer", len(answers) == 3, str(answers))


def utilisations(world):
    return [r["cpu"] for r in world.web()["replicas"] if r["state"] == "serving"]


def spread(world):
    used = utilisations(world)
    return max(used) - min(used) if len(used) == 2 and None not in used else 1.0


def weights(world):
    return {s["address"]: s["weight"] for s in world.servers()
            if s["admin"] & NOT_READY == 0}


def weights_follow_cpu_and_come_back(build):
    ini = ("[service]\nmin = 2\nmax = 2\n[haproxy]\nweights = cpu\n[cpu]\nwindow = 5s\n")
    with World(build, balance="roundrobin", ini=ini) as world:
        world.run("web", "--cpus", "0.4", "-e", "CPU_USEC=5000",
                  labels=["dockscale.service=web", "dockscale.haproxy.port=8080"])
        world.start_daemon()
        world.wait_serving(2)
        clone = next(name for name in world.containers() if name != "web")
        world.docker("update", "--cpus", "0.2", clone)
        load = world.load(rate=60, seconds=110, connections=48)
        changes = []
        before = weights(world)
        began = time.monotonic()
        even_at = None
        wait_for("the smaller one is busier", lambda: spread(world) > 0.15, 15)
        began = time.monotonic()
        while time.monotonic() < began + 40:
            now = weights(world)
            if now != before:
                changes.append(time.monotonic())
                log(f"weights {sorted(now.values())}, utilisations {utilisations(world)}")
                before = now
            if even_at is None and spread(world) <= 0.10 and len(changes) > 0:
                even_at = time.monotonic() - began
            time.sleep(0.2)
        check("utilisations are within 10 points in 30 s", even_at is not None and even_at <= 30,
              f"({even_at})")
        gaps = [b - a for a, b in zip(changes, changes[1:])]
        check("at most one change every 5 s", all(gap > 4.5 for gap in gaps), str(gaps))
        world.docker("update", "--cpus", "0.4", clone)
        wait_for("weights are equal again", lambda: len(set(weights(world).values())) == 1, 60)
        requests, failed = world.load_result(load)
        check("no request failed", failed == 0, f"({requests} requests)")


def a_new_replica_begins_slowly(build):
    for method in ("slots", "dynamic"):
        ini = "[service]\nmax = 2\n[haproxy]\nslow_start = 5s\n"
        with World(build, method=method, balance="roundrobin", ini=ini) as world:
            world.template()
            world.start_daemon()
            world.wait_serving(1)
            check("one that serves alone has its whole weight",
                  list(weights(world).values()) == [100], str(weights(world)))
            old = next(iter(weights(world)))
            world.ctl("scale", "web", "2", "--for", "1h")
            world.wait_serving(2)
            began = time.monotonic()
            seen = []
            while time.monotonic() < began + 15 and (not seen or seen[-1] < 100):
                new = [w for address, w in weights(world).items() if address != old]
                if new and (not seen or seen[-1] != new[0]):
                    seen.append(new[0])
                time.sleep(0.1)
            log(f"{method}: {seen}")
            check("it rises in steps to all", seen == sorted(seen) and seen[0] <= 40
                  and seen[-1] == 100 and len(seen) >= 4, str(seen))
            check("the other one keeps its weight", weights(world)[old] == 100)


main([a_container_without_a_limit_goes_from_one_to_two_and_back,
      a_surge_on_a_limited_container_is_met_without_a_lost_request,
      a_surge_is_met_within_seconds_by_the_policy_that_ships,
      a_container_with_a_writable_volume_is_never_cloned,
      a_pool_starts_and_stops_what_exists,
      sources_that_stop_leave_the_count_alone,
      weights_follow_cpu_and_come_back,
      a_new_replica_begins_slowly])
