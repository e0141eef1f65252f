#!/usr/bin/env python3
"""HAProxy as it is found: in a container of its own, with a line for the container that was there
before us, with an empty backend. In each the service is scaled up and down under load, and no
request fails, though nothing in HAProxy's configuration was written to save one."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from layouts import BESIDE, InContainer, PLAIN, TemplateFirst
from steady import Steady, changes
from traffic import Wrk
from world import NOT_READY, check, free_port, main

CHANGES = min(20, changes(4))


def clients(world):
    return [Wrk(world, 80, keep_alive=True), Wrk(world, 50, keep_alive=False)]


def up_and_down(steady, what):
    steady.change(CHANGES)
    steady.end(f"{CHANGES} changes, {what}")


def haproxy_in_a_container_with_slots(build):
    with Steady(build, clients, config=PLAIN, kind=InContainer) as steady:
        up_and_down(steady, "HAProxy in a container, slots")


def haproxy_in_a_container_with_an_empty_backend(build):
    with Steady(build, clients, "dynamic", config=PLAIN, kind=InContainer) as steady:
        up_and_down(steady, "HAProxy in a container, dynamic")


def an_empty_backend(build):
    with Steady(build, clients, "dynamic", config=BESIDE) as steady:
        check("nothing was there", all(s["name"].startswith(f"ds-{steady.world.instance}-c")
                                       for s in steady.world.servers()))
        up_and_down(steady, "an empty backend")


def own(world):
    """The line that a person wrote."""
    return next(s for s in world.servers() if s["name"] == "app1")


def the_templates_own_line(build, method, line, template=()):
    """The line is the template's: it has no second server, and is drained when it goes."""
    with Steady(build, clients, method, config=BESIDE, kind=TemplateFirst, line=line,
                published=True,
                template=("-e", "CPU_USEC=300", "-e", "WAIT_MSEC=5", *template)) as steady:
        world = steady.world
        address = world.containers()["web"]
        check("the template has one server", address not in
              [s["address"] for s in world.servers() if s["name"] != "app1"])
        replica = next(r for r in world.web()["replicas"] if r["name"] == "web")
        check("it is the one that was there", replica["server"] == "app1", str(replica))
        up_and_down(steady, f"the template's own line, {method}")
        check("nobody has touched it", own(world)["admin"] & NOT_READY == 0 and
              own(world)["weight"] > 0)


def by_address(world):
    return f"server app1 {world.containers()['web']}:8080 check"


def the_templates_own_line_by_address_with_slots(build):
    the_templates_own_line(build, "slots", by_address)


def the_templates_own_line_by_address_with_dynamic_servers(build):
    the_templates_own_line(build, "dynamic", by_address)


def by_published_port(build, method):
    port = free_port()
    the_templates_own_line(build, method, lambda world: f"server app1 127.0.0.1:{port} check",
                           ("-p", f"{port}:8080"))


def the_templates_own_line_by_published_port_with_slots(build):
    by_published_port(build, "slots")


def the_templates_own_line_by_published_port_with_dynamic_servers(build):
    by_published_port(build, "dynamic")


main([haproxy_in_a_container_with_slots, haproxy_in_a_container_with_an_empty_backend,
      an_empty_backend,
      the_templates_own_line_by_address_with_slots,
      the_templates_own_line_by_address_with_dynamic_servers,
      the_templates_own_line_by_published_port_with_slots,
      the_templates_own_line_by_published_port_with_dynamic_servers])
