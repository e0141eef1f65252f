#!/usr/bin/env python3
"""Docker Compose 1.29 beside the daemon: a project with two services, one of them scaled, through
every command that a person gives it, where clones live apart from Compose and where they are its."""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from traffic import Wrk
from world import World, check, hasty_ini, log, main, wait_for

GRACE = 8  # seconds, of a template that was removed
INI = hasty_ini("min = 2\nmax = 8\n", GRACE)

PROJECT = """
version: "3.7"
services:
  web:
    image: ${{WEB_IMAGE}}
    stop_grace_period: 3s
    environment:
      CPU_USEC: 200
      LINGER: 100
    labels:
      dockscale.service: web
      dockscale.haproxy.port: 8080
      dockscale.compose: {compose}
  store:
    image: dockscale-demo
"""


class Project:
    def __init__(self, build, compose):
        self.world = World(build, ini=INI, interval="500ms")
        self.compose_mode = compose
        self.image = "dockscale-demo"
        self.said = ""

    def __enter__(self):
        world = self.world.__enter__()
        world.shell('export DOCKER_HOST=unix://"$1"/docker.sock; '
                    'docker_demo_image "$BUILD/tests/demo_httpd" dockscale-next')
        os.mkdir(f"{world.dir}/shop")
        with open(f"{world.dir}/shop/docker-compose.yml", "w") as file:
            file.write(PROJECT.format(compose=self.compose_mode))
        self.compose("up", "-d")
        world.start_daemon()
        self.reach(3)
        return self

    def __exit__(self, *how):
        self.world.__exit__(*how)

    def compose(self, *args, fails=False):
        """Gives a command; its words are kept in self.said."""
        env = dict(self.world.env, WEB_IMAGE=self.image, COMPOSE_PROJECT_NAME="shop")
        done = subprocess.run(["docker-compose", "--ansi", "never", *args], env=env, text=True,
                              timeout=120, cwd=f"{self.world.dir}/shop",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.said = done.stdout
        words = " | ".join(line.strip() for line in done.stdout.splitlines())
        log(f"docker-compose {' '.join(args)}: exit {done.returncode}: {words}")
        if (done.returncode != 0) != fails:
            raise AssertionError(f"docker-compose {' '.join(args)} ended with {done.returncode}")

    def did(self, what):
        """The containers of which it said so."""
        return set(re.findall(rf"{what} (\S+)", self.said))

    def shown(self):
        """(desired, serving, containers that run, containers)"""
        web = self.world.web()
        if web is None or web["starting"] or web["draining"]:
            return None
        names = self.world.containers(all_of_them=True)
        return web["desired"], web["serving"], len(self.world.containers()), len(names)

    def ids(self):
        return set(self.world.docker("ps", "-q", "--no-trunc", "--filter",
                                     "label=dockscale.service=web").split())

    def await_so(self, title, desired, serving=None, containers=None, seconds=30):
        count = desired if serving is None else serving
        expected = desired, count, count, count if containers is None else containers
        try:
            wait_for(title, lambda: self.shown() == expected, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.shown()}, expected {expected}")
        log(f"ok: {title}: (desired, serving, running, containers) {expected}")

    def reach(self, count):
        self.world.ctl("resume", "web")
        self.world.ctl("scale", "web", str(count), "--for", "1h")
        self.await_so(f"{count} serve", count)

    def under_load(self, title, command, lost=0):
        """Runs a step under steady load; no more requests may fail than are allowed."""
        load = Wrk(self.world, 100, keep_alive=False)
        time.sleep(0.5)
        try:
            command()
        finally:
            answered, failed = load.end()
        log(f"{title}: {answered} answered, {failed} failed")
        if lost is not None:
            check(f"{title}: no request failed", failed <= lost, f"({failed} of {answered})")

    def is_rolled(self):
        images = {self.world.docker("inspect", "-f", "{{.Image}}", c, check=False)
                  for c in self.ids()}  # "" of one that has gone in between
        return len(images) == 1 and self.world.docker(
            "inspect", "-f", "{{.Id}}", self.image) in images


def clones_live_apart(build):
    with Project(build, "separate") as project:
        world = project.world

        def nothing_changed():
            before = project.ids()
            project.compose("up", "-d")
            check("Compose finds all up to date", "up-to-date" in project.said)
            time.sleep(4)  # longer than a hand is waited for
            check("nothing was touched", project.ids() == before)
        project.under_load("up, nothing changed", nothing_changed)

        def another_image():
            project.image = "dockscale-next"
            project.compose("up", "-d")
            check("Compose recreates the template alone", project.did("Recreating") == {"shop_web_1"})
            wait_for("all are of the new image", project.is_rolled, 60)
            project.await_so("as many as before", 3)
        project.under_load("up, another image", another_image)

        def scaled():
            project.compose("up", "-d", "--scale", "web=3")
            check("Compose makes two of its own", project.did("Creating") == {"shop_web_2", "shop_web_3"})
            project.await_so("they count", 5)
            project.compose("up", "-d", "--scale", "web=1")
            project.await_so("and count no more", 3)
        project.under_load("up --scale", scaled)

        def stopped():
            project.compose("stop", "web")
            project.await_so("stop stops the template", 2, containers=3)
            project.compose("start", "web")
            project.await_so("start starts it", 3)
            before = project.ids()
            project.compose("restart", "web")
            time.sleep(4)
            project.await_so("restart is no change", 3)
            check("and the same containers run", project.ids() == before)
        project.under_load("stop, start, restart", stopped)

        project.compose("down", fails=True)
        check("the network is in use, as Compose says", "active endpoints" in project.said)
        wait_for("the clones go after the grace",
                 lambda: not world.containers(all_of_them=True), GRACE + 15)
        check("HAProxy serves none of them", world.enabled() == [])
        project.compose("down")
        check("then the network goes too", not world.docker(
            "network", "ls", "-q", "--filter", "name=shop_default"))


def clones_are_compose_s_too(build):
    with Project(build, "compatible") as project:
        world = project.world
        project.compose("ps", "-q", "web")
        check("Compose lists the clones", len(project.said.split()) >= 3)

        def nothing_changed():
            project.compose("up", "-d")
            project.await_so("what Compose removed is made again, to min", 2)
        project.under_load("up, nothing changed", nothing_changed, lost=None)
        project.reach(3)

        def another_image():
            project.image = "dockscale-next"
            project.compose("up", "-d")
            wait_for("all are of the new image", project.is_rolled, 60)
            project.await_so("at min", 2)
        project.under_load("up, another image", another_image, lost=None)
        project.reach(3)

        project.compose("up", "-d", "--scale", "web=3")
        project.await_so("clones are taken for some of the three", 3)

        project.compose("stop", "web")
        wait_for("the service is paused with all of it stopped",
                 lambda: world.web()["state"] == "paused" and not world.containers(), 20)
        project.compose("start", "web")
        wait_for("it goes on", lambda: world.web()["state"] == "active" and
                 world.serving() >= 2, 20)
        project.reach(3)
        before = project.ids()
        project.compose("restart", "web")
        time.sleep(4)
        project.await_so("restart is no change", 3)
        check("and the same containers run", project.ids() == before)

        project.compose("down")
        check("nothing is left", not world.containers(all_of_them=True) and not world.docker(
            "network", "ls", "-q", "--filter", "name=shop_default"))
        time.sleep(GRACE + 3)
        check("and nothing comes back", not world.containers(all_of_them=True))


main([clones_live_apart, clones_are_compose_s_too])
