#!/usr/bin/env python3
"""Both packages are built and judged by their distributions' own tools; the same tree gives the same
package; the man pages, the completions and the unit are in order."""

import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tree import copy_tree
from world import SOURCE, check, log, main


def run(*command, fails=False, **kwargs):
    """What it prints, both streams; it has to succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **kwargs)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


@contextlib.contextmanager
def clean_tree():
    with tempfile.TemporaryDirectory(prefix="dockscale-packages-") as directory:
        copy_tree(directory)
        yield directory


def build(tree, script, *arguments):
    path = run(os.path.join(tree, "packaging", script), *arguments).split()[-1]
    check(f"{script} prints the package's path", os.path.isfile(path), path)
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def twice(tree, script):
    """Builds it in another place as well: it has to be the same, byte for byte."""
    first = build(tree, script)
    kept = shutil.copy(first, os.path.join(tree, os.path.basename(first) + ".first"))
    other = os.path.join(tree, "another", "place")
    shutil.copytree(tree, other, ignore=shutil.ignore_patterns("build", "another", "*.first"))
    check(f"{script} gives the same package in another place",
          digest(build(other, script)) == digest(kept))
    shutil.rmtree(os.path.join(tree, "another"))
    return first


def the_deb_is_as_debian_wants_it(_build):
    with clean_tree() as tree:
        deb = twice(tree, "build-deb")
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", deb)
        check("lintian has no error and no warning", "W:" not in said and "E:" not in said, said)
        names = run("dpkg-deb", "-c", deb)
        for name in ("usr/sbin/dockscaled", "usr/bin/dockscalectl", "dockscaled.service",
                     "man8/dockscaled.8.gz", "man1/dockscalectl.1.gz", "man5/dockscale.ini.5.gz",
                     "man7/dockscale-labels.7.gz", "etc/dockscale/dockscale.ini",
                     "bash-completion/completions/dockscalectl"):
            check(f"{name} is in it", name in names)
        depends = run("dpkg-deb", "-f", deb, "Depends")
        check("it brings no Docker Engine", "docker" not in depends, depends.strip())
        without = build(tree, "build-deb", "--without-libcgroup")
        check("one can be built without libcgroup",
              "libcgroup" not in run("dpkg-deb", "-f", without, "Depends"))


def the_rpm_is_as_rpmlint_wants_it(_build):
    with clean_tree() as tree:
        rpm = twice(tree, "build-rpm")
        said = run("rpmlint", "-c", os.path.join(tree, "packaging/rpm/rpmlint.toml"), rpm)
        check("rpmlint has no error and no warning", "0 errors, 0 warnings" in said, said[-200:])
        names = run("rpm", "-qlp", rpm).split()
        for name in ("/usr/sbin/dockscaled", "/usr/bin/dockscalectl", "/etc/dockscale/dockscale.ini",
                     "/usr/lib/systemd/system/dockscaled.service",
                     "/usr/share/man/man8/dockscaled.8.gz"):
            check(f"{name} is in it", name in names)
        check("its configuration is kept at an upgrade",
              "/etc/dockscale/dockscale.ini" in run("rpm", "-qcp", rpm).split())
        for macro in ("systemd_post", "_unitdir", "__cmake"):
            check(f"no scriptlet has an unexpanded {macro}", macro not in run("rpm", "-qp", "--scripts", rpm))
        scriptlets_run(tree, rpm)


def scriptlets_run(tree, rpm):
    """In a root of its own: this machine's programs below a layer that takes what is written."""
    root, upper, work = (os.path.join(tree, name) for name in ("root", "upper", "work"))
    for name in (root, upper, work):
        os.mkdir(name)
    run("mount", "-t", "tmpfs", "tmpfs", upper)
    try:
        for name in ("data", "work"):
            os.mkdir(os.path.join(upper, name))
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={upper}/data,workdir={upper}/work", root)
        try:
            run("groupadd", "--root", root, "--system", "-f", "docker")
            said = run("rpm", "--root", root, "--install", "--nodeps", rpm)
            check("its scriptlets run at the installation", "scriptlet failed" not in said, said)
            user = run("chroot", root, "id", "dockscale")
            check("they make the user and put it into the group", "(docker)" in user, user.strip())
            check("the program runs there",
                  "dockscaled" in run("chroot", root, "/usr/sbin/dockscaled", "--version"))
            said = run("rpm", "--root", root, "--erase", "dockscale")
            check("and at the removal", "scriptlet failed" not in said, said)
            check("nothing is left", not os.path.exists(os.path.join(root, "usr/sbin/dockscaled")))
        finally:
            run("umount", root)
    finally:
        run("umount", upper)


def the_man_pages_have_no_fault(build_directory):
    pages = sorted(glob.glob(os.path.join(build_directory, "pages", "*.[1-8]")))
    check("there are four", len(pages) == 4, str(pages))
    for page in pages:
        with open(page, encoding="utf-8") as file:
            text = file.read()
        said = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80")).stderr
        check(f"man has no warning for {os.path.basename(page)}", said == "", said)
        check("nothing was left unfilled", "@" not in text)


def the_example_of_the_page_is_right(build_directory):
    with open(os.path.join(build_directory, "pages", "dockscale.ini.5"), encoding="utf-8") as file:
        example = file.read().split(".EX\n")[1].split(".EE")[0]
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "web.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(example)
        said = run(os.path.join(build_directory, "dockscalectl"), "check", path)
        log(said.strip())


def complete(build_directory, *words):
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    script = (f". {build_directory}/pages/dockscalectl.bash; COMP_WORDS=({line}); "
              f"COMP_CWORD={len(words) - 1}; _dockscalectl; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return run("bash", "-c", "compopt() { :; }; " + script).split()


def the_shell_completes_commands_and_options(build_directory):
    check("commands", complete(build_directory, "dockscalectl", "re") == ["resume", "release", "reload"])
    check("options", "--json" in complete(build_directory, "dockscalectl", "status", "--"))
    check("no command twice", complete(build_directory, "dockscalectl", "reload", "re") == [])


def the_unit_is_right(_build):
    """Its programs are not installed here: they are named as those that are."""
    with open(os.path.join(SOURCE, "packaging/systemd/dockscaled.service"), encoding="utf-8") as file:
        unit = file.read()
    unit = unit.replace("/usr/sbin/dockscaled", "/bin/true").replace("/usr/bin/dockscalectl", "/bin/true")
    unit = "\n".join(line for line in unit.split("\n") if not line.startswith("Documentation="))
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "dockscaled.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(unit)
        said = run("systemd-analyze", "verify", path)
        check("systemd-analyze has nothing to say", said.strip() == "", said)


main([the_man_pages_have_no_fault, the_example_of_the_page_is_right,
      the_shell_completes_commands_and_options, the_unit_is_right,
      the_deb_is_as_debian_wants_it, the_rpm_is_as_rpmlint_wants_it])
