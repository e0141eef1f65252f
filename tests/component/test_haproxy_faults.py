#!/usr/bin/env python3
"""What goes wrong between the daemon and a real HAProxy: for each fault that the reason stands in
`status` and in `doctor`, that it is counted, that what serves goes on, and that all is well again
when the cause is gone. One engine and one template serve for all of them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import HAPROXY_CONFIG, SLOTS, World, check, log, main, wait_for

RESOLVERS = """
resolvers dns
    nameserver nobody 127.0.0.1:9
"""


class Lines(World):
    """A world in which the backend's lines change."""

    lines = SLOTS
    apart = False  # HAProxy has a network of its own, with nothing in it

    def server_lines(self):
        return self.lines.format(instance=self.instance)

    def command(self):
        plain = super().command()
        return ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *plain] \
            if self.apart else plain

    def mend(self, lines, balance="leastconn"):
        """What a person does: other lines, and a reload."""
        self.lines = lines
        self.balance = balance
        self.write_haproxy_config()
        self.reload_haproxy()

    def anew(self, lines, **others):
        """Another HAProxy, and a daemon that counts from zero."""
        self.stop_daemon()
        self.stop_haproxy()
        self.lines = lines
        for name, value in others.items():
            setattr(self, name, value)
        self.start_haproxy()
        self.start_daemon()

    def doctor(self):
        return self.ctl("--config", f"{self.dir}/etc", "doctor", check=False)

    def meets(self, name, words, found, seconds=10):
        """It is counted, its problem has these words, and doctor has found those."""
        wait_for(f"{name} is counted", lambda: self.web()["faults"][name] > 0, seconds)
        wait_for(f"the problem is told: {words}",
                 lambda: all(word in self.web()["problem"] for word in words), 5)
        log(f"ok: {name} is counted and told: {self.web()['problem']}")
        doctor = self.doctor()
        check(f"doctor says so: {found}", all(word in doctor for word in found), "")

    def well_again(self, count, seconds=20):
        self.wait_serving(count, seconds)
        wait_for("the problem is over", lambda: self.web()["problem"] == "", 5)
        self.wait_right()
        check("as many run as are wanted", len(self.containers(all_of_them=True)) == count)

    def alone(self):
        self.ctl("scale", "web", "1")
        wait_for("the template is alone", lambda: len(self.containers(all_of_them=True)) == 1, 20)


def slots_that_dns_leads(world):
    """`resolvers` on the line: after a reload HAProxy's own look-up would win."""
    world.meets("slot_unusable", ["up by DNS", "take `resolvers` off"],
                ["looked up by DNS", "take `resolvers` off"])
    check("nobody is led there", world.enabled() == [] and world.serving() == 0)
    world.mend(SLOTS)
    world.well_again(1)
    check("and doctor has nothing to say about names any more", "DNS" not in world.doctor())


def too_few_slots(world):
    world.anew(SLOTS.replace("1-16", "1-2"))
    world.wait_serving(1)
    world.ctl("scale", "web", "3")
    world.meets("no_slot", ["all 2 slots", "server-template"], ["all 2 slots"])
    check("the others serve, and the third waits", world.serving() == 2)
    world.mend(SLOTS)
    world.well_again(3)
    world.alone()


def servers_that_are_refused(world):
    """A static algorithm takes no new servers."""
    world.anew("", method="dynamic", balance="static-rr")
    world.meets("server_refused", ["static", "balance leastconn"],
                ["takes no dynamic servers", "balance roundrobin or leastconn"])
    check("nobody is served", world.serving() == 0)
    world.mend("", "leastconn")
    world.well_again(1)


def a_network_that_is_not_shared(world):
    """Our probe reaches the replica, HAProxy does not."""
    world.anew(SLOTS, method="slots", balance="leastconn", apart=True)
    world.meets("server_down", ["HAProxy's own check finds it down", "docker network connect"],
                ["own check finds 1 server", "docker network connect"], 30)
    world.stop_haproxy()
    world.apart = False
    world.start_haproxy()
    world.well_again(1)
    check("and doctor finds none down any more", "own check" not in world.doctor())


def faults_of_a_real_haproxy(build):
    # After a reload nobody knows of the old process's sessions: a drain takes all of its time.
    world = Lines(build, config=HAPROXY_CONFIG + RESOLVERS, ini="drain_timeout = 2s\n")
    world.lines = SLOTS + " resolvers dns"
    with world:
        world.template()
        world.start_daemon()
        for story in (slots_that_dns_leads, too_few_slots, servers_that_are_refused,
                      a_network_that_is_not_shared):
            log(f"-- {story.__name__.replace('_', ' ')}")
            story(world)


main([faults_of_a_real_haproxy])
