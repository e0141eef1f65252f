#!/usr/bin/env python3
"""What goes wrong between the daemon and a real Docker Engine: for each fault what the engine really
answers, that the count is kept, the reason told, the fault counted, and that all is well again when
the cause is gone. One engine serves for all of them; its data lie on a small disk that can be filled.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, free_port, log, main, wait_for


class SmallDisk(World):
    """A world whose engine has 48 MB of disk. `door` is where the daemon finds the engine."""

    door = "docker.sock"

    def start_docker(self):
        os.makedirs(f"{self.dir}/data")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", f"{self.dir}/data"],
                       check=True)
        super().start_docker()

    def configure(self):
        super().configure()
        path = f"{self.dir}/etc/dockscale.ini"
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace(f"{self.dir}/docker.sock", f"{self.dir}/{self.door}"))

    def through(self, door):
        """The daemon, started anew, goes to the engine through another door."""
        self.stop_daemon()
        self.door = door
        self.start_daemon()
        self.wait_serving(1)

    def faults(self, name):
        """How often the service has met a fault, and how often the engine as a whole."""
        status = self.status()
        return self.web()["faults"][name], status["faults"][name]

    def meets(self, name, words, seconds=10):
        """The service has met it, and its problem says so and how it is mended."""
        wait_for(f"{name} is counted", lambda: self.faults(name)[0] > 0, seconds)
        wait_for(f"the problem is told: {words}",
                 lambda: all(word in self.web()["problem"] for word in words), seconds)
        log(f"ok: {name} is counted and told: {self.web()['problem']}")

    def well_again(self, count, seconds=30):
        self.wait_serving(count, seconds)
        wait_for("the problem is over", lambda: self.web()["problem"] == "", 5)
        check("nothing is doubled and nothing left over",
              len(self.containers(all_of_them=True)) == count)

    def alone(self):
        """Back to the template alone."""
        self.ctl("scale", "web", "1")
        wait_for("the template is alone", lambda: len(self.containers(all_of_them=True)) == 1, 20)


@contextlib.contextmanager
def stopped(process):
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


class Rewriter:
    """A door to the engine that gives the next container to be made the name of one that is there:
    the daemon's own names are random."""

    MARK = b"/containers/create?name="

    def __init__(self, path, engine, name):
        self.engine = engine
        self.name = name
        self.left = 1
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.engine)
            threading.Thread(target=self.pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, False), daemon=True).start()

    def pump(self, source, sink, rewrites):
        try:
            while chunk := source.recv(65536):
                if rewrites and self.left and self.MARK in chunk:
                    self.left -= 1
                    before, rest = chunk.split(self.MARK, 1)
                    chunk = before + self.MARK + self.name.encode() + rest[rest.index(b" "):]
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone: so has the conversation


