#!/usr/bin/env python3
"""Twice the load that max can bear: it degrades and does not collapse, and is over when it ends.

Clients come as they like, whatever becomes of those before them, and leave after PATIENCE seconds.
Without a limit each request that is let in makes all others slower, until all answers come too
late: the same load is shown so first. DOCKSCALE_FULL=1 lives a minute of each.

A machine that is busy with other work gives the replicas less than they may use. Answers are therefore
compared by what the replicas had of their CPU.
"""

import asyncio
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import HAPROXY_CONFIG, World, check, log, main, wait_for

FULL = os.environ.get("DOCKSCALE_FULL") == "1"
MAX = 3
CPUS = 0.1
REQUEST_USEC = 5000
BEARABLE = MAX * CPUS * 1e6 / REQUEST_USEC  # requests a second
PATIENCE = 3.0  # seconds, of a client
QUEUE = 1.0  # `timeout queue`
# Seconds at most, of a replica without a limit for those who have left: a minute of twice the load brings
# as much work as it can do in two.
IN_VAIN = 180
WINDOW = 5.0  # rates are compared over it
CONFIG = HAPROXY_CONFIG.replace("timeout queue 10s", f"timeout queue {QUEUE:.0f}s")


class Clients(threading.Thread):
    """Strangers who come `rate` times a second; done: [(when, status or None, seconds)]."""

    def __init__(self, port, rate):
        super().__init__(daemon=True)
        self.port = port
        self.rate = rate
        self.done = []
        self.ended = threading.Event()
        self.start()

    async def ask(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
            return int((await reader.read()).split()[1])
        finally:
            writer.close()

    async def client(self):
        began = time.monotonic()
        try:
            status = await asyncio.wait_for(self.ask(), PATIENCE)
        except (asyncio.TimeoutError, OSError, IndexError):
            status = None
        now = time.monotonic()
        self.done.append((now, status, now - began))

    async def come(self):
        clients = set()
        at = time.monotonic()
        while not self.ended.is_set():
            at += random.expovariate(self.rate)
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            client = asyncio.ensure_future(self.client())
            clients.add(client)
            client.add_done_callback(clients.discard)
        self.last_came = time.monotonic()
        await asyncio.gather(*clients)

    def run(self):
        asyncio.run(self.come())

    def end(self):
        self.ended.set()
        self.join(PATIENCE + 5)


def rate(done, status, since, until):
    return sum(1 for at, s, _ in done if s == status and since < at <= until) / (until - since)


class Shares(threading.Thread):
    """What the replicas have of the CPU that they may use: [(when, share)]."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.seen = []
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.5):
            web = self.world.web()
            share = web and web["readings"]["cpu"]["value"]
            if share:
                self.seen.append((time.monotonic(), share))

    def mean(self, since, until):
        seen = [share for at, share in self.seen if since < at <= until]
        return min(1.0, sum(seen) / len(seen)) if seen else 1.0


def windows(done, shares, since, until):
    """Good answers a second in each WINDOW, a second apart, for a whole share of the CPU."""
    starts = [since + i for i in range(int(until - since - WINDOW) + 1)]
    return [rate(done, 200, at, at + WINDOW) / shares.mean(at, at + WINDOW) for at in starts]


def queued(world):
    """(waiting in HAProxy, in flight)"""
    rows = [line.split(",") for line in world.ask("show stat web 6 -1").splitlines() if "," in line]
    heads = rows[0]
    waits, runs = heads.index("qcur"), heads.index("scur")
    return (sum(int(r[waits] or 0) for r in rows[1:]),
            sum(int(r[runs] or 0) for r in rows[1:] if r[1] != "BACKEND"))


def over_after(world, since):
    """Seconds until nothing waits and a request is answered at once."""
    def calm():
        began = time.monotonic()
        return queued(world)[0] == 0 and world.get(timeout=PATIENCE)[0] == 200 and \
            time.monotonic() - began < 0.5
    wait_for("requests are answered at once", calm, IN_VAIN, 0.1)
    return time.monotonic() - since


def set_maxconn(world, word):
    world.ini = f"[service]\nmin = {MAX}\nmax = {MAX}\n[haproxy]\nmaxconn = {word}\n"
    world.configure()
    world.ctl("reload")


def wait_in_force(world):
    """Until there is a limit, and no replica has more than it from before."""
    def holds():
        limit = world.web()["queue"]["maxconn"]
        return limit is not None and queued(world)[1] <= MAX * limit
    began = time.monotonic()
    wait_for("a limit is in force", holds, 30, 0.2)
    log(f"a limit is in force after {time.monotonic() - began:.1f} s")


def overload(world, word, warm_up, seconds):
    """Twice what is bearable under `maxconn = word`; (done, from, to, how long it went on
    behind its end, what explain said, windows)."""
    set_maxconn(world, word)
    clients = Clients(world.port, 2 * BEARABLE)
    shares = Shares(world)
    if word != "off":
        wait_in_force(world)
    time.sleep(warm_up)
    since = time.monotonic()
    time.sleep(seconds)
    until = time.monotonic()
    explained = world.ctl("explain", "web")
    log("\n" + "\n".join(explained.splitlines()[:9]))
    log(f"waiting and in flight: {queued(world)}")
    clients.ended.set()
    lasted = over_after(world, time.monotonic())
    clients.end()
    shares.ended.set()
    done = clients.done
    seen = windows(done, shares, since, until)
    log(f"maxconn = {word}: {rate(done, 200, since, until):.1f} answers a second with "
        f"{shares.mean(since, until):.0%} of the CPU, in windows {[round(w) for w in seen]}, "
        f"{rate(done, 503, since, until):.1f} refused, {rate(done, None, since, until):.1f} "
        f"left without an answer; over after {lasted:.1f} s")
    return done, since, until, lasted, explained, seen


def degrades(world, word, warm_up):
    done, since, until, lasted, explained, seen = overload(world, word, warm_up, 60 if FULL else 10)
    check("good answers stay at 90 % of their peak", min(seen) >= 0.9 * max(seen),
          f"({min(seen):.1f} of {max(seen):.1f} a second)")
    check("that is what max can bear", max(seen) > 0.7 * BEARABLE, f"({BEARABLE:.0f} a second)")
    refused = [t for at, s, t in done if s == 503 and since < at <= until]
    check("the others are refused", len(refused) > 0)
    check("within the queue's time", max(refused) < QUEUE + 0.5, f"({max(refused):.2f} s)")
    check("nobody waits in vain", rate(done, None, since, until) < 0.01 * 2 * BEARABLE)
    check("it is over within seconds", lasted < 3, f"({lasted:.1f} s)")
    check("it says so", "at max" in explained and "wait in HAProxy's queue" in explained)


def twice_the_load_that_max_can_bear_degrades_and_does_not_collapse(build):
    with World(build, config=CONFIG, ini=f"[service]\nmin = {MAX}\nmax = {MAX}\n") as world:
        world.run("web", "--cpus", str(CPUS), "-e", f"CPU_USEC={REQUEST_USEC}",
                  labels=["dockscale.service=web", "dockscale.haproxy.port=8080"])
        world.start_daemon()
        world.wait_serving(MAX)
        done, since, until, *_ = overload(world, "off", 60 if FULL else 4, 5)
        check("without a limit it collapses", rate(done, 200, since, until) < 0.5 * BEARABLE,
              f"({rate(done, 200, since, until):.1f} of {BEARABLE:.0f} a second)")
        wait_for("the work in vain is done", lambda: queued(world) == (0, 0), IN_VAIN)
        degrades(world, "4", 2)
        degrades(world, "learn", 3)
        wait_for("the limit is lifted", lambda: world.web()["queue"]["maxconn"] is None, 40)


main([twice_the_load_that_max_can_bear_degrades_and_does_not_collapse])
