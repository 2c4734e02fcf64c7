"""Writes docs/accuracy.md from the measured tables of this folder, or checks it.

    accuracy.py --program upfabric --output docs/accuracy.md     writes it, with plots beside it
    accuracy.py --program upfabric --check docs/accuracy.md      fails if an error has grown by
                                                                 more than a point

Python's standard library alone.
"""

import argparse
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
SMALL = 64 << 10
GROWTH = 1.0  # points that an error may grow
ROWS_MIN = 20  # of a family that is compared with null models
PROFILES = ("nccl", "rccl", "vllm", "trtllm", "kernel")


def run(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def error(logs):
    """Percent by which the larger exceeds the smaller, geometric mean."""
    return 100 * (math.exp(sum(map(abs, logs)) / len(logs)) - 1) if logs else None


def text(percent):
    return "-" if percent is None else f"{percent:.1f}"


def log_ratios(table, key="modelled_us", where=lambda row: True):
    return [
        math.log(row[key] / row["measured_us"]) for row in table["rows"] if row[key] and where(row)
    ]


def below(row):
    return row["bytes"] < SMALL


def from_64k(row):
    return row["bytes"] >= SMALL


class Group:
    """Rows of several tables."""

    def __init__(self):
        self.all, self.small, self.large = [], [], []

    def add(self, table, key="modelled_us"):
        self.all += log_ratios(table, key)
        self.small += log_ratios(table, key, below)
        self.large += log_ratios(table, key, from_64k)

    def cells(self):
        return [
            len(self.all),
            text(error(self.small)),
            text(error(self.large)),
            text(error(self.all)),
        ]


def grouped(tables, name_of, key="modelled_us"):
    groups = {}
    for table in tables:
        groups.setdefault(name_of(table), Group()).add(table, key)
    return dict(sorted(groups.items()))


def line_fit(points):
    """a + b x bytes with the least mean |ln|, by coordinates on logarithmic scales."""
    small = min(points)
    large = max(points)
    a, b = small[1], max(large[1] / large[0], 1e-9)

    def loss(a, b):
        return sum(abs(math.log((a + b * s) / t)) for s, t in points)

    best = loss(a, b)
    step = 0.5
    while step > 1e-3:
        moved = False
        for da, db in ((step, 0), (-step, 0), (0, step), (0, -step)):
            tried = loss(a * math.exp(da), b * math.exp(db))
            if tried < best:
                best, a, b, moved = tried, a * math.exp(da), b * math.exp(db), True
        if not moved:
            step /= 2
    return a, b


def add_lines(tables):
    """One alpha-beta line for each family, scope, collective, launch and software."""
    groups = {}
    for table in tables:
        key = (
            table["family"],
            table["scope"],
            table["collective"],
            table["launch"],
            table["software"],
        )
        groups.setdefault(key, []).append(table)
    for members in groups.values():
        points = [(r["bytes"], r["measured_us"]) for t in members for r in t["rows"]]
        a, b = line_fit(points)
        for table in members:
            for row in table["rows"]:
                row["line_us"] = a + b * row["bytes"]


def markdown(columns, rows):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def shapes(tables):
    """What a library's mechanisms show in the tables, each with its error."""
    by_file = {table["file"].removesuffix(".csv"): table for table in tables}

    def rows(name, where):
        return error(log_ratios(by_file[name], "modelled_us", where))

    mib, gib = 1 << 20, 1 << 30
    pair = by_file["mi300x2-xgmi-allreduce-points"]["rows"][-1]
    most = by_file["mi300x8-xgmi-allreduce"]["rows"][-1]

    def bus(row, ranks, key):
        return 2 * (ranks - 1) / ranks * row["bytes"] / row[key] / 1e3

    small = Group()
    for name in by_file:
        if name.startswith("gb200") and "-small-" in name:
            small.add(by_file[name])
    return [
        (
            "LL ring to NVLS at 2 MiB, 8 H100, 1 to 4 MiB",
            text(rows("h100x8-nvswitch-allreduce-aic", lambda r: mib <= r["bytes"] <= 4 * mib))
            + " %",
        ),
        (
            "ring to NVLS at 2 GiB, 8 B200, 1 to 4 GiB",
            text(rows("b200x8-hgx-nvswitch-allreduce", lambda r: gib <= r["bytes"] <= 4 * gib))
            + " %",
        ),
        (
            "LL to Simple at 2 MiB, 4 A100 reduce_scatter, 1 to 4 MiB",
            text(rows("a100x4-nvswitch-reducescatter-aic", lambda r: mib <= r["bytes"] <= 4 * mib))
            + " %",
        ),
        (
            "LL128 to Simple at 32 MiB, 12 V100, 16 to 64 MiB",
            text(
                rows(
                    "v100x12-dgx2-nvswitch-allreduce", lambda r: 16 * mib <= r["bytes"] <= 64 * mib
                )
            )
            + " %",
        ),
        (
            "MI300X, a pair against all 8, largest size: bus bandwidth measured and modelled, GB/s",
            f"{bus(pair, 2, 'measured_us'):.0f} and {bus(most, 8, 'measured_us'):.0f}; "
            f"{bus(pair, 2, 'modelled_us'):.0f} and {bus(most, 8, 'modelled_us'):.0f}",
        ),
        (
            "NVL72, 72 ranks, 512 MiB to 8 GiB",
            text(rows("gb200x72-nvl72-1rack-allreduce-large", lambda r: True)) + " %",
        ),
        (
            "graph-captured small messages on GB200, hand-written kernels and NCCL",
            text(error(small.all)) + " %",
        ),
    ]


def plot(path, family, tables):
    """Modelled against measured, logarithmic, with lines at half and twice."""
    points = [(r["measured_us"], r["modelled_us"], t["scope"]) for t in tables for r in t["rows"]]
    low = math.floor(math.log10(min(min(p[:2]) for p in points)))
    high = math.ceil(math.log10(max(max(p[:2]) for p in points)))
    size, edge = 300, 44

    def at(value):
        return edge + (math.log10(value) - low) / (high - low) * (size - edge - 8)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        'font-family="sans-serif" font-size="10">',
        f'<rect width="{size}" height="{size}" fill="#fff"/>',
    ]
    for decade in range(low, high + 1):
        x = at(10**decade)
        out.append(
            f'<path d="M{x:.1f} 8V{size - edge}M{edge} {size - x:.1f}H{size - 8}" '
            'stroke="#ddd" fill="none"/>'
        )
        label = f"{10.0**decade:g}"
        out.append(f'<text x="{x:.1f}" y="{size - edge + 14}" text-anchor="middle">{label}</text>')
        out.append(f'<text x="{edge - 4}" y="{size - x + 3:.1f}" text-anchor="end">{label}</text>')
    for factor, color in ((1, "#888"), (2, "#ccc"), (0.5, "#ccc")):
        x1, x2 = 10**low * max(1, 1 / factor), 10**high / max(1, factor)
        out.append(
            f'<path d="M{at(x1):.1f} {size - at(x1 * factor):.1f}L{at(x2):.1f} '
            f'{size - at(x2 * factor):.1f}" stroke="{color}"/>'
        )
    for measured, modelled, scope in points:
        color = "#0072b2" if scope == "domain" else "#d55e00"
        out.append(
            f'<circle cx="{at(measured):.1f}" cy="{size - at(modelled):.1f}" r="1.6" '
            f'fill="{color}"/>'
        )
    out.append(f'<text x="{size / 2 + 16}" y="{size - 6}" text-anchor="middle">measured, us</text>')
    out.append(
        f'<text transform="translate(11 {size / 2 - 12}) rotate(-90)" text-anchor="middle">'
        f"modelled, us</text>"
    )
    out.append(f'<text x="{edge + 8}" y="22" font-size="12">{family}</text></svg>')
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


