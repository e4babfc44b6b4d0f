#!/usr/bin/env python3
"""result.py DIR PEER MODE N SIZE TRACED LABEL - one result, as a JSON line

Puts together what run-peer left in DIR: cpu0 and cpu1 (microseconds), the
counters of the sink, of lsv-mon and of the injector, the import of the list
(ours), the check of the recipients and the traced system calls.
"""
import collections
import json
import re
import sys


def read(name):
    with open(name, errors="replace") as f:
        return f.read()


def last_json(name):
    lines = [l for l in read(name).splitlines() if l.startswith("{")]
    return json.loads(lines[-1]) if lines else {}


def calls(trace, mark):
    """System calls of the trace after the first mark lines."""
    seen = collections.Counter()
    for line in read(trace).splitlines()[mark:]:
        m = re.match(r"\d+\s+(\w+)\(", line)
        if m:
            seen[m.group(1)] += 1
    return dict(seen)


def times(inject, sink):
    """Seconds from the start of the injection: to the last recipient, to the
    end of the injection, and from there to the first MAIL command."""
    t0, t1 = inject.get("t0"), inject.get("t1")
    if t0 is None or not sink["t_last_msg"]:
        return {}
    wall = (sink["t_last_msg"] - t0) / 1e9
    r = dict(wall_s=round(wall, 6), rcpts_per_s=round(sink["rcpts"] / wall))
    if t1 is not None:
        r["inject_s"] = round((t1 - t0) / 1e9, 6)
        r["first_mail_s"] = round((sink["t_first_mail"] - t1) / 1e9, 6)
    return r


def main(d, peer, mode, n, size, traced, label):
    sink, mon = last_json(d + "/stats.out"), last_json(d + "/mon.out")
    cpu = [int(b) - int(a) for a, b in zip(read(d + "/cpu0").split(),
                                           read(d + "/cpu1").split())]
    inject = last_json(d + "/inject.out")
    r = dict(peer=peer, mode=mode, n=int(n), size=int(size),
             ok=sink["rcpts"] == int(n) and not inject.get("bad"))
    r.update(times(inject, sink))
    r.update(cpu_s=cpu[0] / 1e6, cpu_user_s=cpu[1] / 1e6,
             cpu_sys_s=cpu[2] / 1e6,
             cpu_us_per_rcpt=round(cpu[0] / max(1, sink["rcpts"]), 3),
             sink_cpu_s=round(sink["sink_cpu_user_s"] +
                              sink["sink_cpu_sys_s"], 3))
    for k in ("transactions", "connections", "max_concurrent", "messages",
              "rcpts", "rcpts_temp", "rcpts_perm", "bytes", "protoerr",
              "early"):
        r[k] = sink[k]
    r.update(mon)
    imported = last_json(d + "/import.out")
    if imported:
        r["import_s"] = round((imported["t1"] - imported["t0"]) / 1e9, 4)
        r["import_anon_kb"] = last_json(d + "/import.mon").get("anon_one_kb")
    if traced:
        r["syscalls"] = calls(d + "/strace.out",
                              int(read(d + "/strace.mark") or 0))
    checked = last_json(d + "/verify.out")
    if checked:
        r["verify"] = checked
    if label:
        r["label"] = label
    print(json.dumps(r))


main(*sys.argv[1:])
