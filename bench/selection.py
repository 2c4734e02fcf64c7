#!/usr/bin/env python3
"""How good `auto` is: its picks against the fastest candidate, on presets of five kinds.

    bench/selection.py [--program FILE] [--maxbytes SIZE] [--limit PERCENT] [--fabric NAME ...]

Runs every algorithm of every collective at each size, isolated and without payload, and prints the
points where the pick takes more than 15 % longer than the best, and their share. Candidates that
reduce in the switch are left out, since `auto` does not take them. The exit code is 1 if the share
is above the limit.
"""

import argparse
import json
import subprocess
import sys

FABRICS = ["hgx-h100", "gb200-nvl72", "mi300x-oam8", "tpu-v4-64", "dojo-tile"]
SLOWER = 1.15


def output(arguments):
    """What a command prints, or None if it refuses the request."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 2):
        sys.exit(f"{' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout if done.returncode == 0 else None


def times(options, collective, fabric, algorithm):
    """[(bytes, name of the algorithm, microseconds)]; nothing if the fabric cannot run it."""
    text = output([options.program, "run", collective, "--fabric", fabric, "-b", "4K",
                   "-e", options.maxbytes, "-f", "16", "--algorithm", algorithm,
                   "--payload", "none", "-c", "0", "--format", "json"])
    rows = json.loads(text)["rows"] if text else []
    return [(row["bytes"], row["algorithm"], row["time_us"]) for row in rows]


def algorithms(program):
    """{collective: [names]} of those that `auto` chooses from."""
    names = {}
    for line in output([program, "algorithms"]).splitlines()[1:]:
        collective, name = line.split()[:2]
        if name != "in_switch":
            names.setdefault(collective, []).append(name)
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/upfabric")
    parser.add_argument("--maxbytes", default="1M",
                        help="last size; each is 16 times the one before")
    parser.add_argument("--limit", type=float, default=10, help="percent of points")
    parser.add_argument("--fabric", nargs="+", default=FABRICS)
    options = parser.parse_args()
    points = 0
    slow = []
    for collective, names in algorithms(options.program).items():
        for fabric in options.fabric if len(names) > 1 else []:
            best = {}
            for name in names:
                for size, _, time in times(options, collective, fabric, name):
                    best[size] = min(best.get(size, (time, name)), (time, name))
            for size, pick, time in times(options, collective, fabric, "auto"):
                points += 1
                if time > SLOWER * best[size][0]:
                    slow.append((time / best[size][0], collective, fabric, size, pick,
                                 best[size][1]))
    for ratio, collective, fabric, size, pick, name in sorted(slow, reverse=True):
        print(f"{ratio:5.2f}  {collective:14} {fabric:12} {size:9}  auto {pick}, best {name}")
    share = 100 * len(slow) / points
    print(f"{len(slow)} of {points} points ({share:.1f} %) are more than 15 % slower than the best")
    sys.exit(1 if share > options.limit else 0)


if __name__ == "__main__":
    main()
