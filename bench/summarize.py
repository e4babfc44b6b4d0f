#!/usr/bin/env python3
"""summarize.py FILE|- - medians of result lines, as Markdown

A row for each mode, size, N and sender; traced runs give the syncs and the
checks, and no times. Then how the figures of ours stand to the goals, and
which programs used the processor (what lives only for some milliseconds, as
lsv-inject does, is in the sum and hardly among them).
"""
import collections
import json
import statistics
import sys

HEAD = ("mode", "bytes", "N", "sender", "runs", "wall s", "rcpt/s",
        "min-max", "CPU us/rcpt", "one process MiB", "all MiB",
        "transactions", "syncs", "each once", "x Postfix", "x Exim",
        "x limit-2s")
BASES = ("postfix-tuned", "exim-tuned", "limit-2s")
SYNCS = ("fsync", "fdatasync", "syncfs", "sync")


class Group:
    """All runs of one sender in one setting."""

    def __init__(self):
        self.timed, self.traced = [], []

    def add(self, r):
        (self.traced if "syscalls" in r or "verify" in r
         else self.timed).append(r)

    def median(self, key):
        v = [r[key] for r in self.timed if r.get(key) is not None]
        return statistics.median(v) if v else None

    def largest(self, key):
        return max((r.get(key) or 0 for r in self.timed), default=None)

    def rates(self):
        return sorted(r.get("rcpts_per_s") or 0 for r in self.timed)

    def good(self):
        return sum(r["ok"] for r in self.timed)

    def syncs(self):
        v = [sum(r["syscalls"].get(k, 0) for k in SYNCS)
             for r in self.traced if "syscalls" in r]
        return v[0] if v else None

    def once(self):
        v = [r["verify"] for r in self.traced if "verify" in r]
        if not v:
            return None
        bad = sum(v[0][k] for k in ("lost", "duplicated", "unexpected"))
        return "no: %d" % bad if bad else "yes"


def show(value, form="%.4g"):
    return "-" if value is None else form % value


def rate(n):
    if n is None:
        return "-"
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if n >= 10 * unit or (unit > 1e3 and n >= unit):
            return "%.3g%s" % (n / unit, name)
    return "%.0f" % n


def times(a, b):
    return show(a / b, "%.3g") if a and b else "-"


def mib(kb):
    return "-" if kb is None else "%.1f" % (kb / 1024)


def row(key, name, g, others):
    mode, size, n, label = key
    r, mine = g.rates(), g.median("rcpts_per_s")
    cells = [mode + (" " + label if label else ""), size, n, name,
             "%d/%d" % (g.good(), len(g.timed)), show(g.median("wall_s")),
             rate(mine), "%s-%s" % (rate(r[0]), rate(r[-1])) if r else "-",
             show(g.median("cpu_us_per_rcpt"), "%.3g"),
             mib(g.largest("anon_one_kb")), mib(g.largest("anon_sum_kb")),
             show(g.median("transactions"), "%d"), show(g.syncs(), "%d"),
             g.once() or "-"]
    for base in BASES:
        b = others.get(base)
        cells.append(times(mine, b.median("rcpts_per_s") if b else None))
    return "| " + " | ".join(str(c) for c in cells) + " |"


