#!/usr/bin/env python3
"""What outlives the daemon: pauses and counts by hand survive kill -9; the state directory may vanish
while the daemon runs, and may be unusable: scaling goes on, and it is said."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, main, wait_for


def stored(world):
    """{key: text} of the journal, read as an operator may: beside the daemon."""
    import sqlite3
    path = f"{world.dir}/state/{world.instance}.sqlite"
    if not os.path.exists(path):
        return {}
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return {key: bytes(value).decode(errors="replace")
                for key, value in db.execute("SELECT key, value FROM rows")}
    except sqlite3.OperationalError:
        return {}
    finally:
        db.close()


def remembered(world, words):
    wait_for(f"the journal holds {words!r}", lambda: words in stored(world).get("service/web", ""))


def restart(world):
    world.kill_daemon()
    world.start_daemon()


def a_pause_and_a_count_survive_kill_9(build):
    with World(build) as world:
        world.template("--cpus", "0.5")
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "3", "--for", "1h")
        world.wait_serving(3)
        remembered(world, "manual=3")
        restart(world)
        world.wait_serving(3)
        explain = world.ctl("explain", "web", "--json")
        check("the count by hand is known", '"manual":true' in explain.replace(" ", ""))
        world.ctl("pause", "web")
        remembered(world, "paused=1")
        for _ in range(3):
            restart(world)
            wait_for("it is paused", lambda: world.web() and world.web()["state"] == "paused", 10)
        world.ctl("resume", "web")
        wait_for("the pause is forgotten",
                 lambda: "paused" not in stored(world)["service/web"])
        restart(world)
        world.wait_serving(3)
        check("it is active", world.web()["state"] == "active")
        check("the template is remembered",
              stored(world).get("template/web", "").startswith("dockscale-template 1 "))
        mode = os.stat(f"{world.dir}/state/{world.instance}.sqlite").st_mode & 0o777
        check("nobody else may read it", mode == 0o600, f"({mode:o})")


def clones_are_made_of_a_template_that_is_gone_for_two_daemons(build):
    with World(build) as world:
        world.template("--cpus", "0.5", labels=["dockscale.min=2"])
        world.start_daemon()
        world.wait_serving(2)
        wait_for("the template is remembered", lambda: "template/web" in stored(world))
        remembered(world, "label=dockscale.min=2")
        world.docker("rm", "-f", "web")
        restart(world)
        wait_for("its clone is there", lambda: world.serving() >= 1)
        clone = next(iter(world.containers()))
        world.docker("kill", clone)
        wait_for("another clone serves", lambda: world.serving() >= 1 and
                 any(name != clone for name in world.containers()), 60)
        check("its limits are those of its labels", world.web()["min"] == 2)


def the_state_directory_may_vanish(build):
    with World(build) as world:
        world.template("--cpus", "0.5")
        world.start_daemon()
        world.wait_serving(1)
        world.ctl("scale", "web", "2")
        world.wait_serving(2)
        shutil.rmtree(f"{world.dir}/state")
        world.ctl("scale", "web", "3")
        world.wait_serving(3)
        remembered(world, "manual=3")
        world.kill_daemon()
        shutil.rmtree(f"{world.dir}/state")
        open(f"{world.dir}/state", "w").close()  # a file where the directory is to be
        world.start_daemon()
        world.wait_serving(3)
        world.ctl("scale", "web", "2")
        world.wait_serving(2)
        status = world.status()
        check("that the journal is away is said", status["journal"]["state"] == "away",
              f"({status['journal']['problem']})")
        check("and by status too", "journal" in world.ctl("status"))
        check("and by explain", "Journal" in world.ctl("explain", "web"))
        check("it is logged once", world.daemon_says("journal away") == 1)


main([a_pause_and_a_count_survive_kill_9,
      clones_are_made_of_a_template_that_is_gone_for_two_daemons,
      the_state_directory_may_vanish])
