"""The project's own files, as git knows them."""

import os
import shutil
import subprocess

from world import SOURCE


def copy_tree(directory):
    """Below DIRECTORY, so that nothing is built or changed in the tree that others test in."""
    names = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others",
                            "--exclude-standard"], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split("\0")
    for name in names:
        source, copy = os.path.join(SOURCE, name), os.path.join(directory, name)
        if name and os.path.lexists(source):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
