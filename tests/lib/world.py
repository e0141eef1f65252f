"""A whole world on private paths: a Docker Engine, an HAProxy, dockscaled, load and faults.

Component tests use it to show that the parts work together for real. Everything it starts is
ended by process id, everything it makes lies below one temporary directory, and every wait is a
condition with a deadline.
"""

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICK = 1.0
NOT_READY = 0x01 | 0x02 | 0x20 | 0x08 | 0x10  # srv_admin_state: maintenance, drain

HAPROXY_CONFIG = """
global
    stats socket {dir}/haproxy.sock mode 600 level admin expose-fd listeners
    server-state-file {dir}/haproxy.state
    pidfile {dir}/haproxy.pid
    master-worker no-exit-on-failure
    log stdout format raw local0
    nbthread 1
    hard-stop-after 20s
defaults
    mode http
    log global
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 10s
    option redispatch 1
    option idle-close-on-response
    retries 3
    retry-on conn-failure empty-response
    load-server-state-from-file global
    log-format "%Ts %ms %b %s %si %ST %tsc %rc %HU"
frontend in
    bind 127.0.0.1:{port}
    default_backend web
backend web
    balance {balance}
    {servers}
"""

SLOTS = "server-template ds-{instance}- 1-16 localhost:80 check inter 500ms disabled init-addr last,libc,none"


def hasty_ini(service, grace):
    """Where a person's hand is looked at: clones come and go in moments, and the policy, with `service`
    for its bounds, takes none away. A template that was removed is missed after `grace` seconds."""
    return (f"[service]\n{service}stop_timeout = 5s\ntemplate_grace = {grace}s\n"
            "[haproxy]\ndrain_idle = 200ms\n[health]\ninterval = 50ms\n"
            "[cpu]\nstabilization_down = 1h\n")


def log(text):
    print(f"[{time.monotonic() - STARTED:7.2f}] {text}", flush=True)


