#!/usr/bin/env python3
"""A person's hand on the real engine: each command of the table in docs/docker.md is given to three
services at once, one for each `manual`, and what becomes of them is compared with the table.

Every row begins with three replicas of each service (the template and two clones) under steady
requests, and none of those may fail but where the table says so.
"""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from traffic import Threads, connect, read_answer
from world import HAPROXY_CONFIG, NOT_READY, World, check, hasty_ini, log, main, wait_for

MANUALS = ("adopt", "enforce", "pause")
COUNT = 3
GRACE = 10  # seconds, of a template that was removed
INI = hasty_ini("max = 6\n", GRACE)


def haproxy_config():
    head = HAPROXY_CONFIG[:HAPROXY_CONFIG.index("frontend in")]
    routes = "".join(f"    use_backend {name} if {{{{ path_beg /{name} }}}}\n" for name in MANUALS)
    backends = "".join(f"backend {name}\n    balance {{balance}}\n    {{servers}}\n"
                       for name in (*MANUALS, "web"))
    return f"{head}frontend in\n    bind 127.0.0.1:{{port}}\n{routes}{backends}"


def so(count, state="active", others=0):
    """So many serve and are wanted, and so many more exist that do not run."""
    return {"state": state, "desired": count, "serving": count, "served": count, "running": count,
            "others": others, "busy": 0}


UNCHANGED = {name: so(COUNT) for name in MANUALS}


