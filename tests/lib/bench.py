"""What the benchmarks that start the daemon share."""

import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build():
    """Builds what is needed, as tests/run does; gives the build directory."""
    script = ('set -e; . tests/lib/install.sh; install_missing build run show bench >&2; '
              'mkdir -p build; launcher=; '
              'if command -v ccache >/dev/null; then launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache; fi; '
              '{ cmake -S . -B build/gcc -G Ninja $launcher -DCMAKE_C_COMPILER=gcc '
              '-DCMAKE_BUILD_TYPE=Release && ninja -C build/gcc dockscaled dockscalectl demo_httpd; } '
              '>build/bench.log 2>&1 || { tail -n 40 build/bench.log >&2; exit 1; }')
    if subprocess.run(["bash", "-c", script], cwd=SOURCE).returncode != 0:
        sys.exit(1)
    return f"{SOURCE}/build/gcc"
