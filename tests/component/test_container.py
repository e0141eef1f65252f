#!/usr/bin/env python3
"""The image is built of its Dockerfile, and the Compose example runs as it is shipped: HAProxy, a service
and dockscale in containers. The public bases are not fetched: one of the same release, made of Debian's
packages, bears their names."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tree import copy_tree
from world import World, check, free_port, log, main, wait_for

NO_DOCUMENTS = ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/locale/*"]


def make_bases(world):
    """debian:bookworm-slim, and of it what haproxy:2.6 and nginx:stable do."""
    subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", *NO_DOCUMENTS, "bookworm",
                    f"{world.dir}/base.tar"], check=True, stdin=subprocess.DEVNULL)
    world.docker("import", f"{world.dir}/base.tar", "debian:bookworm-slim")
    lines = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends "
    # The official image's user owns its directory too.
    bases = {"haproxy:2.6": lines + 'haproxy\nRUN chown haproxy: /var/lib/haproxy\nUSER haproxy\n'
                            'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]\n',
             "nginx:stable": lines + 'nginx-light\nCMD ["nginx", "-g", "daemon off;"]\n'}
    for name, text in bases.items():
        directory = f"{world.dir}/image"
        shutil.rmtree(directory, ignore_errors=True)
        os.mkdir(directory)
        with open(f"{directory}/Dockerfile", "w", encoding="utf-8") as file:
            file.write(text)
        world.docker("build", "--network", "host", "-t", name, directory, timeout=300)


def copy_example(world):
    """As it is shipped, but for this world's socket and port."""
    tree = f"{world.dir}/tree"
    copy_tree(tree)
    directory = f"{tree}/packaging/container"
    with open(f"{directory}/compose.yaml", encoding="utf-8") as file:
        text = file.read()
    for old, new in (("/var/run/docker.sock:", f"{world.dir}/docker.sock:"),
                     ("127.0.0.1:8080:", f"127.0.0.1:{world.port}:"),
                     ("    cgroup: host\n", "")):  # unknown to Compose 1, and its default without pure v2
        check(f"the example has {old}", old in text)
        text = text.replace(old, new)
    with open(f"{directory}/compose.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    return tree, directory


class Example(World):
    def __enter__(self):
        self.start_docker()
        return self

    def show(self):
        super().show()
        for name in self.docker("ps", "-a", "--format", "{{.Names}}").split():
            print(f"---- {name}\n" + subprocess.run(
                ["docker", "logs", "--tail", "40", name], env=self.env, text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout)

    def compose(self, *args):
        done = subprocess.run(["docker-compose", "-p", "example", "-f", "compose.yaml", *args],
                              cwd=self.example, env=self.env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        check(f"docker-compose {' '.join(args)}", done.returncode == 0, done.stdout[-2000:])
        return done.stdout

    def ctl_there(self, *args):
        return self.docker("exec", "example_dockscale_1", "dockscalectl", *args, check=False)


def the_example_runs_as_it_is_shipped(build):
    with Example(build, published=True) as world:
        world.port = free_port()
        make_bases(world)
        log("the bases are made")
        tree, world.example = copy_example(world)
        world.docker("build", "--network", "host", "-t", "dockscale", "-f",
                     f"{world.example}/Dockerfile", tree, timeout=600)
        log("the image is built: " + world.docker(
            "images", "dockscale", "--format", "{{.Size}}"))
        world.compose("up", "-d")
        wait_for("the service serves through HAProxy", lambda: world.get("/")[0] == 200, 60)
        log(world.ctl_there("status"))
        world.ctl_there("scale", "web", "3")
        wait_for("three serve when three are asked for", lambda: re.search(
            r"^web .* 3/3 ", world.ctl_there("status"), re.M), 60)
        names = world.docker("ps", "--format", "{{.Names}}", "--filter",
                             "label=dockscale.owner=dock1").split()
        check("they bear the example's name", len(names) == 2 and
              all(name.startswith("ds-dock1-web-") for name in names), str(names))
        check("it has no capability", "0000000000000000" in world.docker(
            "exec", "example_dockscale_1", "grep", "CapEff", "/proc/self/status"))
        log(world.ctl_there("explain", "web"))
        wait_for("cpu is read through the tree that is mounted", lambda: re.search(
            r"\d+%/80%", world.ctl_there("status")), 20)
        world.docker("restart", "example_dockscale_1")
        wait_for("a new one finds them", lambda: re.search(
            r"^web .* 3/3 ", world.ctl_there("status"), re.M), 60)
        world.ctl_there("release", "web")
        wait_for("released, only what Compose made is left", lambda: not world.docker(
            "ps", "-aq", "--filter", "label=dockscale.owner=dock1"), 60)
        world.compose("down", "-v")


main([the_example_runs_as_it_is_shipped])
