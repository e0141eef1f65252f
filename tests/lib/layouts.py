"""HAProxy as it is found on machines: nothing in its configuration was written for us but the
socket, and, where the layout has them, the slots."""

import re
import signal
import subprocess

from world import NOT_READY, World, free_port, wait_for

# No retries beyond HAProxy's own, no redispatch, no state file, its own balance.
PLAIN = """
global
    stats socket {dir}/haproxy.sock mode 600 level admin
    pidfile {dir}/haproxy.pid
    log stdout format raw local0
    nbthread 1
defaults
    mode http
    log global
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    log-format "%Ts %ms %b %s %si %ST %tsc %rc %HU"
frontend in
    bind {bind}:{port}
    default_backend web
backend web
    balance roundrobin
    {servers}
"""
BESIDE = PLAIN.replace("{bind}", "127.0.0.1")


class TemplateFirst(World):
    """HAProxy has a line for the container that ran before us: it starts behind it.
    `line(world)` is that line."""

    def __init__(self, *args, line, **kwargs):
        super().__init__(*args, **kwargs)
        self.line = line

    def __enter__(self):
        self.start_docker()
        return self

    def template(self, *options, **kwargs):
        super().template(*options, **kwargs)
        self.start_haproxy()

    def server_lines(self):
        return f"{self.line(self)}\n    {super().server_lines()}"

    def enabled(self, at=None):
        """That line leads to the template, wherever it points."""
        web = self.containers()["web"]
        return sorted(web if s["name"] == "app1" else s["address"]
                      for s in self.servers(at=at) if s["admin"] & NOT_READY == 0)


class InContainer(World):
    """The layout of the official image: HAProxy is a container of the engine that it serves, on a
    network of the services, with its port published. Its configuration and the directory of its
    socket are mounted."""

    network = "front"

    def __init__(self, *args, joined=True, **kwargs):
        super().__init__(*args, published=True, **kwargs)
        self.joined = joined  # is it on the network of the services?
        self.socket = f"{self.dir}/run/haproxy.sock"
        self.state_file = f"{self.dir}/run/haproxy.state"
        self.ini = self.ini.replace("[haproxy]\n", f"[haproxy]\nnetwork = {self.network}\n", 1)

    def template(self, *options, **kwargs):
        super().template("--network", self.network, *options, **kwargs)

    def write_haproxy_config(self):
        with open(f"{self.dir}/haproxy.cfg", "w") as file:
            file.write(self.config.format(dir="/var/run/haproxy", bind="", port=80,
                                          balance=self.balance, servers=self.server_lines()))

    def start_haproxy(self):
        self.shell('mkdir -p "$1/run"; export DOCKER_HOST=unix://"$1"/docker.sock; '
                   'docker_program_image /usr/sbin/haproxy haproxy')
        self.docker("network", "create", self.network)
        self.write_haproxy_config()
        self.docker("run", "-d", "--name", "haproxy", "--restart", "always",
                    "-p", f"127.0.0.1:{self.port}:80",
                    *(["--network", self.network] if self.joined else []),
                    "-v", f"{self.dir}/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro",
                    "-v", f"{self.dir}/run:/var/run/haproxy", "haproxy",
                    "/usr/sbin/haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg")
        self.haproxy_log = open(f"{self.dir}/haproxy.log", "a")
        self.haproxy = subprocess.Popen(["docker", "logs", "-f", "haproxy"], env=self.env,
                                        stdout=self.haproxy_log, stderr=subprocess.STDOUT)
        wait_for("HAProxy answers", lambda: self.ask("show info", quiet=True), 20)

    def stop_haproxy(self):
        self.haproxy.kill()
        self.haproxy.wait()
        self.haproxy = None

    def reload_haproxy(self):
        before = self.haproxy_pid()
        self.docker("kill", "-s", "USR2", "haproxy")
        wait_for("HAProxy is reloaded", lambda: self.haproxy_pid() not in (None, before), 10, 0.02)


class Pair(World):
    """A second HAProxy before the same containers, with a port, a socket and a process of its own;
    the state file is the first one's."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.second_port = free_port()
        self.second_socket = f"{self.dir}/second.sock"
        self.second = None

    def __enter__(self):
        super().__enter__()
        self.start_second()
        return self

    def close(self):
        if self.second is not None:
            self.stop_second()
        super().close()

    def sockets(self):
        return [self.socket, self.second_socket]

    def start_second(self):
        text = self.config.replace("haproxy.sock", "second.sock").replace("haproxy.pid", "second.pid")
        text = re.sub(r"\n.*(server-state-f|master-worker).*", "", text)  # one process, no state
        with open(f"{self.dir}/second.cfg", "w") as file:
            file.write(text.format(dir=self.dir, port=self.second_port, balance=self.balance,
                                   servers=self.server_lines()))
        self.second = subprocess.Popen(["haproxy", "-db", "-f", f"{self.dir}/second.cfg"],
                                       stdout=self.haproxy_log, stderr=subprocess.STDOUT)
        wait_for("the second HAProxy answers",
                 lambda: self.ask("show info", quiet=True, at=self.second_socket), 10)

    def stop_second(self):
        self.second.send_signal(signal.SIGCONT)
        self.second.kill()
        self.second.wait()
        self.second = None

    def wait_both_right(self, seconds=2.5):
        for socket in self.sockets():
            wait_for(f"{socket} leads to the running replicas", lambda: self.right(at=socket), seconds)


class Beside(World):
    """Another Docker host with a daemon of its own before the HAProxy of the first one: another
    engine, other addresses, another instance."""

    def __init__(self, build, first, **kwargs):
        super().__init__(build, **kwargs)
        self.port, self.socket = first.port, first.socket
        self.state_file = ""  # the first one writes it

    def __enter__(self):
        self.start_docker()
        return self
