#!/usr/bin/env python3
"""Several HAProxies before one service: each is kept right by itself, whatever becomes of the
others; a drain waits for the sessions in all of them, and for one that nobody can ask to its
deadline."""

import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from layouts import Pair
from steady import FEW, INI, MANY, Steady
from traffic import Wrk, connect, read_answer
from world import check, log, main, wait_for

DRAIN_TIMEOUT = 6
DRAINS = INI.replace("[haproxy]\n", f"[haproxy]\ndrain_timeout = {DRAIN_TIMEOUT}s\n")


def clients(world):
    return [Wrk(world, 60), Wrk(world, 60, port=world.second_port),
            Wrk(world, 30, keep_alive=False, port=world.second_port)]


def first_alone(world):
    return [Wrk(world, 60), Wrk(world, 30, keep_alive=False)]


def both_are_served_up_and_down(build):
    with Steady(build, clients, kind=Pair) as steady:
        for count in (MANY, FEW, MANY, FEW):
            steady.reach(count)
            steady.world.wait_both_right()
        steady.end("4 changes before two HAProxies")


def both_with_added_servers(build):
    with Steady(build, clients, "dynamic", kind=Pair) as steady:
        for count in (MANY, FEW):
            steady.reach(count)
            steady.world.wait_both_right()
        steady.end("2 changes before two HAProxies, dynamic")


def one_goes_away_and_comes_back(build, away, back):
    """The other one is served all the time; the one that comes back is right within two ticks."""
    with Steady(build, first_alone, kind=Pair, ini=DRAINS) as steady:
        world = steady.world
        away(world)
        steady.reach(MANY)
        wait_for("the first is right", world.right, 2.5)
        balancer = world.web()["balancer"]
        check("it says that one is away", (balancer["reachable"], balancer["of"]) == (1, 2))
        check("and which", world.second_socket in world.web()["problem"], world.web()["problem"])
        back(world)
        world.wait_both_right()
        away(world)
        steady.reach(FEW)
        wait_for("the first is right", world.right, 2.5)
        back(world)
        world.wait_both_right()
        steady.end("one HAProxy away during changes, twice")


def one_ends_and_is_started_again(build):
    one_goes_away_and_comes_back(build, Pair.stop_second, Pair.start_second)


def one_hangs_and_goes_on(build):
    one_goes_away_and_comes_back(build, lambda world: world.second.send_signal(signal.SIGSTOP),
                                 lambda world: world.second.send_signal(signal.SIGCONT))


class Slow(threading.Thread):
    """One request that takes its time."""

    def __init__(self, port, seconds):
        super().__init__(daemon=True)
        self.port, self.seconds, self.status, self.replica = port, seconds, 0, None
        self.start()

    def run(self):
        with connect(self.port) as sock:
            sock.sendall(b"GET /?wait_msec=%d HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
                         % int(self.seconds * 1000))
            self.status, headers, _ = read_answer(sock)
            self.replica, self.ended = headers["x-replica"], time.monotonic()


def draining(world):
    return [r for r in world.web()["replicas"] if r["state"] == "draining"]


def a_drain_waits_for_the_sessions_of_both(build):
    with Steady(build, lambda world: [], kind=Pair, ini=DRAINS) as steady:
        world = steady.world
        steady.reach(MANY)
        world.wait_both_right()
        slow = [Slow(world.second_port, 3) for _ in range(2 * MANY)]
        wait_for("each replica has sessions", lambda: all(
            (r["sessions"] or 0) > 0 for r in world.web()["replicas"]), 5)
        began = time.monotonic()
        steady.scale(FEW)
        wait_for("they drain", lambda: len(draining(world)) == MANY - FEW, 5)
        while all(thread.is_alive() for thread in slow):
            running = len(world.containers())
            if running < MANY and all(thread.is_alive() for thread in slow):
                raise AssertionError("a replica is stopped though the second HAProxy has sessions")
            time.sleep(0.1)
        check("each was answered", all(thread.status == 200 for thread in slow))
        wait_for("they are gone", lambda: len(world.containers(all_of_them=True)) == FEW, 5)
        took = time.monotonic() - began
        check("that was before the deadline", took < DRAIN_TIMEOUT, f"({took:.1f} s)")


def one_that_nobody_can_ask_holds_a_drain_to_its_deadline(build):
    with Steady(build, lambda world: [], kind=Pair, ini=DRAINS) as steady:
        world = steady.world
        steady.reach(MANY)
        world.wait_both_right()
        world.second.send_signal(signal.SIGSTOP)
        wait_for("it is missed", lambda: world.web()["balancer"]["reachable"] == 1, 5)
        began = time.monotonic()
        steady.scale(FEW)
        wait_for("they drain", lambda: len(draining(world)) == MANY - FEW, 5)
        wait_for("one is stopped", lambda: len(world.containers()) < MANY, DRAIN_TIMEOUT + 6)
        held = time.monotonic() - began
        log(f"held for {held:.1f} s; drain_timeout is {DRAIN_TIMEOUT} s")
        check("not before the deadline", held > DRAIN_TIMEOUT)
        world.second.send_signal(signal.SIGCONT)
        wait_for("they are gone", lambda: len(world.containers(all_of_them=True)) == FEW, 15)
        world.wait_both_right()


main([both_are_served_up_and_down, both_with_added_servers, one_ends_and_is_started_again,
      one_hangs_and_goes_on, a_drain_waits_for_the_sessions_of_both,
      one_that_nobody_can_ask_holds_a_drain_to_its_deadline])