def held_out(program):
    """Parts and sources of each fit: what `upfabric calibrate` prints."""
    parts, sources = [], []
    with tempfile.TemporaryDirectory() as folder:
        for profile in PROFILES:
            printed = run(
                program,
                "calibrate",
                str(FOLDER),
                "--software",
                profile,
                "-o",
                f"{folder}/{profile}.yaml",
            )
            first, second = printed.split("\n\n")
            parts += [[profile, *line.split()] for line in first.splitlines()[1:]]
            sources += [line.split() for line in second.splitlines()[1:]]
    return parts, sources


def pooled(rows):
    """Error of parts given as (rows, percent)."""
    total = sum(n for n, _ in rows)
    return 100 * (math.exp(sum(n * math.log1p(p / 100) for n, p in rows) / total) - 1)


def document(program, tables, folder):
    domain = [t for t in tables if t["scope"] == "domain"]
    several = [t for t in tables if t["scope"] != "domain"]
    parts, sources = held_out(program)
    networks = {t["network"] for t in several}
    is_network = lambda name: any(n.startswith(name) for n in networks)  # noqa: E731
    inside = [(int(p[2]), float(p[4])) for p in parts if not is_network(p[1])]
    between = [(int(p[2]), float(p[4])) for p in parts if is_network(p[1])]
    everything = Group()
    rows = []
    for name, members in (("one domain", domain), ("several domains", several)):
        group = Group()
        for table in members:
            group.add(table)
            everything.add(table)
        rows.append(
            [name, *group.cells(), text(pooled(inside if name == "one domain" else between))]
        )
    rows.append(["overall", *everything.cells(), "-"])
    columns = ["", "rows", "below 64 KiB", "from 64 KiB", "all", "held out"]

    families = []
    for family, group in grouped(tables, lambda t: t["family"]).items():
        families.append([family, *group.cells()])

    add_lines(tables)
    nulls = []
    for scope, members in (("one domain", domain), ("several domains", several)):
        model = grouped(members, lambda t: t["family"])
        line = grouped(members, lambda t: t["family"], "line_us")
        tuner = grouped(members, lambda t: t["family"], "tuner_us")
        for family, group in model.items():
            if len(group.all) >= ROWS_MIN:
                nulls.append(
                    [
                        f"{family}, {scope}",
                        len(group.all),
                        text(error(group.all)),
                        text(error(line[family].all)),
                        text(error(tuner[family].all)),
                    ]
                )

    names = lambda t: f"{t['family']}, {t['collective']}, {t['software']}"  # noqa: E731
    collectives = [[n, *g.cells()] for n, g in grouped(domain, names).items()]
    eight = Group()
    for table in domain:
        if (
            table["collective"] == "all_reduce"
            and table["ranks"] == 8
            and table["software"] == "nccl"
        ):
            eight.add(table)
    worst = sorted(tables, key=lambda t: -error(log_ratios(t)))[:12]
    plots = []
    for family in grouped(tables, lambda t: t["family"]):
        plot(
            folder / f"accuracy-{family}.svg", family, [t for t in tables if t["family"] == family]
        )
        plots.append(f"![{family}](accuracy-{family}.svg)")
    return f"""# Accuracy

Generated by `deploy/calibrate.sh` from the measured tables of
[tests/validation](../tests/validation/README.md). An error is exp(mean |ln(modelled / measured)|)
less 1, in percent: the geometric mean of the larger over the smaller. "Held out" predicts each
source with constants that were fitted to all others; the tables of one collection are one source.
What is modelled is in [software.md](software.md).

{markdown(columns, rows)}

All-reduce of 8 accelerators behind NVSwitch with NCCL: {text(error(eight.large))} % from 64 KiB up,
{text(error(eight.small))} % below.

## By family

{markdown(["family", "rows", "below 64 KiB", "from 64 KiB", "all"], families)}

{chr(10).join(plots)}

Blue is one domain, orange several; the outer lines are half and twice.

## Against null models

One line a + b x bytes for each family, scope, collective, launch and software, fitted to the same
rows; and NCCL's own tuning formula, which chooses and is not meant to predict.

{markdown(["family", "rows", "model", "line", "NCCL's formula"], nulls)}

## By collective, one domain

{markdown(["family, collective, software", *columns[1:5]], collectives)}

## Shapes

{markdown(["what the tables show", "error or figure"], shapes(tables))}

## Fits

{markdown(["profile", "part", "rows", "in sample", "held out"], parts)}

{markdown(["source held out", "part", "rows", "error"], sources)}

## Not explained

The tables that are furthest off:

{markdown(["table", "rows", "all"],
          [[t["file"], len(t["rows"]), text(error(log_ratios(t)))] for t in worst])}

- Slingshot between GH200 nodes: NCCL kept a slow protocol up to 1 MiB, and between 16 and 64 MiB
  sizes take longer than twice as large ones. The model has neither.
- Twenty racks of GB200 and two of GB300: what joins them is not stated.
- Eager launches on one host, of a framework or of a process that drives four accelerators in
  graphs, are host time that differs from machine to machine; a profile has one constant.
- Point-to-point kernels in a graph took as long as launched ones.
- The half-hidden steps of Simple on Blackwell (`simple_overlap`) are fitted, not derived.
"""