def a_second_daemon(world):
    with open(f"{world.dir}/etc/dockscale.ini") as file:
        text = file.read()
    os.makedirs(f"{world.dir}/second/services.d")
    with open(f"{world.dir}/second/dockscale.ini", "w") as file:
        file.write(text.replace(f"instance = {world.instance}\n", "instance = second\n")
                   .replace("/control.sock", "/second.sock").replace("/state", "/second-state"))
    done = subprocess.run([f"{world.build}/dockscaled", "--config", f"{world.dir}/second"],
                          text=True, timeout=20, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log(f"exit {done.returncode}: {done.stdout.strip()}")
    check("it ends with 1", done.returncode == 1)
    check("and says which process is there",
          "another dockscale daemon" in done.stdout and str(world.daemon.pid) in done.stdout)
    check("the first one goes on", world.serving() == 1)


def a_name_that_is_taken(world):
    """409: a stranger's container has the name that the clone was to have."""
    world.run("stranger")
    Rewriter(f"{world.dir}/rewriting.sock", f"{world.dir}/docker.sock", "stranger")
    world.through("rewriting.sock")
    world.ctl("scale", "web", "2")
    world.meets("conflict", ["409", "already in use"])
    world.well_again(2)
    check("the stranger is left alone",
          world.docker("inspect", "-f", "{{.State.Running}}", "stranger") == "true")
    world.docker("rm", "-f", "stranger")
    world.alone()
    world.through("docker.sock")


def an_image_that_is_gone(world):
    """404. While a container of it runs the engine removes no more than its name, by force as well."""
    image = world.docker("inspect", "-f", "{{.Image}}", "web")
    world.docker("save", "-o", f"{world.dir}/image.tar", "dockscale-demo")
    world.docker("rmi", "-f", "dockscale-demo")
    world.ctl("scale", "web", "2")
    world.well_again(2)
    check("one that has lost its name alone is no fault", world.faults("image_gone") == (0, 0))
    world.alone()
    world.docker("stop", "-t", "1", "web")
    world.docker("rmi", "-f", image)
    world.docker("start", "web")
    wait_for("the template serves again", lambda: world.serving() == 1, 10)
    world.ctl("resume", "web")
    world.ctl("scale", "web", "2")
    world.meets("image_gone", ["404", "No such image", "pull or load it again"])
    check("what runs goes on", world.serving() == 1 and world.get()[0] == 200)
    world.docker("load", "-i", f"{world.dir}/image.tar")
    world.well_again(2)
    world.alone()


def fill(path):
    """Writes until there is no room for another byte."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def a_disk_that_is_full(world):
    fill(f"{world.dir}/data/fill")
    world.ctl("scale", "web", "2")
    world.meets("disk_full", ["500", "no space left on device", "docker system prune"])
    check("what runs goes on", world.serving() == 1 and world.get()[0] == 200)
    os.unlink(f"{world.dir}/data/fill")
    world.well_again(2)
    world.alone()


def a_host_port_that_is_taken(world):
    """The template's own, after its program has ended: clones have none."""
    world.docker("create", "--name", "stranger", "-p", f"{world.published_port}:8080",
                 "dockscale-demo")
    program = int(world.docker("inspect", "-f", "{{.State.Pid}}", "web"))
    with stopped(world.daemon.pid):  # it would be faster than the stranger
        os.kill(program, signal.SIGKILL)
        wait_for("the template has ended", lambda: not world.containers(), 10)
        world.docker("start", "stranger")
    world.meets("port_taken", ["500", "port is already allocated", "free it"])
    world.docker("rm", "-f", "stranger")
    world.well_again(1)
    check("its port is its own again",
          str(world.published_port) in world.docker("port", "web"))


def an_engine_that_hangs(world):
    with open(f"{world.dir}/dockerd.pid") as file:
        engine = int(file.read())
    away = world.faults("engine_away")[1]
    with stopped(engine):
        world.ctl("scale", "web", "3")
        wait_for("a hung engine is noticed",
                 lambda: world.status()["runtime"]["state"] == "away", 15)
        log(f"ok: it is told: {world.status()['runtime']['problem']}")
        check("and counted once", world.faults("engine_away")[1] == away + 1)
        check("what runs goes on", world.serving() == 1 and world.get()[0] == 200)
    most = 0
    wait_for("the engine answers", lambda: world.status()["runtime"]["state"] == "up", 10)

    def three_serve():
        nonlocal most
        most = max(most, len(world.containers(all_of_them=True)))
        return world.serving() == 3

    wait_for("three serve", three_serve, 30)
    world.well_again(3)
    check("there were never more than were wanted", most <= 3, f"({most})")


def faults_of_a_real_engine(build):
    world = SmallDisk(build, published=True)
    world.published_port = free_port()
    with world:
        world.template("-p", f"{world.published_port}:8080")
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "1")  # no policy in these stories
        for story in (a_second_daemon, a_name_that_is_taken, an_image_that_is_gone,
                      a_disk_that_is_full, a_host_port_that_is_taken, an_engine_that_hangs):
            log(f"-- {story.__name__.replace('_', ' ')}")
            story(world)


main([faults_of_a_real_engine])
