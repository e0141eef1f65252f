#!/usr/bin/env python3
"""What is not a short GET: HTTP/2, POSTs in flight, WebSockets. The service is scaled up and down
under each, and nothing is lost; a WebSocket that outlasts drain_timeout is cut then, not before."""

import base64
import datetime
import os
import random
import re
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from steady import FEW, INI, MANY, Steady, changes
from traffic import H2load, Threads, Wrk, connect, read_answer, read_head
from world import HAPROXY_CONFIG, check, free_port, log, main, wait_for

CHANGES = min(20, changes(10))
DRAIN_TIMEOUT = 2.5


def http2_loses_no_request(build):
    port = free_port()
    config = HAPROXY_CONFIG.replace(
        "bind 127.0.0.1:{port}",
        "bind 127.0.0.1:{port}\n    bind 127.0.0.1:%d proto h2" % port)
    seconds = 5 + CHANGES * 1.2

    def clients(world):
        return [H2load(world, port, rate=120, seconds=seconds),
                H2load(world, port, rate=20, seconds=seconds, path="/?wait_msec=400")]

    with Steady(build, clients, config=config) as steady:
        steady.change(CHANGES)
        check("the load went on to the end", all(client.runs() for client in steady.clients))
        steady.end(f"{CHANGES} changes, HTTP/2")


def slow_post(world):
    """Half of a body of 8 KiB, a while, the other half, and an answer that takes its time."""
    def once(stop):
        body = b"x" * 8192
        with connect(world.port) as sock:
            sock.sendall(b"POST /?wait_msec=300 HTTP/1.1\r\nHost: web\r\nConnection: close\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body) + body[:4096])
            time.sleep(random.uniform(0.1, 0.6))
            sock.sendall(body[4096:])
            status, _, _ = read_answer(sock)
            return status == 200
    return once


def posts_in_flight_are_not_lost_and_not_repeated(build):
    """Without empty-response in retry-on: HAProxy repeats nothing that a replica may have begun."""
    config = HAPROXY_CONFIG.replace("retry-on conn-failure empty-response", "retry-on conn-failure")

    def clients(world):
        return [Wrk(world, 60, connections=40, path="/?wait_msec=300", body=6000),
                Threads(12, slow_post(world), pause=0.1)]

    with Steady(build, clients, config=config) as steady:
        steady.change(CHANGES)
        steady.end(f"{CHANGES} changes, POST")


class WebSocket:
    def __init__(self, port):
        key = base64.b64encode(random.randbytes(16)).decode()
        self.sock = connect(port, 10)
        self.sock.sendall((f"GET /chat HTTP/1.1\r\nHost: web\r\nUpgrade: websocket\r\n"
                           f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
        status, headers, self.rest = read_head(self.sock)
        if " 101 " not in status:
            raise ValueError(status)
        self.replica = headers["x-replica"]

    def send(self, opcode, data):
        mask = random.randbytes(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.sock.sendall(struct.pack("!BB", 0x80 | opcode, 0x80 | len(data)) + mask + masked)

    def take(self, length):
        while len(self.rest) < length:
            chunk = self.sock.recv(65536)
            if not chunk:
                raise ConnectionError("ended without a close frame")
            self.rest += chunk
        data, self.rest = self.rest[:length], self.rest[length:]
        return data

    def echo(self, data):
        self.send(1, data)
        opcode, length = struct.unpack("!BB", self.take(2))
        if opcode != 0x81 or self.take(length) != data:
            raise ValueError("not the echo of what was sent")

    def close(self):
        self.send(8, struct.pack("!H", 1000))
        opcode, length = struct.unpack("!BB", self.take(2))
        self.take(length)
        self.sock.close()
        return opcode == 0x88


class Sockets:
    """Brief ones end by themselves before any deadline, so none may be cut; lasting ones outlive it,
    and which replica left them when is kept in self.cuts."""

    def __init__(self, world):
        self.world = world
        self.lock = threading.Lock()
        self.cuts = []  # (replica's id, time of day in seconds)

    def brief(self, stop):
        socket = WebSocket(self.world.port)
        for number in range(random.randrange(2, 15)):
            socket.echo(b"message %d" % number)
            time.sleep(0.1)
        return socket.close()

    def lasting(self, stop):
        socket = WebSocket(self.world.port)
        try:
            end = time.monotonic() + random.uniform(1, 3) * DRAIN_TIMEOUT
            while not stop.is_set() and time.monotonic() < end:
                socket.echo(b"still there?")
                time.sleep(0.1)
            return socket.close()
        except OSError:
            with self.lock:
                self.cuts.append((socket.replica, time.time()))
            return None  # whether it was its time is looked at in the end


def drained_at(world):
    """{replica: time of day at which its drain began} as the daemon's log tells."""
    with open(f"{world.dir}/daemon.log") as file:
        found = re.findall(r"^(\S+)Z .*replica draining .*replica=(\S+) ", file.read(), re.M)
    return {name: datetime.datetime.fromisoformat(at + "+00:00").timestamp() for at, name in found}


def websockets_are_cut_at_drain_timeout_and_not_before(build):
    started = []

    def clients(world):
        sockets = Sockets(world)
        started.append(sockets)
        return [Threads(10, sockets.brief), Threads(25, sockets.lasting)]

    with Steady(build, clients, ini=INI.replace(
            "[haproxy]\n", f"[haproxy]\ndrain_timeout = {int(DRAIN_TIMEOUT * 1000)}ms\n"),
                template=(), image="demo-ws") as steady:
        for _ in range(CHANGES // 2):
            steady.reach(MANY)
            wait_for("each has some", lambda: all(
                (r["sessions"] or 0) > 1 for r in steady.world.web()["replicas"]), 20)
            steady.reach(FEW)
        steady.end(f"{CHANGES} changes, WebSockets")
        began = drained_at(steady.world)
        waited = [at - began[steady.ids[replica]] for replica, at in started[0].cuts]
        log(f"{len(waited)} WebSockets were cut, {min(waited):.2f} to {max(waited):.2f} s after "
            f"the drain began; drain_timeout is {DRAIN_TIMEOUT} s")
        check("some lasted longer than drain_timeout", len(waited) > 0)
        check("none was cut before", min(waited) >= DRAIN_TIMEOUT)
        check("and none was left long after", max(waited) < DRAIN_TIMEOUT + 2)


main([http2_loses_no_request, posts_in_flight_are_not_lost_and_not_repeated,
      websockets_are_cut_at_drain_timeout_and_not_before])
