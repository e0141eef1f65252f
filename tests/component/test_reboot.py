#!/usr/bin/env python3
"""The engine goes away with all its containers, and they come back in another order, with each
other's addresses: not one request is answered by a container of another service, whatever went
away with the engine, and in the end all is served as before."""

import ipaddress
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from traffic import Threads, connect, read_answer
from world import HAPROXY_CONFIG, NOT_READY, TICK, World, check, log, main, wait_for

SERVICES = ("web", "shop")
CONFIG = HAPROXY_CONFIG.replace(
    "    default_backend web\n",
    "    use_backend shop if {{ path_beg /shop }}\n    default_backend web\n") + """
backend shop
    balance {balance}
    {servers}
"""
INI = "[service]\nmin = 3\nmax = 4\nstop_timeout = 2s\n"


class Askers:
    """Ask both services all the time; who answers for another one is kept."""

    def __init__(self, world):
        self.world = world
        self.wrong = []
        self.answers = 0
        self.lock = threading.Lock()
        self.threads = [Threads(3, lambda stop, s=s: self.ask(s), pause=0.01) for s in SERVICES]

    def ask(self, service):
        with connect(self.world.port, 5) as sock:
            sock.sendall(b"GET /%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                         % service.encode())
            status, headers, _ = read_answer(sock)
        with self.lock:
            self.answers += status == 200
            if status == 200 and headers["x-service"] != service:
                self.wrong.append((service, headers["x-service"], headers["x-replica"]))
        return status == 200

    def end(self):
        for threads in self.threads:
            threads.end()


class Two(World):
    def __init__(self, build, **kwargs):
        super().__init__(build, config=CONFIG, ini=INI, others=("shop",), **kwargs)

    def __enter__(self):
        super().__enter__()
        for name in SERVICES:
            self.run(name, "-e", f"NAME={name}", "-e", "CPU_USEC=200",
                     labels=[f"dockscale.service={name}", "dockscale.haproxy.port=8080"])
        self.start_daemon()
        self.wait_both()
        return self

    def served(self):
        return all(self.service(name) and self.service(name)["serving"] == 3 and
                   not self.service(name)["draining"] for name in SERVICES)

    def wait_both(self, seconds=60):
        wait_for("both services are served by three", self.served, seconds)

    def addresses(self):
        """{address: service} of what runs."""
        found = {}
        for name in SERVICES:
            ids = self.docker("ps", "-q", "--filter", f"label=dockscale.service={name}").split()
            for line in self.docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}",
                                    *ids).split() if ids else ():
                found[line] = name
        return found

    def names(self, service):
        return self.docker("ps", "-a", "--format", "{{.Names}}",
                           "--filter", f"label=dockscale.service={service}").split()

    def return_in_another_order(self, before):
        """An engine gives out the lowest address first: where one service was, the other comes.
        What is started by others, or gone, meanwhile is theirs."""
        left = {name: self.names(name) for name in SERVICES}
        for _, was in sorted(before.items(), key=lambda item: ipaddress.ip_address(item[0])):
            other = left[SERVICES[1 - SERVICES.index(was)]]
            if other:
                self.docker("start", other.pop(0), check=False)
        for name in left["web"] + left["shop"]:
            self.docker("start", name, check=False)


def comes_back(world, away):
    """The daemon starts some too, and may restore the old order by that: then once more."""
    askers = Askers(world)
    wait_for("both answer", lambda: askers.answers > 100, 20)
    for _ in range(5):
        before = world.addresses()
        away(before)
        middle = askers.answers
        world.wait_both()
        wait_for("both answer again", lambda: askers.answers > middle + 200, 20)
        after = world.addresses()
        moved = [a for a in after if a in before and before[a] != after[a]]
        log(f"{askers.answers} answers, {len(moved)} addresses changed hands")
        if moved:
            break
    askers.end()
    check("addresses of one service are the other's now", len(moved) > 0)
    check("no answer from a wrong service", not askers.wrong,
          f"({len(askers.wrong)} of {askers.answers}) {askers.wrong[:3]}")
    for name in SERVICES:
        enabled = sorted(s["address"] for s in world.servers(name) if s["admin"] & NOT_READY == 0)
        check(f"{name} is led to its own", enabled == sorted(a for a in after if after[a] == name))


def the_engine_goes_in_peace_and_haproxy_stays(build):
    def away(before):
        world.shell('docker_engine_stop "$1"; docker_engine_start "$1"')
        world.return_in_another_order(before)

    with Two(build) as world:
        comes_back(world, away)


CRASH = """
docker_engine_stop "$1" KILL
for pid in $(grep -lzsx -- "$1/containerd.sock" /proc/[0-9]*/cmdline | grep -o '[0-9]\\+'); do
    grep -qz containerd-shim /proc/$pid/cmdline 2>/dev/null || continue
    for child in $(cat /proc/$pid/task/*/children 2>/dev/null); do kill -s KILL $child; done
done
"""


def the_engine_crashes_with_its_containers_and_haproxy_stays(build):
    """Nobody tells that they ended but the kernel, and it of those that it was asked about before."""
    def away(before):
        wait_for("each was read once", lambda: all(
            replica["cpu"] is not None for name in SERVICES
            for replica in world.service(name)["replicas"]), 10)
        world.shell(CRASH)
        wait_for("nobody is led to where they were", lambda: not any(
            s["admin"] & NOT_READY == 0 for name in SERVICES for s in world.servers(name)), 3 * TICK)
        world.shell('docker_engine_start "$1"')
        world.return_in_another_order(before)

    with Two(build) as world:
        comes_back(world, away)


def haproxy_goes_too_and_its_state_file_stays(build):
    def away(before):
        world.stop_haproxy()
        world.shell('docker_engine_stop "$1"; docker_engine_start "$1"')
        world.return_in_another_order(before)
        world.start_haproxy()

    with Two(build) as world:
        comes_back(world, away)


def all_of_it_boots(build):
    """What lies below /run is gone: the state file. HAProxy answers first, the daemon comes last."""
    def away(before):
        world.kill_daemon()
        world.stop_haproxy()
        world.shell('docker_engine_stop "$1"; docker_engine_start "$1"')
        os.unlink(world.state_file)
        world.start_haproxy()
        world.return_in_another_order(before)
        world.start_daemon()

    with Two(build) as world:
        comes_back(world, away)


main([the_engine_goes_in_peace_and_haproxy_stays,
      the_engine_crashes_with_its_containers_and_haproxy_stays,
      haproxy_goes_too_and_its_state_file_stays, all_of_it_boots])
