#!/usr/bin/env python3
"""Warm replicas on the real parts, under load: from the decision to serving in 0.3 s, measured against
the cold path of the same decision; no request fails; and a killed daemon finds them again.

DOCKSCALE_CHANGES=20 makes so many rounds of each; the default is a sample of it."""

import os
import random
import sys
import time
from datetime import datetime

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from steady import changes
from traffic import Wrk
from world import World, check, log, main, wait_for

WARM = 2
ROUNDS = changes(2)
SEED = int(os.environ.get("DOCKSCALE_SEED", str(random.randrange(100000))))
START = 0.8  # seconds that its program takes
AT_MOST = 0.3

INI = (f"[service]\nwarm = {WARM}\nmax = 8\nstop_timeout = 5s\n"
       "[haproxy]\ndrain_idle = 200ms\n")
HEALTH = 'HEALTHCHECK --interval=2s --timeout=2s CMD ["/demo_httpd", "CHECK=1"]'


class Warm:
    """One that serves, WARM that are ready, and clients."""

    def __init__(self, build, health=False, ini=INI):
        self.world = World(build, ini=ini)
        self.health = health

    def __enter__(self):
        world = self.world.__enter__()
        image = "dockscale-demo"
        if self.health:
            world.docker("create", "--name", "base", image)
            image = "demo-health"
            world.docker("commit", "--change", HEALTH, "base", image)
            world.docker("rm", "base")
        world.template("-e", "CPU_USEC=300", "-e", f"START_DELAY={int(START * 1000)}", image=image)
        world.start_daemon()
        self.reach(1)
        self.clients = [Wrk(world, 100, keep_alive=True), Wrk(world, 60, keep_alive=False)]
        return self

    def __exit__(self, *how):
        self.world.__exit__(*how)

    def paused(self):
        return self.world.docker("ps", "--filter", "status=paused", "--format",
                                 "{{.Names}}").split()

    def made(self):
        """All clones, whatever their state."""
        return [name for name in self.world.containers(all_of_them=True) if name != "web"]

    def settled(self, count):
        web = self.world.web()
        return web and web["serving"] == count == web["desired"] and web["warm"] == WARM and \
            not web["starting"] and not web["draining"] and len(self.paused()) == WARM and \
            len(self.made()) == count - 1 + WARM

    def reach(self, count, seconds=60):
        self.world.ctl("scale", "web", str(count), "--for", "1h")
        wait_for(f"{count} serve, {WARM} are warm, and there is none else",
                 lambda: self.settled(count), seconds, 0.2)

    def scale_up(self, count):
        """Seconds from the decision until each replica served, and the names of them."""
        with open(f"{self.world.dir}/daemon.log", errors="replace") as file:
            file.seek(0, os.SEEK_END)
            self.world.ctl("scale", "web", str(count), "--for", "1h")
            wait_for(f"{count} replicas serve", lambda: self.world.serving() == count, 30, 0.2)
            lines = file.read().splitlines()
        decided = next(moment(line) for line in lines if "scaling up" in line)
        return [(moment(line) - decided).total_seconds() for line in lines
                if "replica serving" in line]

    def end(self):
        self.world.wait_right()
        counts = [client.end() for client in self.clients]
        check("there were requests", all(answered > 100 for answered, _ in counts))
        check("no request failed", all(failed == 0 for _, failed in counts), str(counts))
        refused = [line for line in self.world.logged() if not 200 <= line[1] < 300]
        check("nor did HAProxy see one fail", not refused, str(refused[:3]))


def moment(line):
    return datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))


def check_hidden(warm):
    world = warm.world
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Aliases}}{{end}}"
    held = world.docker("inspect", "-f", form, *warm.paused()).split("\n")
    addresses = {line.split()[0] for line in held}
    known = {server["address"] for server in world.servers()}
    check("no name leads to what is paused",
          all(line.split()[1:] in (["[]"], ["<nil>"]) for line in held), str(held))
    check("and no server", len(addresses) == WARM and not addresses & known, f"{addresses} {known}")


def promote(build, health):
    with Warm(build, health) as warm:
        check_hidden(warm)
        fast, slow = [], []
        for _ in range(ROUNDS):
            fast += warm.scale_up(1 + WARM)
            warm.reach(1)
        # One more than there are warm ones: the same decision takes both ways.
        mixed = warm.scale_up(1 + WARM + 1)
        slow = mixed[WARM:]
        warm.reach(1)
        fast.sort()
        check("as many began to serve", (len(fast), len(slow)) == (WARM * ROUNDS, 1))
        log(f"warm: {fast[0]:.3f} to {fast[-1]:.3f} s, median {fast[len(fast) // 2]:.3f} s "
            f"({len(fast)} promoted), beside a cold start {mixed[:WARM]}; cold: {slow[0]:.3f} s")
        check(f"warm ones serve within {AT_MOST} s", fast[-1] <= AT_MOST, f"({fast[-1]:.3f} s)")
        check("and before the cold one", mixed[WARM - 1] < START < slow[0], str(mixed))
        warm.end()


def warm_replicas_serve_at_once(build):
    promote(build, False)


def warm_replicas_with_a_health_check_serve_at_once(build):
    promote(build, True)


def a_killed_daemon_has_as_many_as_before(build):
    chance = random.Random(SEED)
    log(f"seed {SEED}")
    with Warm(build) as warm:
        for number in range(ROUNDS):
            warm.world.ctl("scale", "web", "3" if number % 2 == 0 else "1", "--for", "1h")
            time.sleep(chance.uniform(0, 4))
            warm.world.kill_daemon()
            warm.world.start_daemon()
            wait_for("it is ready for commands", lambda: warm.world.serving() > 0, 20)
            warm.reach(3 if number % 2 == 0 else 1)
        warm.end()


main([warm_replicas_serve_at_once,
      warm_replicas_with_a_health_check_serve_at_once,
      a_killed_daemon_has_as_many_as_before])
