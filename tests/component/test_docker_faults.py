#!/usr/bin/env python3
"""What goes wrong between daemons and a real Docker Engine."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from world import World, check, log, main


def a_second_daemon_on_the_same_engine(build):
    with World(build) as world:
        world.template()
        world.start_daemon()
        world.wait_serving(1)
        with open(f"{world.dir}/etc/dockscale.ini") as file:
            text = file.read()
        os.makedirs(f"{world.dir}/second/services.d")
        with open(f"{world.dir}/second/dockscale.ini", "w") as file:
            file.write(text.replace(world.instance, "second").replace("control.sock", "second.sock")
                       .replace("/state", "/second-state"))
        done = subprocess.run([f"{world.build}/dockscaled", "--config", f"{world.dir}/second"],
                              text=True, timeout=20, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log(f"exit {done.returncode}: {done.stdout}")
        check("it ends with 1", done.returncode == 1)
        check("and says which process is there",
              "another dockscale daemon" in done.stdout and str(world.daemon.pid) in done.stdout)
        check("the first one goes on", world.serving() == 1)


main([a_second_daemon_on_the_same_engine])
