#!/usr/bin/env python3
"""verify.py RCPTS LOG - was every recipient served exactly once?

RCPTS holds one address a line, LOG is what lsv-sink -l wrote.  Every
recipient must be accepted once, or refused for good and never accepted.
Prints JSON: lost, duplicated, unexpected, refused, refused_but_accepted,
messages, bodies (different ones).  Exit status 0 only when all is well.
"""
import collections
import json
import sys


def main(rcpts, log):
    with open(rcpts) as f:
        want = {l.strip().lower() for l in f if l.strip()}
    got, refused, bodies = collections.Counter(), set(), set()
    messages = 0
    with open(log, errors="replace") as f:
        for kind, rest in (l.rstrip("\n").split(" ", 1) for l in f):
            if kind == "R":
                got[rest.lower()] += 1
            elif kind == "F":
                refused.add(rest.lower())
            elif kind == "M":
                messages += 1
                bodies.add(rest.split()[1])
    r = dict(lost=len(want - set(got) - refused),
             duplicated=sum(n > 1 for n in got.values()),
             unexpected=len(set(got) - want),
             refused=len(refused),
             refused_but_accepted=len(refused & set(got)),
             messages=messages, bodies=len(bodies))
    print(json.dumps(r))
    return any(r[k] for k in ("lost", "duplicated", "unexpected",
                              "refused_but_accepted"))


if len(sys.argv) != 3:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
