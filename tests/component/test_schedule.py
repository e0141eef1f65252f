#!/usr/bin/env python3
"""A schedule stops all of a service for a minute of a place's clocks, and it is back afterwards."""

import datetime
import os
import sys
import time
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, main, wait_for

PLACE = "Europe/Berlin"


def clock():
    return datetime.datetime.now(zoneinfo.ZoneInfo(PLACE))


def stop_for_a_minute(build, method):
    with World(build, method=method) as world:
        world.template()
        begin = (clock() + datetime.timedelta(seconds=80)).replace(second=0, microsecond=0)
        end = begin + datetime.timedelta(minutes=1)
        world.ini = ("[service]\nmin = 2\nstop_timeout = 2s\n"
                     f'[schedule "night"]\nfrom = {begin:%H:%M}\nto = {end:%H:%M}\n'
                     f"timezone = {PLACE}\nmax = 0\n")
        world.start_daemon()
        world.wait_serving(2)
        world.wait_right()
        check("it serves", world.get()[0] == 200)
        wait_for("nothing of it runs", lambda: not world.containers(), 90)
        check("not before its time", clock() >= begin, f"{clock()} {begin}")
        check("and soon", clock() < begin + datetime.timedelta(seconds=15), str(clock()))
        wait_for("the clone is gone", lambda: len(world.containers(all_of_them=True)) == 1, 10)
        check("the template is left", list(world.containers(all_of_them=True)) == ["web"],
              str(world.containers(all_of_them=True)))
        check("nobody is served", world.enabled() == [] and world.get()[0] == 503)
        web = world.web()
        check("none is wanted", web["desired"] == 0 and web["max"] == 0, str(web["desired"]))
        check("that is no problem", web["problem"] == "" and web["state"] == "active",
              web["problem"])
        check("it says why", "schedule night: at most 0" in world.ctl("explain", "web"))
        world.kill_daemon()
        world.start_daemon()
        wait_for("a new daemon knows its containers", lambda: (world.web() or {}).get("replicas"), 10)
        time.sleep(3)  # some ticks in which nothing may start
        check("it leaves them stopped", not world.containers() and clock() < end)
        world.wait_serving(2, 75)
        check("not before its end", clock() >= end, f"{clock()} {end}")
        check("the template runs again", "web" in world.containers())
        world.wait_right()
        check("it serves again", world.get()[0] == 200)


def a_service_in_slots_is_stopped_by_the_clock(build):
    stop_for_a_minute(build, "slots")


def a_service_of_dynamic_servers_is_stopped_by_the_clock(build):
    stop_for_a_minute(build, "dynamic")


main([a_service_in_slots_is_stopped_by_the_clock,
      a_service_of_dynamic_servers_is_stopped_by_the_clock])
