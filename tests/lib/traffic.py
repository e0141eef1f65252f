"""Clients that count what fails: wrk for steady load, plain threads where wrk cannot follow.

Each has begin() behind its constructor and end() -> (answered, failed). Failed is whatever a person
would call so: no connection, a connection that broke, no answer in time, an answer other than 2xx.
"""

import random
import re
import signal
import socket
import subprocess
import threading
import time

WRK_AT_MOST = 900  # seconds; end() comes before


class Wrk:
    """About `rate` requests a second by `connections` clients that think in between: a closed loop
    without think time would keep any number of replicas busy and wait for itself."""

    def __init__(self, world, rate, connections=24, path="/", keep_alive=True, body=None, port=None):
        delay = 1000 * connections / rate
        self.world = world
        self.script = f"{world.dir}/wrk-{time.monotonic_ns()}.lua"
        with open(self.script, "w") as file:
            file.write(f"function delay() return math.random({int(delay * 0.5)}, "
                       f"{int(delay * 1.5)}) end\n")
            if not keep_alive:
                file.write('wrk.headers["Connection"] = "close"\n')
            if body is not None:
                file.write(f'wrk.method = "POST"\nwrk.body = string.rep("x", {body})\n')
        self.child = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{WRK_AT_MOST}s", "--timeout", "10s", "-s",
             self.script, f"http://127.0.0.1:{port or world.port}{path}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        world.children.append(self.child)

    def end(self):
        self.child.send_signal(signal.SIGINT)
        text = self.child.communicate(timeout=30)[0]
        self.world.children.remove(self.child)
        answered = int(re.search(r"(\d+) requests in", text).group(1))
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)",
                           text)
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        failed = sum(int(n) for n in errors.groups()) if errors else 0
        return answered, failed + (int(bad.group(1)) if bad else 0)


class H2load:
    """HTTP/2 without TLS: few connections with many streams each, `rate` requests a second in all.
    h2load ends by itself after `seconds`."""

    def __init__(self, world, port, rate, seconds, connections=4, path="/"):
        self.world = world
        self.child = subprocess.Popen(
            ["h2load", f"-c{connections}", f"-n{int(rate * seconds)}", "-t1", "-m8",
             f"--rps={rate / connections}", f"http://127.0.0.1:{port}{path}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        world.children.append(self.child)

    def runs(self):
        return self.child.poll() is None

    def end(self):
        text = self.child.communicate(timeout=120)[0]
        self.world.children.remove(self.child)
        counts = {word: int(count) for count, word in
                  re.findall(r"(\d+) (total|succeeded|failed|errored|timeout)", text)}
        codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
        answered = int(codes.group(1))
        return answered, counts["total"] - answered


class Threads:
    """`count` threads that call once(stop) again and again; it gives True (answered), False
    (failed), or None (neither, and to be counted apart by itself)."""

    def __init__(self, count, once, pause=0.0):
        self.once = once
        self.pause = pause
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.answered = self.failed = 0
        self.said = []  # of the first failures
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopped.is_set():
            try:
                good, why = self.once(self.stopped), "refused"
            except (OSError, ValueError) as error:
                good, why = False, repr(error)
            with self.lock:
                if good:
                    self.answered += 1
                elif good is False:
                    self.failed += 1
                    self.said = (self.said + [why])[:5]
            self.stopped.wait(self.pause * random.uniform(0.5, 1.5))

    def end(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)
        return self.answered, self.failed


def read_head(sock):
    """(status line, headers in lower case, what came behind them)"""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(65536)
        if not chunk:
            raise ValueError(f"ended within the head: {data!r}")
        data += chunk
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return lines[0], headers, rest


def read_answer(sock):
    """(status, headers, body) of one answer with a Content-Length."""
    status, headers, body = read_head(sock)
    while len(body) < int(headers.get("content-length", 0)):
        chunk = sock.recv(65536)
        if not chunk:
            raise ValueError("ended within the body")
        body += chunk
    return int(status.split()[1]), headers, body.decode()


def connect(port, timeout=60):
    return socket.create_connection(("127.0.0.1", port), timeout)
