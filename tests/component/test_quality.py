#!/usr/bin/env python3
"""The comparison of scaling rules says what it promises to programs that read it, ranks what must be
ranked, and gives the same figures twice."""

import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import check, log, main

KEYS = {"policy", "default", "w20", "cost", "tau_u", "tau_o", "late", "lost", "actions_per_hour", "traces"}


def write_trace(directory, name, rate):
    with open(f"{directory}/{name}.csv", "w", encoding="utf-8") as file:
        file.write("seconds,rate\n")
        for second in range(0, 6 * 3600, 30):
            file.write(f"{second},{rate(second):.3f}\n")


def wave(second):
    return 100 + 60 * math.sin(second / 1800)


def steps(second):
    return 150 if second // 1800 % 2 else 30


def run(build, directory, *more):
    return json.loads(subprocess.run(
        [f"{build}/tests/quality", "--traces", directory, "--json", *more], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout)


def a_folder_of_loads_is_compared(build):
    with tempfile.TemporaryDirectory() as directory:
        write_trace(directory, "wave", wave)
        write_trace(directory, "steps", steps)
        rules = run(build, directory)
        again = run(build, directory)
        slow = run(build, directory, "--startup", "60")
    for rule in rules:
        check(f"{rule['policy']} has all of its figures", set(rule) >= KEYS, str(set(rule)))
        check("for each load too", set(rule["traces"]) == {"wave", "steps"} and
              all(set(trace) >= KEYS - {"policy", "default", "traces"} for trace in rule["traces"].values()))
        mean = sum(trace["w20"] for trace in rule["traces"].values()) / 2
        check("the whole is their mean", abs(mean - rule["w20"]) < 0.02, f"{mean} {rule['w20']}")
    by_name = {rule["policy"]: rule for rule in rules}
    for name in ("dockscale calm", "dockscale responsive", "dockscale careful", "dockscale lean"):
        check(f"{name} is there", name in by_name)
    check("calm is what is shipped", [rule["policy"] for rule in rules if rule["default"]] == ["dockscale calm"])
    oracles = [rule for rule in rules if "oracle" in rule["policy"]]
    check("nobody is better than who knows what comes",
          min(rule["w20"] for rule in rules) == min(rule["w20"] for rule in oracles))
    check("calm changes less than responsive", by_name["dockscale calm"]["actions_per_hour"] <
          by_name["dockscale responsive"]["actions_per_hour"])
    check("the same figures come twice", rules == again)
    slow = {rule["policy"]: rule for rule in slow}
    check("a longer start-up makes it harder for each that does not know",
          all(slow[name]["w20"] > rule["w20"] for name, rule in by_name.items() if "oracle" not in name))
    log(f"{len(rules)} rules")


def what_cannot_be_compared_is_an_error(build):
    for arguments in ([], ["--traces", "/nowhere"], ["--traces", "/", "--startup", "0"]):
        done = subprocess.run([f"{build}/tests/quality", *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        check(f"{arguments} is refused", done.returncode != 0)


main([a_folder_of_loads_is_compared, what_cannot_be_compared_is_an_error])
