#!/usr/bin/env python3
"""Executes the blocks marked "console run" of Markdown files, and checks the links between files
and that the tests exist which they name (`SuiteTest.Name`).

A block is what a terminal shows: lines that begin with "$ " are commands, the lines up to the next
command are the output, standard error included, of that command. A line "..." stands for any number
of lines. A command that fails ends its output with the line "[exit N]". Commands run in the
repository's root, with the built programs first in PATH.

Exit codes: 0 all as written, 1 something differs, 2 bad usage.
"""

import difflib
import os
import re
import subprocess
import sys

TIMEOUT_SECONDS = 120


def blocks_of(text):
    """Yields (line number of the first line inside, lines) of each block that is to be run."""
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if block is None and re.fullmatch(r"```console run\s*", line):
            block = (number + 1, [])
        elif block is not None and line.startswith("```"):
            yield block
            block = None
        elif block is not None:
            block[1].append(line)
    if block is not None:
        yield block


def steps_of(first_line, lines):
    """Yields (line number, command, expected lines)."""
    step = None
    for number, line in enumerate(lines, first_line):
        if line.startswith("$ "):
            if step:
                yield step
            step = (number, line[2:], [])
        elif line.startswith("> ") and step and not step[2]:
            step = (step[0], step[1] + "\n" + line[2:], [])
        elif step:
            step[2].append(line)
    if step:
        yield step


def matches(expected, actual):
    """Whether the lines are the same, "..." standing for any number of them."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and expected[0].rstrip() == actual[0].rstrip() and matches(
        expected[1:], actual[1:])


def output_of(command, root, programs):
    environment = dict(os.environ, PATH=programs + os.pathsep + os.environ["PATH"], LC_ALL="C")
    try:
        done = subprocess.run(["bash", "-c", command], cwd=root, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [f"[no end within {TIMEOUT_SECONDS} s]"]
    lines = done.stdout.decode(errors="replace").splitlines()
    return lines + ([f"[exit {done.returncode}]"] if done.returncode else [])


def complaints_of_snippets(path, text, root, programs):
    for first_line, lines in blocks_of(text):
        for number, command, expected in steps_of(first_line, lines):
            actual = output_of(command, root, programs)
            if not matches(expected, actual):
                diff = "\n".join(difflib.unified_diff(expected, actual, "document", "program",
                                                      lineterm=""))
                yield f"{path}:{number}: $ {command}\n{diff}"


def complaints_of_links(path, text, root):
    outside_blocks = re.sub(r"(?ms)^```.*?^```", lambda m: "\n" * m.group().count("\n"), text)
    for match in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", outside_blocks):
        target = match.group(1)
        if re.match(r"[a-z]+:", target):
            continue
        if not os.path.exists(os.path.join(root, os.path.dirname(path), target)):
            number = outside_blocks.count("\n", 0, match.start()) + 1
            yield f"{path}:{number}: {target} does not exist"


def tests_of(root):
    """The C++ tests of the tree, as "Suite.Name"."""
    tests = set()
    for path in files_of(root, "_test.cc"):
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            tests |= {".".join(name) for name in
                      re.findall(r"^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", stream.read(), re.M)}
    return tests


def complaints_of_tests(path, text, tests):
    for match in re.finditer(r"`([A-Z]\w*Test\.\w+)`", text):
        if match.group(1) not in tests:
            number = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{number}: there is no test {match.group(1)}"


def files_of(root, ending):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f[0] != "." and not f.startswith("build"))
        for file in sorted(files):
            if file.endswith(ending):
                yield os.path.relpath(os.path.join(folder, file), root)


def main(arguments):
    if len(arguments) not in (3, 4):
        print("usage: run_snippets.py ROOT PROGRAMS [DOCUMENT]", file=sys.stderr)
        return 2
    root, programs = map(os.path.abspath, arguments[1:3])
    complaints = []
    tests = tests_of(root)
    for path in arguments[3:] or files_of(root, ".md"):
        with open(os.path.join(root, path), encoding="utf-8") as stream:
            text = stream.read()
        complaints += complaints_of_links(path, text, root)
        complaints += complaints_of_tests(path, text, tests)
        complaints += complaints_of_snippets(path, text, root, programs)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
