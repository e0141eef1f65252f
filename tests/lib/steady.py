"""A service under steady load that is scaled up and down as fast as it goes."""

import os

from world import HAPROXY_CONFIG, World, check, log, wait_for

FEW, MANY = 2, 5

# Everything that is a wait and no work is short: the more changes in the same time.
INI = ("[service]\nmax = 6\nstop_timeout = 5s\n"
       "[haproxy]\ndrain_idle = 200ms\n[health]\ninterval = 50ms\n")


def changes(default):
    """How many changes a test makes: what DOCKSCALE_CHANGES says, or a sample of it."""
    return int(os.environ.get("DOCKSCALE_CHANGES", str(default)))


class Steady:
    """Clients that go on through everything; clients(world) starts them when it serves."""

    def __init__(self, build, clients, method="slots", ini=INI, config=HAPROXY_CONFIG,
                 template=("-e", "CPU_USEC=300", "-e", "WAIT_MSEC=5"), image="dockscale-demo",
                 kind=World, **more):
        self.world = kind(build, method=method, ini=ini, interval="200ms", config=config, **more)
        self.start_clients = clients
        self.options = template
        self.image = image
        self.ids = {}  # of replicas ever seen: name by the first 12 digits of the id

    def __enter__(self):
        world = self.world.__enter__()
        if self.image != "dockscale-demo":
            world.image(self.image)
        world.template(*self.options, image=self.image)
        world.start_daemon()
        self.reach(FEW)
        self.clients = self.start_clients(world)
        return self

    def __exit__(self, *how):
        self.world.__exit__(*how)

    def scale(self, count):
        self.world.ctl("scale", "web", str(count), "--for", "1h")

    def settled(self):
        web = self.world.web()
        for replica in web["replicas"] if web else ():
            self.ids[(replica["id"] or "")[:12]] = replica["name"]
        return web and web["serving"] == web["desired"] > 0 and not web["starting"] and \
            not web["draining"]

    def reach(self, count, seconds=30):
        self.scale(count)
        wait_for(f"{count} replicas serve and none else",
                 lambda: self.settled() and self.world.serving() == count, seconds)

    def change(self, times, seconds=30):
        for number in range(times):
            self.reach(MANY if number % 2 == 0 else FEW, seconds)

    def end(self, what):
        """No client saw a failure, and neither did HAProxy."""
        self.world.wait_right()
        counts = [client.end() for client in self.clients]
        log(f"{what}: (answered, failed) of each kind of client {counts}")
        said = [client.said for client in self.clients if getattr(client, "said", None)]
        check("there were requests", all(answered > 20 for answered, _ in counts))
        check("no request failed", all(failed == 0 for _, failed in counts), f"{counts} {said}")
        logged = self.world.logged()
        refused = [line for line in logged if line[1] != 101 and not 200 <= line[1] < 300]
        rescued = [line for line in logged if line[3] not in ("0", "-")]
        check("nor did HAProxy see one fail", not refused, str(refused[:3]))
        log(f"of {len(logged)} requests HAProxy had to try {len(rescued)} again {rescued[:3]}")