def committed(path):
    """Family or scope -> error over all rows, from the document's first tables."""
    figures = {}
    for line in path.read_text(encoding="utf-8").split("## Against")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) >= 5 and re.fullmatch(r"[\d.]+", cells[4]):
            figures[cells[0]] = float(cells[4])
    return figures


def check(tables, path):
    figures = committed(path)
    now = {name: error(group.all) for name, group in grouped(tables, lambda t: t["family"]).items()}
    scopes = grouped(
        tables, lambda t: "one domain" if t["scope"] == "domain" else "several domains"
    )
    now |= {name: error(group.all) for name, group in scopes.items()}
    everything = Group()
    for table in tables:
        everything.add(table)
    now["overall"] = error(everything.all)
    grown = [
        f"{name}: {figures.get(name)} % committed, {value:.1f} % now"
        for name, value in now.items()
        if name not in figures or value > figures[name] + GROWTH
    ]
    if grown:
        sys.exit("accuracy: errors have grown: " + "; ".join(grown))
    print(f"{len(now)} errors within {GROWTH:g} point of {path.name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--output", type=pathlib.Path)
    what.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    tables = json.loads(run(arguments.program, "validate", str(FOLDER), "--format", "json"))[
        "tables"
    ]
    if arguments.check:
        check(tables, arguments.check)
    else:
        arguments.output.write_text(
            document(arguments.program, tables, arguments.output.parent), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