class Hands:
    """Three services with the same containers, called like their `manual`."""

    def __init__(self, build):
        self.world = World(build, ini=INI, interval="500ms", config=haproxy_config(),
                           others=MANUALS)

    def __enter__(self):
        self.world.__enter__()
        for name in MANUALS:
            self.make(name, name)
        self.world.start_daemon()
        self.reset()
        return self

    def __exit__(self, *how):
        self.world.__exit__(*how)

    def docker(self, *args, **kwargs):
        return self.world.docker(*args, **kwargs)

    def make(self, name, container, how=("run", "-d")):
        self.docker(*how, "--name", container, "--label", f"dockscale.service={name}",
                    "--label", f"dockscale.manual={name}",
                    "--label", "dockscale.haproxy.port=8080",
                    "-e", "LINGER=50", "-e", "CPU_USEC=200", "dockscale-demo")

    def containers(self, name):
        """{container: state} of all that a service has."""
        lines = self.docker("ps", "-a", "--filter", f"label=dockscale.service={name}",
                            "--format", "{{.Names}} {{.State}}").splitlines()
        return dict(line.split() for line in lines)

    def clones(self, name):
        return [c for c in self.containers(name) if c.startswith("ds-")]

    def shown(self, name):
        """What there is to compare with a row."""
        service = self.world.service(name)
        if service is None:
            return None
        states = list(self.containers(name).values())
        up = [s for s in self.world.servers(name) if s["admin"] & NOT_READY == 0]
        return {"state": service["state"], "desired": service["desired"],
                "serving": service["serving"], "served": len(up),
                "running": states.count("running"), "others": len(states) - states.count("running"),
                "busy": service["starting"] + service["draining"]}

    def restore(self, name):
        """The template and whatever else a person would have put back."""
        found = self.containers(name)
        if name not in found:
            self.make(name, name)
        for container, state in found.items():
            if not container.startswith("ds-") and container != name:
                self.docker("rm", "-f", container)
            elif state == "paused":
                self.docker("unpause", container)
            elif state != "running" and container == name:
                self.docker("start", container)

    def reset(self):
        for name in MANUALS:
            self.restore(name)
        for name in MANUALS:
            wait_for(f"the template of {name} serves", lambda: any(
                r["name"] == name and r["state"] == "serving"
                for r in self.world.service(name)["replicas"]), 20)
            self.world.ctl("resume", name)
            self.world.ctl("scale", name, str(COUNT), "--for", "1h")
        for name in MANUALS:
            wait_for(f"{name} is as at the beginning", lambda: self.shown(name) == so(COUNT), 30)

    def requests(self, name):
        def once(_stop):
            with connect(self.world.port, 8) as sock:
                sock.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                             .encode())
                status, _, _ = read_answer(sock)
                return status == 200
        return Threads(2, once, 0.03)

    def give(self, command):
        """The command for each of the three at the same time."""
        threads = [threading.Thread(target=command, args=(self, name)) for name in MANUALS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def compare(self, title, expected):
        for name in MANUALS:
            try:
                wait_for(f"{title}, manual = {name}",
                         lambda: self.shown(name) == expected[name], 15)
            except AssertionError as error:
                raise AssertionError(f"{error}: {self.shown(name)}, expected {expected[name]}, "
                                     f"{self.containers(name)}")

    def row(self, title, command, expected, may_fail=False):
        traffic = {name: self.requests(name) for name in MANUALS}
        self.give(command)
        try:
            self.compare(title, expected)
            time.sleep(1)  # and stays so
            self.compare(title, expected)
        finally:
            counts = {name: traffic[name].end() for name in MANUALS}
        said = [why for name in MANUALS for why in traffic[name].said]
        check(title, may_fail or not any(failed for _, failed in counts.values()),
              f"(answered, failed) {counts} {said[:3]}")

    def rows(self, rows):
        wrong = []
        for row in rows:
            try:
                self.row(*row)
            except AssertionError as error:
                log(f"!! {error}")
                wrong.append(row[0])
            self.reset()
        check("every row is as the guide says", not wrong, str(wrong))


def on_a_clone(*command):
    return lambda hands, name: hands.docker(*command, hands.clones(name)[0])


def on_the_template(*command):
    return lambda hands, name: hands.docker(*command, name)


def on_all(*command):
    return lambda hands, name: hands.docker(*command, name, *hands.clones(name))


def update(hands, name):
    """As image updaters do it."""
    hands.docker("stop", name)
    hands.docker("rm", name)
    hands.make(name, name, how=("create",))
    time.sleep(1.5)  # networks are connected, files copied
    hands.docker("start", name)


def run_another(hands, name):
    hands.make(name, f"{name}-2")


def dropped(others_adopt=0, others_pause=1):
    """One that counted is there no more."""
    return {"adopt": so(2, others=others_adopt), "enforce": so(3),
            "pause": so(2, "paused", others_pause)}


def what_the_guide_says_of_clones(build):
    with Hands(build) as hands:
        hands.rows([
            ("docker stop of a clone", on_a_clone("stop"), dropped()),
            ("docker kill of a clone", on_a_clone("kill"), dropped()),
            ("docker rm -f of a clone", on_a_clone("rm", "-f"), dropped(0, 0)),
            ("docker restart of a clone", on_a_clone("restart"), UNCHANGED),
            ("docker pause of a clone", on_a_clone("pause"),
             {"adopt": so(2, others=1), "enforce": so(3, others=1), "pause": so(2, "paused", 1)},
             True),
            ("docker run of another one", run_another,
             {"adopt": so(4), "enforce": so(3, others=1), "pause": so(4, "paused")}),
        ])


def what_the_guide_says_of_the_template(build):
    with Hands(build) as hands:
        hands.rows([
            ("docker stop of the template", on_the_template("stop"), dropped(1)),
            ("docker restart of the template", on_the_template("restart"), UNCHANGED),
            ("an image updater's stop, rm, create, start", update, UNCHANGED),
            ("docker rm -f of the template", on_the_template("rm", "-f"), dropped(0, 0)),
        ])
        # none may take longer than a hand is waited for
        hands.row("docker stop of all of it", on_all("stop", "-t", "2"),
                  {"adopt": so(0, "paused", 3), "enforce": so(3), "pause": so(0, "paused", 3)}, True)
        hands.reset()
        prune(hands)


def prune(hands):
    """Stopped clones and templates: the former go, and of the latter the grace begins."""
    hands.give(on_a_clone("stop"))
    hands.give(on_the_template("stop"))
    hands.compare("a clone and the template are stopped",
                  {"adopt": so(1, others=1), "enforce": so(3), "pause": so(1, "paused", 2)})
    hands.docker("container", "prune", "-f")
    hands.compare("docker container prune",
                  {"adopt": so(1), "enforce": so(3), "pause": so(1, "paused")})
    for name in ("adopt", "pause"):
        wait_for(f"{name} says why its clones will go",
                 lambda: "template was removed" in hands.world.service(name)["problem"], 5)
    for name in ("adopt", "pause"):
        wait_for(f"{name} is withdrawn after its grace",
                 lambda: not hands.containers(name) and hands.world.servers(name) and
                 not [s for s in hands.world.servers(name) if s["admin"] & NOT_READY == 0],
                 GRACE + 10)
    check("the third goes on", hands.shown("enforce") == so(3))


main([what_the_guide_says_of_clones, what_the_guide_says_of_the_template])
