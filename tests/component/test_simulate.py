#!/usr/bin/env python3
"""dockscalectl simulate: the program itself, from files to figures, plot, picture and exit status."""

import json
import math
import os
import pty
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

BUILD = os.path.abspath(sys.argv[1])
NOW = "[service]\nmatch = web_1\nmax = 12\n[haproxy]\nport = 8080\nbackend = shop\n"
NEW = "[service]\nmax = 12\n[policy]\ntype = threshold\n[haproxy]\nport = 8080\n"


class Place:
    """A directory as the daemon's, two files, and an hour of load."""

    def __init__(self, directory):
        self.dir = directory
        os.makedirs(f"{directory}/etc/services.d")
        self.write("etc/services.d/web.ini", NOW)
        self.write("new.ini", NEW)
        rows = [f"{s},{50 + 40 * math.sin(s / 500):.2f}" for s in range(0, 3601, 30)]
        self.write("load.csv", "seconds,rate\n" + "\n".join(rows) + "\n")

    def path(self, name):
        return f"{self.dir}/{name}"

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def run(self, *args, **environment):
        return subprocess.run(
            [f"{BUILD}/dockscalectl", "simulate", *args], cwd=self.dir, text=True,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def refused(self, status, word, *args):
        done = self.run(*args)
        assert done.returncode == status, (args, done)
        assert word in done.stderr, (args, done.stderr)
        assert done.stdout == "", (args, done.stdout)


LOAD = ("--trace", "load.csv", "--peak", "8")
BOTH = ("web", "--config", "etc", "--config", "new.ini", *LOAD)


def test_a_service_is_compared_with_a_file(place):
    done = place.run(*BOTH)
    assert done.returncode == 0, done
    assert done.stderr == "", done.stderr  # no terminal: no progress
    lines = done.stdout.splitlines()
    assert lines[0].startswith("load: 1h1s, up to "), lines[0]
    assert lines[2].split() == ["web", "(now)", "new.ini", "oracle"], lines[2]
    hours = [line.split()[1:] for line in lines if line.startswith("replica-hours")][0]
    now, new, oracle = (float(value) for value in hours)
    assert oracle < now < 3 * oracle and 0.3 * oracle < new, hours
    assert "web (now): replicas ━" in done.stdout and "limit 12" in done.stdout
    assert "new.ini: replicas ━" in done.stdout


def test_where_no_utf8_is_spoken_the_plot_is_ascii(place):
    done = place.run(*BOTH, LANG="C")
    assert done.returncode == 0 and done.stdout.isascii(), done


def test_json_is_one_object_of_numbers(place):
    done = place.run(*BOTH, "--json")
    assert done.returncode == 0, done
    tree = json.loads(done.stdout)
    assert [one["name"] for one in tree["configurations"]] == ["web (now)", "new.ini"]
    assert [one["policy"] for one in tree["configurations"]][1] == "threshold"
    for one in tree["configurations"]:
        assert one["replica_hours"] > 0 and one["problem"] is None, one
        assert 0 <= one["late_percent"] <= 100, one
        assert abs(one["replica_hours"] / tree["oracle_replica_hours"] - one["cost"]) < 1e-3
    assert len(tree["series"]["load"]) == len(tree["series"]["replicas"][0]) <= 720


def test_the_same_seed_is_the_same_day(place):
    first, again, other = (place.run(*BOTH, "--json", "--seed", seed).stdout
                           for seed in ("5", "5", "6"))
    assert first == again
    assert first != other


def test_the_picture_is_well_formed_xml(place):
    done = place.run(*BOTH, "--svg", "plot.svg")
    assert done.returncode == 0, done
    root = ElementTree.parse(place.path("plot.svg")).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "new.ini, limit 12" in texts, texts
    place.refused(1, "nowhere/plot.svg", *BOTH, "--svg", "nowhere/plot.svg")


def test_a_slower_start_is_worse(place):
    late = [json.loads(place.run("--config", "new.ini", *LOAD, "--json", "--start-up",
                                 time).stdout)["configurations"][0]["under_percent"]
            for time in ("1s", "30s")]
    assert late[0] < late[1], late


def test_what_is_wrong_is_told_with_its_cure(place):
    place.write("wrong.csv", "0,1\n5,oops\n")
    place.write("wrong.ini", "[service]\nmax = many\n")
    place.refused(2, "--trace FILE.csv", "--config", "new.ini", "--peak", "8")
    place.refused(2, "name a service, or --config", *LOAD)
    place.refused(2, "--per-replica RATE", "--config", "new.ini", "--trace", "load.csv")
    place.refused(2, "--peak: 'x'", "--config", "new.ini", "--trace", "load.csv", "--peak", "x")
    place.refused(2, "--start-up", "--config", "new.ini", *LOAD, "--start-up", "1y")
    place.refused(2, "--seed", "--config", "new.ini", *LOAD, "--seed", "-1")
    place.refused(1, "wrong.csv:2: rate: 'oops'", "--config", "new.ini", "--trace",
                  "wrong.csv", "--peak", "8")
    place.refused(1, "wrong.ini:2", "--config", "wrong.ini", *LOAD)
    place.refused(1, "shop", "shop", "--config", "etc", *LOAD)
    place.refused(1, "nothing.csv", "--config", "new.ini", "--trace", "nothing.csv", "--peak", "8")


def test_on_a_terminal_it_shows_how_far_it_is(place):
    main, side = pty.openpty()
    with open(main, "rb", buffering=0) as terminal:
        process = subprocess.Popen(
            [f"{BUILD}/dockscalectl", "simulate", *BOTH], cwd=place.dir,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=side)
        os.close(side)
        seen = b""
        try:
            while chunk := terminal.read(4096):
                seen += chunk
        except OSError:  # the other side is closed
            pass
        assert process.wait(60) == 0
    assert b"] " in seen and b" %" in seen and seen.endswith(b"\r"), seen


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory(prefix="dockscale-simulate-") as directory:
                test(Place(directory))
                print(f"ok: {name[5:].replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