STARTED = time.monotonic()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=30.0, every=0.05):
    """Polls until condition() is true and gives its value; fails with what it last was."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"within {seconds} s not so: {what} (was {value!r})")
        time.sleep(every)


def check(what, truth, shown=""):
    if not truth:
        raise AssertionError(f"{what} {shown}")
    log(f"ok: {what} {shown}")


class World:
    """One Docker Engine, one HAProxy with backend web, at most one daemon."""

    def __init__(self, build, method="slots", balance="leastconn", live_restore=False, ini="",
                 interval="1s", config=HAPROXY_CONFIG, others=(), published=False,
                 daemon_ini="host_cpu = 100%\n", policy="target"):
        self.build = os.path.abspath(build)
        self.dir = tempfile.mkdtemp(prefix="dockscale-world-")
        self.method = method
        self.balance = balance
        self.live_restore = live_restore
        self.published = published  # ports that containers publish can be reached on the host
        self.ini = ini
        self.policy = policy  # target by default: what it wants can be told beforehand
        self.interval = interval
        self.daemon_ini = daemon_ini  # the machine bears the load's source and HAProxy too
        self.config = config
        self.others = others  # services beside web: file and backend are called like them
        self.instance = "w" + os.path.basename(self.dir)[-6:].lower().replace("_", "x")
        self.port = free_port()
        self.socket = f"{self.dir}/haproxy.sock"  # of its runtime API, as this machine sees it
        self.state_file = f"{self.dir}/haproxy.state"
        self.daemon = None
        self.haproxy = None
        self.children = []
        self.env = dict(os.environ, DOCKER_HOST=f"unix://{self.dir}/docker.sock")
        atexit.register(self.close)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda n, f: sys.exit(1))

    def __enter__(self):
        self.start_docker()
        self.start_haproxy()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.show()
        self.close()

    def close(self):
        if not self.dir:
            return
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
                child.wait()
        if self.daemon is not None:
            self.stop_daemon()
        if self.haproxy is not None:
            self.stop_haproxy()
        self.shell('stop_docker "$1"', check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None

    def show(self):
        """What a person wants to see after a failure."""
        for name in ("shell.log", "daemon.log", "haproxy.log", "docker.log"):
            path = f"{self.dir}/{name}"
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    lines = file.readlines()[-60:]
                print(f"---- {name}\n{''.join(lines)}", flush=True)
        with contextlib.suppress(Exception):
            print(self.docker("ps", "-a"))
            print(json.dumps(self.status(), indent=1))
            print(self.ask("show servers state web"))

    # Docker

    def shell(self, command, check=True):
        script = f'set -eu; . "{SOURCE}/tests/lib/docker.sh"; {command}'
        env = dict(os.environ, BUILD=self.build)
        with open(f"{self.dir}/shell.log", "a+") as output:  # no pipe: servers would hold it open
            done = subprocess.run(["bash", "-c", script, "world", self.dir], env=env,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}, see shell.log")

    def start_docker(self):
        live = "yes" if self.live_restore else "no"
        published = "yes" if self.published else "no"
        self.shell(f'DOCKER_LIVE_RESTORE={live} DOCKER_PUBLISHED={published} start_docker "$1"; '
                   'docker_demo_image "$BUILD/tests/demo_httpd"')

    def image(self, name):
        """Makes another demonstration image: demo-ws of build/tests/demo_ws, say."""
        self.shell(f'export DOCKER_HOST=unix://"$1"/docker.sock; '
                   f'docker_demo_image "$BUILD/tests/{name.replace("-", "_")}" {name}')

    def restart_docker(self):
        self.shell('docker_engine_stop "$1"; docker_engine_start "$1"')

    def docker(self, *args, check=True, timeout=60):
        done = subprocess.run(["docker", *args], env=self.env, text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise AssertionError(f"docker {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def run(self, name, *options, labels=(), image="dockscale-demo"):
        """docker run -d of the demonstration service."""
        args = ["run", "-d", "--name", name]
        for label in labels:
            args += ["--label", label]
        return self.docker(*args, *options, image)

    def template(self, *options, **kwargs):
        labels = ["dockscale.service=web", "dockscale.max=8", "dockscale.haproxy.port=8080"]
        return self.run("web", *options, labels=labels + list(kwargs.pop("labels", ())), **kwargs)

    def containers(self, all_of_them=False):
        """{name: address} of the service's containers that run (and are not paused); with all, of all
        of them."""
        form = "{{.Names}}"
        args = ["ps", "--filter", "label=dockscale.service=web", "--format", form]
        names = self.docker(*args, *(["-a"] if all_of_them else ["--filter", "status=running"])).split()
        found = {}
        for name in names:
            address = self.docker("inspect", "-f",
                                  "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name,
                                  check=False)
            found[name] = address
        return found

    # HAProxy

    def server_lines(self):
        return SLOTS.format(instance=self.instance) if self.method == "slots" else ""

    def write_haproxy_config(self):
        with open(f"{self.dir}/haproxy.cfg", "w") as file:
            file.write(self.config.format(dir=self.dir, port=self.port, balance=self.balance,
                                          servers=self.server_lines()))

    def command(self):
        """That starts HAProxy."""
        return ["haproxy", "-W", "-f", f"{self.dir}/haproxy.cfg"]

    def start_haproxy(self):
        self.write_haproxy_config()
        self.haproxy_log = open(f"{self.dir}/haproxy.log", "a")
        self.haproxy = subprocess.Popen(self.command(), stdout=self.haproxy_log,
                                        stderr=subprocess.STDOUT)
        wait_for("HAProxy answers", lambda: self.ask("show info", quiet=True), 10)

    def stop_haproxy(self):
        self.haproxy.send_signal(signal.SIGTERM)
        try:
            self.haproxy.wait(5)
        except subprocess.TimeoutExpired:
            self.haproxy.kill()
            self.haproxy.wait()
        self.haproxy = None

    def haproxy_pid(self):
        match = re.search(r"^Pid: (\d+)", self.ask("show info", quiet=True) or "", re.M)
        return match.group(1) if match else None

    def reload_haproxy(self):
        before = self.haproxy_pid()
        self.haproxy.send_signal(signal.SIGUSR2)
        wait_for("HAProxy is reloaded", lambda: self.haproxy_pid() not in (None, before), 10, 0.02)

    def ask(self, command, quiet=False, at=None):
        """One command to HAProxy's runtime API; at: another one's socket."""
        try:
            with socket.socket(socket.AF_UNIX) as talk:
                talk.settimeout(2)
                talk.connect(at or self.socket)
                talk.sendall(command.encode() + b"\n")
                answer = b""
                while chunk := talk.recv(65536):
                    answer += chunk
                return answer.decode()
        except OSError:
            if quiet:
                return None
            raise

    def sockets(self):
        """Of all HAProxies that the daemon looks after."""
        return [self.socket]

    def servers(self, backend="web", at=None):
        """[{name, address, port, admin, up, weight}] of a backend."""
        found = []
        for line in self.ask(f"show servers state {backend}", at=at).splitlines():
            word = line.split()
            if len(word) < 19 or line.startswith("#"):
                continue
            found.append({"name": word[3], "address": word[4], "up": int(word[5]) == 2,
                          "admin": int(word[6]), "weight": int(word[7]), "port": int(word[18])})
        return found

    def enabled(self, at=None):
        """Addresses of the servers that take new sessions (neither maint nor drain)."""
        return sorted(s["address"] for s in self.servers(at=at) if s["admin"] & NOT_READY == 0)

    def logged(self):
        """[(server, status, how it ended, retries, path)] of the requests that HAProxy logged."""
        found = []
        with open(f"{self.dir}/haproxy.log", errors="replace") as file:
            for line in file:
                word = line.split()
                if len(word) == 9 and word[0].isdigit() and word[8] != "<BADREQ>":
                    found.append((word[3], int(word[5]), word[6], word[7], word[8]))
        return found

    # dockscaled

    def configure(self):
        os.makedirs(f"{self.dir}/etc/services.d", exist_ok=True)
        with open(f"{self.dir}/etc/dockscale.ini", "w") as file:
            file.write(f"[daemon]\ninstance = {self.instance}\ninterval = {self.interval}\n"
                       f"docker = unix://{self.dir}/docker.sock\n"
                       f"control = {self.dir}/control.sock\nstate = {self.dir}/state\n"
                       f"{self.daemon_ini}")
        for name in ("web", *self.others):
            with open(f"{self.dir}/etc/services.d/{name}.ini", "w") as file:
                keeps = self.method == "slots" and self.state_file
                state = f"state_file = {self.state_file}\n" if keeps else ""
                file.write(f"[policy]\ntype = {self.policy}\n"
                           f"[haproxy]\nsocket = {', '.join(self.sockets())}\nbackend = {name}\n"
                           f"{state}{self.ini}")

    def start_daemon(self):
        self.configure()
        self.daemon_log = open(f"{self.dir}/daemon.log", "a")
        self.daemon = subprocess.Popen([f"{self.build}/dockscaled", "--config", f"{self.dir}/etc"],
                                       stdout=self.daemon_log, stderr=subprocess.STDOUT)
        wait_for("dockscaled answers", self.status, 10)

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None

    def stop_daemon(self):
        self.daemon.terminate()
        try:
            code = self.daemon.wait(10)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
            code = None
        self.daemon = None
        return code

    def daemon_says(self, text):
        """How often its log has had these words."""
        with open(f"{self.dir}/daemon.log", errors="replace") as file:
            return file.read().count(text)

    def ctl(self, *args, check=True):
        done = subprocess.run([f"{self.build}/dockscalectl", "--socket",
                               f"{self.dir}/control.sock", *args], text=True, timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"dockscalectl {' '.join(args)}: {done.stdout.strip()}")
        return done.stdout

    def status(self):
        try:
            return json.loads(self.ctl("status", "--json"))
        except (AssertionError, ValueError):
            return None

    def service(self, name):
        status = self.status() or {"services": []}
        return next((s for s in status["services"] if s["name"] == name), None)

    def web(self):
        return self.service("web")

    def serving(self):
        web = self.web()
        return web["serving"] if web else 0

    def wait_serving(self, count, seconds=30):
        wait_for(f"{count} replicas serve", lambda: self.serving() == count, seconds)

    # Requests and load

    def get(self, path="/", timeout=10):
        """(status, replica) of one request through HAProxy; status 0 when there was no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}",
                                        timeout=timeout) as answer:
                answer.read()
                return answer.status, answer.headers.get("X-Replica", "")
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def load(self, rate, seconds, connections=32, path="/"):
        """Starts wrk with think time: about rate requests/s whatever the number of replicas."""
        delay = 1000 * connections / rate
        script = f"{self.dir}/load-{len(self.children)}.lua"
        with open(script, "w") as file:
            # The first delays spread the connections over one period.
            file.write(f"function delay() return math.random({int(delay * 0.5)}, "
                       f"{int(delay * 1.5)}) end\n")
        child = subprocess.Popen(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                                  "--timeout", "10s", "-s", script,
                                  f"http://127.0.0.1:{self.port}{path}"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.children.append(child)
        return child

    def load_result(self, child):
        """(requests, failed) of a finished wrk."""
        text = child.communicate(timeout=120)[0]
        self.children.remove(child)
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        failed = 0
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)",
                           text)
        if errors:
            failed += sum(int(n) for n in errors.groups())
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        return requests, failed + (int(bad.group(1)) if bad else 0)

    # The one statement that must always come true again

    def right(self, at=None):
        """HAProxy's enabled servers are exactly the replicas that run and are not on their way out."""
        web = self.web()
        if web is None:
            return False
        leaving = {r["address"] for r in web["replicas"]
                   if r["state"] in ("draining", "stopping", "removing")}
        staying = sorted(a for a in self.containers().values() if a and a not in leaving)
        return staying and self.enabled(at=at) == staying

    def wait_right(self, seconds=2 * TICK + 0.5):
        wait_for("HAProxy's enabled servers are the running replicas", self.right, seconds)


def main(tests):
    """Runs the tests of a file against the build directory given, one world each."""
    build = sys.argv[1]
    wanted = sys.argv[2:]
    failed = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        log(f"== {test.__name__.replace('_', ' ')}")
        try:
            test(build)
        except Exception as error:  # the next test is still worth running
            failed += 1
            log(f"FAILED {test.__name__}: {error}")
    sys.exit(1 if failed else 0)
