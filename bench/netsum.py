#!/usr/bin/env python3
"""netsum.py RESULTS PLOT - the tables, goals and plot of bench/network

RESULTS   lines of JSON, one a step
PLOT      the SVG file to make
"""
import collections
import json
import os
import statistics
import sys

import plot

BUILD_S, BUILD_MIB, PER_S, OPEN_MS = 10, 512, 1000000, 50
FULL = 10000  # servers


def read(name):
    """{size: {step: [results]}}"""
    sizes = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(name, encoding="ascii") as f:
        for line in f:
            r = json.loads(line)
            sizes[r["size"]][r["step"]].append(r)
    return sizes


def figures(steps):
    """Medians of all rounds of one size."""
    def median(step, key):
        return statistics.median(r[key] for r in steps[step])
    made = steps["made"][0]
    return {
        "servers": made["servers"], "nodes": made["nodes"],
        "links": made["links"], "entries": made["entries"],
        "wall_s": median("compile", "wall_s"),
        "cpu_s": median("compile", "cpu_s"),
        "mib": max(r["rss_kb"] for r in steps["compile"]) / 1024,
        "table_mb": made["bytes"] / 1e6,
        "open_ms": median("lookups", "open_ms"),
        "first": median("lookups", "first_per_s"),
        "per_s": median("lookups", "median_per_s"),
        "best": max(r["best_per_s"] for r in steps["lookups"]),
    }


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for r in rows:
        print("| " + " | ".join(r) + " |")
    print()


def number(x):
    return "{:,.0f}".format(x)


def goals(f):
    def row(what, wanted, is_, met):
        return [what, wanted, is_, "met" if met else "**missed**"]
    yield row("compiling, s", "≤ %d" % BUILD_S, "%.2f" % f["wall_s"],
              f["wall_s"] <= BUILD_S)
    yield row("memory for it, MiB", "≤ %d" % BUILD_MIB, "%.0f" % f["mib"],
              f["mib"] <= BUILD_MIB)
    yield row("look-ups/s of a core", "≥ " + number(PER_S),
              number(f["per_s"]), f["per_s"] >= PER_S)
    yield row("opened and the first host found, nothing of it in memory, ms",
              "≤ %d" % OPEN_MS, "%.1f" % f["open_ms"],
              f["open_ms"] <= OPEN_MS)


def growth_rows(all_):
    for f in all_:
        yield [number(f["servers"]), number(f["nodes"]), number(f["links"]),
               number(f["entries"]), "%.3f" % f["wall_s"],
               "%.3f" % f["cpu_s"], "%.1f" % f["mib"],
               "%.2f" % f["table_mb"],
               "%.2f" % (f["wall_s"] * 1e6 / f["entries"]),
               "%.1f" % (f["table_mb"] * 1e6 / f["entries"])]


def lookup_rows(all_):
    for f in all_:
        yield [number(f["entries"]), "%.1f" % f["open_ms"],
               number(f["first"]), number(f["per_s"]), number(f["best"])]


def draw(path, all_):
    def line(key):
        return [(f["entries"], f[key]) for f in all_]
    plot.write(path, [
        ("Compiling the network", "entries", "seconds",
         {"elapsed": line("wall_s"), "processor": line("cpu_s")},
         [("goal: 10 s", BUILD_S)]),
        ("What it takes", "entries", "MB, MiB",
         {"memory, MiB": line("mib"), "table, MB": line("table_mb")},
         [("goal: 512 MiB of memory", BUILD_MIB)]),
        ("Look-ups of a core", "entries", "hosts a second",
         {"in memory": line("per_s"), "from a cold start": line("first")},
         [("goal", PER_S)])])


def main(results, path):
    sizes = read(results)
    all_ = [figures(sizes[s]) for s in sorted(sizes)]
    print("Medians of %d rounds; memory the most of all.\n" %
          len(sizes[min(sizes)]["compile"]))
    if FULL in sizes:
        table(["goal, for 10,000 servers, 100,000 nodes and 1,000,000 suffixes",
               "wanted", "is", ""], goals(all_[-1]))
    table(["servers", "nodes", "links", "entries", "s", "processor, s",
           "memory, MiB", "table, MB", "µs an entry", "bytes an entry"],
          growth_rows(all_))
    table(["entries", "open and first host, cold, ms",
           "first million from there, /s", "look-ups/s", "fastest round"],
          lookup_rows(all_))
    draw(path, all_)
    print("![growth](%s)" % os.path.basename(path))


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
