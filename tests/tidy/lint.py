#!/usr/bin/env python3
"""Runs clang-tidy over the sources of fabric/, collectives/ and daemon/, those that changed alone.

A source that was clean is remembered, in BUILD/tidy, by the contents of itself, of the headers of
ours that it includes, and of .clang-tidy. Exit codes: 0 clean, 1 findings, 2 bad usage.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

TIDY = "clang-tidy-14"
FOLDERS = ("fabric/", "collectives/", "daemon/")


def read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def files_behind(path, found):
    """Adds the file and what it includes of ours."""
    if path in found or not os.path.exists(path):
        return
    found.add(path)
    for name in re.findall(r'(?m)^#include "([^"]+)"', read(path)):
        files_behind(name, found)


def key_of(source):
    files = set()
    files_behind(source, files)
    digest = hashlib.sha256(read(".clang-tidy").encode())
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + read(path).encode() + b"\0")
    return digest.hexdigest()


def sources_of(build):
    commands = json.loads(read(os.path.join(build, "compile_commands.json")))
    files = {os.path.relpath(os.path.realpath(os.path.join(c["directory"], c["file"])))
             for c in commands}
    return sorted(f for f in files if f.startswith(FOLDERS) and not f.endswith("_test.cc"))


def lint(build, source):
    """Returns what clang-tidy found; empty if nothing."""
    stamp = os.path.join(build, "tidy", key_of(source))
    if os.path.exists(stamp):
        return ""
    # GCC's own warning options are in the compile commands.
    done = subprocess.run([TIDY, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", build,
                           source], check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    if done.returncode == 0:
        with open(stamp, "w", encoding="utf-8"):
            return ""
    return done.stdout or f"{source}: {TIDY} failed with {done.returncode}\n"


def main(arguments):
    if len(arguments) != 2 or not os.path.exists(f"{arguments[1]}/compile_commands.json"):
        print("usage: lint.py BUILD, a configured build tree", file=sys.stderr)
        return 2
    build = arguments[1]
    os.makedirs(os.path.join(build, "tidy"), exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [f for f in pool.map(lambda s: lint(build, s), sources_of(build)) if f]
    print("".join(findings), end="")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
