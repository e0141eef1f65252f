#!/usr/bin/env python3
"""Each part is taken away in the middle of a scale-up and of a drain: no replica is doubled, none
lost that the engine kept, and HAProxy is right within two ticks after the last part answers."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import TICK, World, check, log, main, wait_for


def begin_scale_up(world):
    world.ctl("scale", "web", "4")
    wait_for("a clone is being made", lambda: len(world.containers(all_of_them=True)) > 1, 10, 0.01)


def begin_drain(world):
    """Three replicas with long requests, two of which are told to go."""
    world.ctl("scale", "web", "3")
    world.wait_serving(3)
    world.slow = [threading.Thread(target=world.get, args=("/?wait_msec=6000",)) for _ in range(9)]
    for thread in world.slow:
        thread.start()
    wait_for("every replica is busy",
             lambda: all((r["sessions"] or 0) > 0 for r in world.web()["replicas"]), 10)
    world.ctl("scale", "web", "1")
    wait_for("a replica drains", lambda: world.web()["draining"] > 0, 5)


def haproxy_reload(world):
    world.reload_haproxy()


def daemon_killed(world):
    world.kill_daemon()
    world.start_daemon()


def engine_restarted(world):
    world.restart_docker()


def settled(world):
    """Nothing starts, nothing drains, the count is what is desired."""
    web = world.web()
    return web and web["starting"] == 0 and web["draining"] == 0 and \
        web["serving"] == web["desired"]


def never_doubled(world, most, seconds):
    """Watches for a while: never more replicas than `most`, and what is enabled runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        running = world.containers()
        check_quiet(len(running) <= most, f"{len(running)} replicas, at most {most} are wanted")
        time.sleep(0.1)


def check_quiet(truth, text):
    if not truth:
        raise AssertionError(text)


def story(build, phase, fault, method="slots", live_restore=False):
    with World(build, method=method, live_restore=live_restore) as world:
        world.template("--cpus", "0.5")
        world.start_daemon()
        world.wait_serving(1)
        phase(world)
        kept_before = set(world.containers())
        fault(world)
        answered = time.monotonic()
        wait_for("the daemon sees the engine", lambda: world.status() and world.right(),
                 2 * TICK + 0.5)
        log(f"HAProxy right {time.monotonic() - answered:.2f} s after the last part answered")
        never_doubled(world, 4, 3)
        wait_for("it has settled", lambda: settled(world), 60)
        world.wait_right()
        web = world.web()
        running = world.containers()
        check("as many run as are desired", len(running) == web["desired"],
              f"({len(running)} of {web['desired']})")
        check("nothing is left over", len(world.containers(all_of_them=True)) == web["desired"])
        check("the template is among them", "web" in running)
        if phase is begin_scale_up and (fault is daemon_killed or live_restore):
            kept = kept_before & set(running)
            check("none is lost that the engine kept", kept == kept_before, f"({sorted(kept)})")
        for thread in getattr(world, "slow", []):
            thread.join()


def reload_in_a_scale_up(build):
    story(build, begin_scale_up, haproxy_reload)


def reload_in_a_drain(build):
    story(build, begin_drain, haproxy_reload)


def reload_in_a_scale_up_with_dynamic_servers(build):
    story(build, begin_scale_up, haproxy_reload, method="dynamic")


def reload_in_a_drain_with_dynamic_servers(build):
    story(build, begin_drain, haproxy_reload, method="dynamic")


def kill_in_a_scale_up(build):
    story(build, begin_scale_up, daemon_killed)


def kill_in_a_drain(build):
    story(build, begin_drain, daemon_killed)


def engine_restart_in_a_scale_up(build):
    story(build, begin_scale_up, engine_restarted)


def engine_restart_in_a_drain(build):
    story(build, begin_drain, engine_restarted)


def engine_restart_with_live_restore_in_a_scale_up(build):
    story(build, begin_scale_up, engine_restarted, live_restore=True)


def engine_restart_with_live_restore_in_a_drain(build):
    story(build, begin_drain, engine_restarted, live_restore=True)


main([reload_in_a_scale_up, reload_in_a_drain, reload_in_a_scale_up_with_dynamic_servers,
      reload_in_a_drain_with_dynamic_servers, kill_in_a_scale_up, kill_in_a_drain,
      engine_restart_in_a_scale_up, engine_restart_in_a_drain,
      engine_restart_with_live_restore_in_a_scale_up,
      engine_restart_with_live_restore_in_a_drain])