def programs(groups):
    """Where the processor time of ours went, from the middle run."""
    print("\n| processor time, ms | | |\n|---|---|---|")
    for (mode, _, n, label), senders in groups.items():
        runs = sorted(senders["ours"].timed if "ours" in senders else [],
                      key=lambda r: r["cpu_s"])
        if not runs or not runs[len(runs) // 2].get("cpu_ms"):
            continue
        r = runs[len(runs) // 2]
        parts = sorted(r["cpu_ms"].items(), key=lambda p: -p[1])
        print("| %s%s N=%d | all %.0f | %s |" % (
            mode, " " + label if label else "", n, r["cpu_s"] * 1000,
            ", ".join("%s %.0f" % p for p in parts)))


def table(groups):
    print("| " + " | ".join(HEAD) + " |")
    print("|" + "---|" * len(HEAD))
    for key, senders in groups.items():
        for name, g in senders.items():
            print(row(key, name, g, senders))


class Goals:
    """Ours against what was asked for; None is what was not measured."""

    def __init__(self, groups):
        self.groups = groups

    def get(self, mode, n, sender="ours", size=4096, label=""):
        return self.groups.get((mode, size, n, label), {}).get(sender)

    def value(self, key, mode, n, sender="ours", label=""):
        g = self.get(mode, n, sender, label=label)
        return g.median(key) if g else None

    def ratio(self, mode, n, base, sender="ours"):
        a = self.value("rcpts_per_s", mode, n, sender)
        b = self.value("rcpts_per_s", mode, n, base)
        return a / b if a and b else None

    def marginal(self, key, a, b):
        """Microseconds for each recipient between a and b of them."""
        low, high = (self.value(key, "batch", n) for n in (a, b))
        if low is None or high is None:
            return None
        return (high - low) * 1e6 / (b - a)

    def peak(self, key):
        v = [r.get(key) or 0
             for senders in self.groups.values()
             for name, g in senders.items() if name == "ours"
             for r in g.timed]
        return max(v) / 1024 if v else None

    def lines(self):
        """(what, measured, unit, '>=' or '<=', goal)"""
        million, hundred = 1000000, 100000
        for base, goal in (("postfix-tuned", 40), ("exim-tuned", 4),
                           ("limit-2s", 0.2)):
            yield ("batch N=100,000: times " + base,
                   self.ratio("batch", hundred, base), "", ">=", goal)
        yield ("batch N=100,000: CPU",
               self.value("cpu_us_per_rcpt", "batch", hundred),
               "us/rcpt", "<=", 6)
        for n, goal in ((1000, 0.050), (1, 0.015)):
            yield ("N=%d: end to end" % n,
                   self.value("wall_s", "batch", n, label="latency"),
                   "s", "<=", goal)
        for key, name in (("wall_s", "time"), ("cpu_s", "CPU")):
            yield ("marginal %s, 100,000 to 1,000,000" % name,
                   self.marginal(key, hundred, million), "us/rcpt", "<=",
                   self.marginal(key, 10000, hundred))
        for key, name in (("anon_one_kb", "postings"),
                          ("import_anon_kb", "imports")):
            yield ("largest process during %s, private" % name,
                   self.peak(key), "MiB", "<=", 64)
        for n in sorted({k[2] for k in self.groups if k[0] == "small"}):
            for how, sender, base in (
                    ("a process each", "ours", "postfix-tunedcmd"),
                    ("over 8 connections", "ours-lmtp", "postfix-tuned")):
                yield ("%d small postings, %s: %s, times %s" % (
                           n, how, sender, base),
                       self.ratio("small", n, base, sender), "", ">=", 3)
        for sender, base, goal in (("ours", "limit-2s", 0.7),
                                   ("ours", "postfix-tuned", 20),
                                   ("ours-chunks", "limit-2bs", 0.5),
                                   ("ours-chunks", "postfix-tuned", 60)):
            for n in 10000, 100000:
                for mode, what in (("verp", "personal"), ("merge", "merged")):
                    yield ("%s copies, N=%s: %s, times %s" % (
                               what, format(n, ","), sender, base),
                           self.ratio(mode, n, base, sender), "", ">=", goal)
        yield from self.grouped()
        yield from self.path()
        yield ("import of 1,000,000 subscribers",
               self.value("import_s", "batch", million), "s", "<=", 5)
        yield ("first MAIL after that and lsv-inject's exit",
               self.value("first_mail_s", "batch", million), "s", "<=", 0.1)

    def grouped(self):
        """Grouped and personal copies at equal connections, and in TLS."""
        for k in (2, 4, 8):
            yield ("100 a transaction, %d connections: times limit" % k,
                   self.ratio("batch", 100000, "limit-%dsr100" % k,
                              "ours-k%d-r100" % k), "", ">=", 0.33)
        for k in (2, 4, 8):
            for sender, base, goal in (("ours-k%d", "limit-%ds", 0.7),
                                       ("ours-chunks-k%d", "limit-%dbs",
                                        0.5)):
                yield ("personal copies, %s, times %s" % (sender % k,
                                                          base % k),
                       self.ratio("verp", 10000, base % k, sender % k), "",
                       ">=", goal)
        a, b = (self.get("batch", 100000, s, 65536)
                for s in ("ours-r100", "limit-2sr100"))
        if a and b:
            yield ("64 KiB, 100 a transaction: times limit-2sr100",
                   a.median("rcpts_per_s") / b.median("rcpts_per_s"), "",
                   ">=", 0.4)
        yield ("grouped in TLS, of clear",
               self.ratio("batch", 100000, "ours-clear", "ours-tls"), "",
               ">=", 1 / 1.5)
        for word in ("", "-chunks"):
            yield ("personal copies in TLS, of clear: ours%s" % word,
                   self.ratio("verp", 10000, "ours%s-clear" % word,
                              "ours%s-tls" % word), "", ">=", 0.4)

    def path(self):
        """Over 50 ms, against one copy at a time."""
        base = self.value("rcpts_per_s", "verp", 100, "limit-2n", "50ms")
        for sender, n, goal in (("ours-k2", 400, 3.5),
                                ("ours-chunks-k2", 2000, 20)):
            mine = self.value("rcpts_per_s", "verp", n, sender, "50ms")
            if base and mine:
                yield ("50 ms path: %s, times one at a time" % sender,
                       mine / base, "", ">=", goal)

    def show(self):
        print("\n| goal | measured | asked for | |\n|---|---|---|---|")
        for what, got, unit, sign, goal in self.lines():
            if got is None or goal is None:
                continue
            met = got >= goal if sign == ">=" else got <= goal
            print("| %s | %.4g %s | %s %.4g | %s |" % (
                what, got, unit, sign, goal, "met" if met else "missed"))


def main(name):
    groups = collections.OrderedDict()
    with sys.stdin if name == "-" else open(name) as f:
        rows = [json.loads(l) for l in f if l.startswith("{")]
    for r in rows:
        key = (r["mode"], r["size"], r["n"], r.get("label", ""))
        senders = groups.setdefault(key, collections.OrderedDict())
        senders.setdefault(r["peer"], Group()).add(r)
    table(groups)
    if any(name.startswith("ours")
           for senders in groups.values() for name in senders):
        Goals(groups).show()
        programs(groups)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
