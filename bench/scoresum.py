#!/usr/bin/env python3
"""scoresum.py N MESSAGES IN RESULTS - the tables and goals of bench/score

N         entries of each list
MESSAGES  in each round
IN        where the inputs are
RESULTS   lines of JSON, one a step
"""
import collections
import json
import statistics
import sys


def read(name):
    steps = collections.defaultdict(list)
    with open(name) as f:
        for line in f:
            r = json.loads(line)
            steps[r.pop("step")].append(r)
    return steps


def lines(name):
    with open(name, "rb") as f:
        return sum(1 for _ in f)


def median(steps, name, key):
    return statistics.median(r[key] for r in steps[name])


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for r in rows:
        print("| " + " | ".join(r) + " |")
    print()


def number(x):
    return "{:,.0f}".format(x)


def lookup_rows(steps, free, addresses, keys):
    """Postfix asks for several keys of each address, one after the other, and
    ends at the first that it finds; postmap asks for all of them."""
    ours = steps["addresses"][0]
    yield ["lsv, %s free patterns among them" % number(free), number(ours["per_s"]), "1.0"]
    for kind in "cdb", "lmdb":
        if not steps["look-" + kind]:
            continue
        cpu = (median(steps, "look-" + kind, "cpu_s") -
               median(steps, "start-" + kind, "cpu_s"))
        rate = addresses / max(cpu, 1e-9)
        yield ["postmap -q %s, none of those, %.1f keys each" %
               (kind, keys / addresses), number(rate), "%.2f" % (rate / ours["per_s"])]


def made_rows(steps):
    for t in steps["tables"][0]["tables"]:
        yield ["lsv-table " + t["list"], number(t["entries"]),
               "%.2f" % (t["ms"] / 1e3), number(t["bytes"] / 2**20)]
    for kind in "cdb", "lmdb":
        for r in steps["postmap-" + kind]:
            yield ["postmap " + kind, "", "%.2f" % r["wall_s"], ""]


def goals(steps, messages):
    """What has to be, what is, and whether that is enough."""
    v = steps["verdicts"][0]["per_s"]
    walls = [r["wall_s"] - r["ready_ms"] / 1e3 for r in steps["service"]]
    rate = messages / statistics.median(walls)
    model = messages / median(steps, "model", "wall_s")
    memory = steps["memory"][0]["beyond_kb"] / 1024
    start = median(steps, "service", "ready_ms")
    slowest = max(t["ms"] for t in steps["tables"][0]["tables"]) / 1e3
    yield ("verdicts/s of a core, messages in memory", "≥ 50,000", number(v),
           v >= 50000)
    yield ("lsv-score, inbox to inbox, messages/s", "≥ 3,000", number(rate),
           rate >= 3000)
    yield ("lsv-model, as many records as lsv-score, messages/s", "",
           number(model), None)
    yield ("lsv-score of it", "≥ 60 %", "%.0f %%" % (100 * rate / model),
           rate >= 0.6 * model)
    for name, what in (("single", "one record a message (lsv-model -1)"),
                       ("mover", "the same, and opens no file (lsv-model -n)")):
        other = messages / median(steps, name, "wall_s")
        yield (what, "", "%s, lsv-score %.0f %% of it" %
               (number(other), 100 * rate / other), None)
    yield ("lsv-score, resident beyond the tables, MiB", "≤ 32",
           "%.1f" % memory, memory <= 32)
    yield ("lsv-score, start, ms", "≤ 50", "%.1f" % start, start <= 50)
    yield ("slowest table, s", "≤ 3", "%.2f" % slowest, slowest <= 3)


def main(n, messages, path, results):
    steps = read(results)
    keys = lines(path + "/look-ups")
    v = steps["verdicts"][0]
    print("%s messages, %s entries in each of four lists; medians of %d.\n" %
          (number(int(messages)), number(int(n)), len(steps["model"])))
    table(["goal", "wanted", "is", ""],
          [[what, wanted, have,
            "" if met is None else "met" if met else "**missed**"]
           for what, wanted, have, met in goals(steps, int(messages))])
    table(["verdict", "messages"],
          [[k, number(v[k])] for k in v
           if k not in ("count", "open_us", "first_s", "cpu_s", "per_s")])
    table(["look-ups in one list", "addresses/s of a core", "of lsv"],
          list(lookup_rows(steps, min(int(n) // 100, 10000),
                           lines(path + "/addresses"), keys)))
    table(["table made", "entries", "s", "MiB"], list(made_rows(steps)))


main(*sys.argv[1:])
