#!/usr/bin/env python3
"""Clients that HAProxy pins to a replica, by a cookie or in a stick table: they are answered by it
while it drains, however short their requests are; it goes when they have been away for drain_idle,
or at drain_timeout, and then they are answered by another one."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from steady import INI, MANY, Steady
from traffic import Wrk, connect, read_answer
from world import HAPROXY_CONFIG, check, log, main, wait_for

DRAIN_IDLE, DRAIN_TIMEOUT = 2, 8
PINNED = INI.replace("drain_idle = 200ms", f"drain_idle = {DRAIN_IDLE}s\n"
                     f"drain_timeout = {DRAIN_TIMEOUT}s")
BALANCE = "    balance {balance}\n"
COOKIE = HAPROXY_CONFIG.replace(
    BALANCE, BALANCE + "    cookie SRV insert indirect nocache dynamic\n"
    "    dynamic-cookie-key some-secret\n")
TABLE = HAPROXY_CONFIG.replace(
    BALANCE, BALANCE + "    stick-table type string len 32 size 10k expire 1m\n"
    "    stick on req.hdr(X-Client)\n")


class Client(threading.Thread):
    """A short request on a new connection now and then: between two of them nothing is open."""

    def __init__(self, world, name):
        super().__init__(daemon=True)
        self.world, self.client = world, name
        self.cookie = None
        self.stopped = threading.Event()
        self.answers = []  # (time, status, replica)
        self.start()

    def ask(self):
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        with connect(self.world.port, 10) as sock:
            sock.sendall(f"GET / HTTP/1.1\r\nHost: web\r\nX-Client: {self.client}\r\n{cookie}"
                         "Connection: close\r\n\r\n".encode())
            status, headers, _ = read_answer(sock)
        for word in headers.get("set-cookie", "").split(";")[:1]:
            self.cookie = word.replace("srv=", "SRV=") or self.cookie
        self.answers.append((time.monotonic(), status, headers.get("x-replica")))

    def run(self):
        while not self.stopped.wait(0.25):
            try:
                self.ask()
            except (OSError, ValueError) as error:
                self.answers.append((time.monotonic(), 0, repr(error)))

    def end(self):
        self.stopped.set()
        self.join()

    @property
    def replica(self):
        return self.answers[-1][2]


def pinned(steady):
    """Clients of all replicas, and for how long each one was answered by its own."""
    clients = [Client(steady.world, f"client{number}") for number in range(4 * MANY)]
    wait_for("each has been answered twice", lambda: all(len(c.answers) > 2 for c in clients), 10)
    for client in clients:
        check_pinned(client, since=1)
    return clients


def check_pinned(client, since=0):
    replicas = {replica for _, _, replica in client.answers[since:]}
    if len(replicas) != 1:
        raise AssertionError(f"{client.client} was answered by {replicas}")


def leaving(world):
    return {r["id"][:12] for r in world.web()["replicas"] if r["state"] == "draining"}


def drain(build, config):
    """Two tell the story: who stays away releases the replica, who does not holds it to its end."""
    with Steady(build, lambda world: [Wrk(world, 40, keep_alive=False)], ini=PINNED,
                config=config) as steady:
        world = steady.world
        steady.reach(MANY)
        clients = pinned(steady)
        steady.scale(MANY - 2)
        wait_for("two drain", lambda: len(leaving(world)) == 2, 5)
        began = time.monotonic()
        held, released = sorted(leaving(world))
        check("both have clients", {held, released} <= {c.replica for c in clients})
        wait_for("longer than drain_idle", lambda: time.monotonic() - began > DRAIN_IDLE + 1.5, 5)
        check("both are held", leaving(world) == {held, released})
        for client in clients:
            check_pinned(client, since=1)
        for client in clients:
            if client.replica == released:
                client.end()
        quiet = time.monotonic()
        wait_for("the one without clients is gone", lambda: released not in leaving(world), 6)
        waited = time.monotonic() - quiet
        log(f"gone {waited:.1f} s after the last request; drain_idle is {DRAIN_IDLE} s")
        check("not before drain_idle", waited > DRAIN_IDLE - 0.6)
        check("the other one is held", leaving(world) == {held})
        wait_for("it goes at the deadline", lambda: not leaving(world), DRAIN_TIMEOUT)
        waited = time.monotonic() - began
        log(f"gone {waited:.1f} s after the drain began; drain_timeout is {DRAIN_TIMEOUT} s")
        check("not before the deadline", waited > DRAIN_TIMEOUT - 0.6)
        at = {client: len(client.answers) for client in clients if client.is_alive()}
        wait_for("its clients are answered again",
                 lambda: all(len(c.answers) > n + 3 for c, n in at.items()), 10)
        for client in clients:
            client.end()
        answers = [answer for client in clients for answer in client.answers]
        bad = [answer for answer in answers if answer[1] != 200]
        check("no pinned client saw a failure", not bad, f"({len(answers)} answers) {bad[:3]}")
        check("they moved to one that stays", all(c.replica != held for c in at))
        steady.end("a drain with pinned clients")


def clients_with_a_cookie_are_respected(build):
    drain(build, COOKIE)


def clients_in_a_stick_table_are_respected(build):
    drain(build, TABLE)


main([clients_with_a_cookie_are_respected, clients_in_a_stick_table_are_respected])
