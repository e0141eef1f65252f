#!/usr/bin/env python3
"""Two Docker hosts with a daemon each before one HAProxy and one backend: the instances go up and
down at the same time, and neither touches the other's servers, slots or containers."""

import ipaddress
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from layouts import Beside
from steady import FEW, INI, MANY
from traffic import Wrk
from world import HAPROXY_CONFIG, NOT_READY, SLOTS, World, check, log, main, wait_for


class Watcher(threading.Thread):
    """Looks at each server all the time: does it lead to the engine of the instance it is named
    after?"""

    def __init__(self, worlds):
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.looked = 0
        self.wrong = []
        self.subnets = {}
        for world in worlds:
            with open(f"{world.dir}/subnet") as file:
                self.subnets[f"ds-{world.instance}-"] = ipaddress.ip_network(file.read().strip())
        self.world = worlds[0]
        self.start()

    def run(self):
        while not self.stopped.wait(0.02):
            for server in self.world.servers():
                subnet = next((net for prefix, net in self.subnets.items()
                               if server["name"].startswith(prefix)), None)
                open_to = server["admin"] & NOT_READY == 0
                if subnet is None or \
                        (open_to and ipaddress.ip_address(server["address"]) not in subnet):
                    self.wrong.append(server)
            self.looked += 1

    def end(self):
        self.stopped.set()
        self.join()
        check("no server led to the other's engine", not self.wrong and self.looked > 20,
              f"({self.looked} looks) {self.wrong[:3]}")


def mine(world):
    """Addresses of the open servers of this instance."""
    return sorted(s["address"] for s in world.servers()
                  if s["name"].startswith(f"ds-{world.instance}-") and s["admin"] & NOT_READY == 0)


def reach(worlds, counts):
    for world, count in zip(worlds, counts):
        world.ctl("scale", "web", str(count), "--for", "1h")
    for world, count in zip(worlds, counts):
        wait_for(f"{count} of {world.instance} serve", lambda: world.serving() == count and
                 not world.web()["draining"] and
                 len(world.containers(all_of_them=True)) == count, 30)
        wait_for("its servers are its containers",
                 lambda: mine(world) == sorted(world.containers().values()), 2.5)


def two_instances(build, method):
    first = World(build, method=method, ini=INI, interval="200ms")
    second = Beside(build, first, method=method, ini=INI, interval="200ms")
    if method == "slots":
        first.config = HAPROXY_CONFIG.replace(
            "    {servers}\n", "    {servers}\n    " + SLOTS.format(instance=second.instance) + "\n")
    worlds = (first, second)
    with first, second:
        for world in worlds:
            world.template("-e", "CPU_USEC=300", "-e", "WAIT_MSEC=5")
            world.start_daemon()
        reach(worlds, (FEW, FEW))
        watcher = Watcher(worlds)
        load = [Wrk(first, 80), Wrk(first, 50, keep_alive=False)]
        for counts in ((MANY, FEW), (FEW, MANY), (MANY, MANY)):
            reach(worlds, counts)
        before = mine(first)
        first.stop_daemon()
        second.ctl("scale", "web", str(FEW), "--for", "1h")
        wait_for("the second goes down alone", lambda: second.serving() == FEW, 30)
        second.stop_daemon()
        second.start_daemon()
        second.wait_serving(FEW)
        check("the first's servers are as they were", mine(first) == before)
        check("and so are its containers", len(first.containers(all_of_them=True)) == MANY)
        first.start_daemon()
        reach(worlds, (FEW, FEW))
        counts = [client.end() for client in load]
        watcher.end()
        log(f"{method}: (answered, failed) of each kind of client {counts}")
        check("no request failed", all(failed == 0 for _, failed in counts), str(counts))


def two_instances_with_slots(build):
    two_instances(build, "slots")


def two_instances_with_added_servers(build):
    two_instances(build, "dynamic")


main([two_instances_with_slots, two_instances_with_added_servers])
