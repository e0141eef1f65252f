#!/usr/bin/env python3
"""The daemon by itself: control socket, signals, reload, exit statuses. No Docker Engine is there."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import wait_for

BUILD = os.path.abspath(sys.argv[1])
WEB = "[service]\nmax = 4\n[haproxy]\nbackend = web\nport = 8080\nsocket = {dir}/haproxy.sock\n"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("dockscaled", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


class Daemon:
    """dockscaled on private paths, with an engine that is not there."""

    def __init__(self, *options, interval="200ms"):
        self.dir = tempfile.mkdtemp(prefix="dockscale-daemon-")
        self.socket = f"{self.dir}/control.sock"
        self.process = None
        self.options = options
        os.makedirs(f"{self.dir}/etc/services.d")
        self.write("dockscale.ini",
                   f"[daemon]\ninstance = test\ninterval = {interval}\n"
                   f"docker = unix://{self.dir}/docker.sock\ncontrol = {self.socket}\n"
                   f"state = {self.dir}/state\n")
        self.write("services.d/web.ini", WEB.format(dir=self.dir))

    def write(self, name, text):
        with open(f"{self.dir}/etc/{name}", "w") as file:
            file.write(text)

    def start(self):
        with open(f"{self.dir}/log", "a") as log:
            self.process = subprocess.Popen(
                [f"{BUILD}/dockscaled", "--config", f"{self.dir}/etc", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the daemon answers", lambda: self.ctl("status").returncode == 0)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(self.log(), flush=True)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(10)

    def log(self):
        with open(f"{self.dir}/log") as log:
            return log.read()

    def ctl(self, *args):
        return subprocess.run([f"{BUILD}/dockscalectl", "--config", f"{self.dir}/etc", *args],
                              text=True, timeout=30, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ask(self, method, path, body=None):
        """(HTTP status, JSON) of one request."""
        with contextlib.closing(UnixConnection(self.socket)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def services(self):
        return [service["name"] for service in self.ask("GET", "/api/v1/status")[1]["services"]]


def an_engine_that_is_away_is_said_once_and_the_daemon_goes_on():
    with Daemon() as daemon:
        wait_for("it is said", lambda: daemon.log().count("runtime away") == 1)
        time.sleep(2)  # ten ticks, and some attempts to connect
        assert daemon.log().count("runtime away") == 1, "said more than once"
        assert daemon.ask("GET", "/api/v1/status")[1]["runtime"]["state"] == "away"


def the_control_socket_is_for_its_owner_and_its_group_alone():
    with Daemon() as daemon:
        mode = stat.S_IMODE(os.stat(daemon.socket).st_mode)
        assert mode == 0o660, oct(mode)


def the_status_has_the_promised_keys():
    with Daemon() as daemon:
        code, status = daemon.ask("GET", "/api/v1/status")
        assert code == 200 and status["instance"] == "test", status
        web = status["services"][0]
        for key in ("name", "state", "desired", "serving", "starting", "draining", "warm", "min",
                    "max", "reason", "problem", "readings", "balancer", "counters", "replicas"):
            assert key in web, key
        assert web["readings"]["cpu"]["value"] is None, "unknown must be null"


def requests_that_are_wrong_get_their_http_status_and_a_reason():
    with Daemon() as daemon:
        for method, path, body, expected in (
                ("GET", "/api/v1/nothing", None, 404),
                ("GET", "/", None, 404),
                ("GET", "/api/v1/services/none", None, 404),
                ("GET", "/api/v1/reload", None, 405),
                ("POST", "/api/v1/status", "", 405),
                ("POST", "/api/v1/services/web/scale", "", 400),
                ("POST", "/api/v1/services/web/scale", "[]", 400),
                ("POST", "/api/v1/services/web/scale", '{"replicas":-1}', 400),
                ("POST", "/api/v1/services/web/scale", '{"replicas":1.5}', 400),
                ("POST", "/api/v1/services/web/scale", '{"replicas":1,"four":2}', 400),
                ("POST", "/api/v1/services/web/scale", '{"replicas":1,"for":"soon"}', 400),
                ("POST", "/api/v1/services/web/scale", '{"replicas":1,"for":"0s"}', 400),
                ("POST", "/api/v1/services/none/scale", '{"replicas":1}', 404),
                ("POST", "/api/v1/services/none/pause", "", 404),
                ("POST", "/api/v1/services/web/scale", " " * 5000, 413)):
            code, answer = daemon.ask(method, path, body)
            assert code == expected, (method, path, body, code, answer)
            assert answer["error"]["code"] and answer["error"]["message"], answer


def pause_and_resume_are_seen_in_the_status():
    with Daemon() as daemon:
        assert daemon.ask("POST", "/api/v1/services/web/pause")[0] == 200
        assert daemon.ask("GET", "/api/v1/services/web")[1]["state"] == "paused"
        assert daemon.ask("POST", "/api/v1/resume")[0] == 200
        assert daemon.ask("GET", "/api/v1/services/web")[1]["state"] != "paused"


def release_is_seen_in_the_status():
    with Daemon() as daemon:
        assert daemon.ask("POST", "/api/v1/services/web/release")[0] == 200
        assert daemon.ask("GET", "/api/v1/services/web")[1]["state"] == "released"
        code, answer = daemon.ask("POST", "/api/v1/services/web/scale", '{"replicas":2}')
        assert code == 409 and "resume" in answer["error"]["message"], answer
        assert daemon.ctl("resume", "web").returncode == 0
        assert daemon.ask("GET", "/api/v1/services/web")[1]["state"] != "released"
        assert daemon.ctl("release", "--all").returncode == 0
        assert daemon.ask("GET", "/api/v1/services/web")[1]["state"] == "released"


def faults_are_counted_by_name():
    with Daemon() as daemon:
        wait_for("the engine is away", lambda: daemon.ask(
            "GET", "/api/v1/status")[1]["faults"]["engine_away"] == 1)
        web = daemon.ask("GET", "/api/v1/services/web")[1]
        assert web["faults"]["disk_full"] == 0 and web["guard"]["open"] is False, web


def a_second_daemon_on_the_same_socket_is_refused_and_the_first_goes_on():
    with Daemon() as daemon:
        second = subprocess.run([f"{BUILD}/dockscaled", "--config", f"{daemon.dir}/etc"],
                                text=True, timeout=20, stderr=subprocess.PIPE)
        assert second.returncode == 1, second
        assert daemon.socket in second.stderr and "another" in second.stderr, second.stderr
        assert daemon.ask("GET", "/api/v1/version")[0] == 200


def a_socket_that_a_killed_daemon_left_makes_way():
    with Daemon() as daemon:
        daemon.end(signal.SIGKILL)
        assert os.path.exists(daemon.socket)
        daemon.start()
        assert daemon.ask("GET", "/api/v1/version")[0] == 200


def sigterm_ends_it_cleanly_and_removes_the_socket():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Daemon() as daemon:
            code = daemon.end(number)
            assert code == 0, code
            assert not os.path.exists(daemon.socket)
            assert "stopping" in daemon.log()


def a_reload_takes_new_services_up():
    with Daemon() as daemon:
        daemon.write("services.d/shop.ini", WEB.format(dir=daemon.dir))
        done = daemon.ctl("reload")
        assert done.returncode == 0, done
        assert sorted(daemon.services()) == ["shop", "web"]


def a_reload_with_one_wrong_file_changes_nothing_and_says_what_is_wrong():
    with Daemon() as daemon:
        daemon.write("services.d/shop.ini", WEB.format(dir=daemon.dir))
        daemon.write("services.d/bad.ini", "[service]\nmaxx = 3\n")
        done = daemon.ctl("reload")
        assert done.returncode == 1, done
        assert "bad.ini:2" in done.stderr and "max" in done.stderr, done.stderr
        assert daemon.services() == ["web"]
        code, answer = daemon.ask("POST", "/api/v1/reload")
        assert code == 400 and answer["error"]["problems"], answer


def sighup_reloads_as_well():
    with Daemon() as daemon:
        daemon.write("services.d/shop.ini", WEB.format(dir=daemon.dir))
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("the new service is known", lambda: sorted(daemon.services()) == ["shop", "web"])
        daemon.write("services.d/shop.ini", "[service]\nmin = many\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("the refusal is logged", lambda: "reload refused" in daemon.log())
        assert "shop.ini:2" in daemon.log()


def a_key_that_waits_for_a_restart_is_said_and_keeps_its_value():
    with Daemon() as daemon:
        with open(f"{daemon.dir}/etc/dockscale.ini") as file:
            text = file.read()
        daemon.write("dockscale.ini", text.replace("instance = test", "instance = other"))
        done = daemon.ctl("--socket", daemon.socket, "reload")
        assert done.returncode == 0 and "instance" in done.stdout, done
        assert daemon.ask("GET", "/api/v1/version")[1]["instance"] == "test"


def a_wrong_service_file_disables_that_service_alone_at_start():
    daemon = Daemon()
    daemon.write("services.d/bad.ini", "[service]\nmaxx = 3\n")
    with daemon:
        assert "bad.ini:2" in daemon.log()
        states = {s["name"]: s["state"] for s in daemon.ask("GET", "/api/v1/status")[1]["services"]}
        assert states["bad"] == "disabled" and states["web"] != "disabled", states


def a_wrong_daemon_file_ends_it_with_status_1():
    daemon = Daemon()
    daemon.write("dockscale.ini", "[daemon]\ninterval = often\n")
    for options in ((), ("--check",)):
        done = subprocess.run([f"{BUILD}/dockscaled", "--config", f"{daemon.dir}/etc", *options],
                              text=True, timeout=20, stderr=subprocess.PIPE)
        assert done.returncode == 1, done
        assert "dockscale.ini:2" in done.stderr, done.stderr
    shutil.rmtree(daemon.dir)


def a_dry_run_says_so():
    with Daemon("--dry-run") as daemon:
        assert daemon.ask("GET", "/api/v1/status")[1]["dry_run"] is True
        assert "dry run" in daemon.ctl("status").stdout


def dockscalectl_ends_with_the_promised_statuses():
    with Daemon() as daemon:
        for args, expected in (
                (("status",), 0), (("status", "--json"), 0), (("explain", "web"), 0),
                (("version",), 0), (("--help",), 0), (("check",), 0),
                (("explain", "none"), 1), (("scale", "none", "1"), 1),
                (("scale", "web", "1"), 1),  # the engine never lists
                ((), 2), (("frobnicate",), 2), (("explain",), 2), (("scale", "web"), 2),
                (("scale", "web", "some"), 2), (("scale", "web", "1", "--for", "soon"), 2),
                (("release",), 2), (("release", "web", "--all"), 2), (("release", "none"), 1),
                (("pause",), 2), (("pause", "web", "--all"), 2), (("status", "--all"), 2),
                (("explain", "../etc"), 2), (("check", "--container", "a/../b"), 2),
                (("check", "--container", ""), 2), (("--no-such-option",), 2)):
            done = daemon.ctl(*args)
            assert done.returncode == expected, (args, done)
            assert expected == 0 or done.stderr.startswith("dockscalectl: "), (args, done)
        daemon.end()
        done = daemon.ctl("status")
        assert done.returncode == 3 and daemon.socket in done.stderr, done


def json_is_json_on_every_command_that_prints():
    with Daemon() as daemon:
        for args in (("status",), ("explain", "web"), ("pause", "web"), ("resume", "web"),
                     ("reload",), ("check",), ("doctor",), ("haproxy", "web"), ("version",)):
            done = daemon.ctl("--json", *args)
            json.loads(done.stdout)


def doctor_finds_what_is_missing_and_names_the_cure():
    with Daemon() as daemon:
        done = daemon.ctl("doctor")
        assert done.returncode == 1, done
        assert "fail  docker" in done.stdout and "->" in done.stdout, done.stdout
        assert "ok    daemon" in done.stdout, done.stdout


def an_idle_daemon_costs_little():
    with Daemon(interval="200ms") as daemon:
        path = f"/proc/{daemon.process.pid}/stat"

        def ticks():
            with open(path) as file:
                words = file.read().rsplit(")", 1)[1].split()
            return int(words[11]) + int(words[12])

        before = ticks()
        time.sleep(3)
        used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
        assert used < 0.3, f"{used} s of CPU in 3 s of doing nothing"


def main():
    failed = 0
    wanted = sys.argv[2:]
    tests = [value for value in globals().values()
             if callable(value) and getattr(value, "__module__", "") == __name__
             and not isinstance(value, type) and value not in (main, wait_for)]
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        try:
            test()
            print(f"ok: {test.__name__.replace('_', ' ')}", flush=True)
        except Exception as error:  # the next test is still worth running
            failed += 1
            print(f"FAILED: {test.__name__.replace('_', ' ')}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
