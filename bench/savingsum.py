#!/usr/bin/env python3
"""savingsum.py RESULTS NAME SVG - the tables and the plot of bench/saving

RESULTS   lines of JSON, one a step
NAME      of the plot, as the text names it
SVG       the file it is written to
"""
import collections
import json
import sys

import plot


def read(name):
    steps = collections.defaultdict(list)
    with open(name) as f:
        for line in f:
            r = json.loads(line)
            steps[r.pop("step")].append(r)
    return steps


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + " ---: |" * len(head))
    for r in rows:
        print("| " + " | ".join(r) + " |")
    print()


def number(x):
    return "{:,.0f}".format(x)


def links(r, what):
    """Links that one job crosses."""
    return r[what]["links"] / r["jobs"]


def ratio(r, direct, relayed, key="links"):
    return "%.2f" % (r[direct][key] / r[relayed][key])


def size_rows(rows):
    for r in rows:
        yield [number(r["servers"]), number(r["nodes"]),
               number(links(r, "direct")), number(links(r, "relayed")),
               ratio(r, "direct", "relayed"),
               number(links(r, "direct_together")),
               number(links(r, "relayed_together")),
               ratio(r, "direct_together", "relayed_together"),
               ratio(r, "direct", "relayed", "cost"),
               number(r["stops"] / r["jobs"]), str(r["hops"])]


SIZE_HEAD = ["servers", "nodes", "links, direct", "relayed", "ratio",
             "one copy a node: direct", "relayed", "ratio", "ratio of costs",
             "jobs for servers", "longest way"]


def list_rows(rows):
    for r in rows:
        copies = r["relayed"]["copies"] / r["jobs"]
        yield [number(r["recipients"]), number(links(r, "direct")),
               number(links(r, "relayed")), ratio(r, "direct", "relayed"),
               number(copies), number(r["first"] / r["jobs"]),
               number(r["stops"] / r["jobs"])]


LIST_HEAD = ["recipients = messages sent directly", "links, direct", "relayed",
             "ratio", "messages relayed, all servers",
             "of them from the first", "jobs for servers"]


def smallest_rows(rows):
    for r in rows:
        tree = r["steiner"] / 1000
        yield [number(r["servers"]), number(r["nodes"]),
               "%.1f" % links(r, "direct"), "%.1f" % links(r, "relayed"),
               "%.1f" % (tree / r["jobs"]),
               "%.2f" % (r["direct"]["links"] / tree),
               "%.2f" % (r["relayed"]["links"] / tree)]


SMALLEST_HEAD = ["servers", "nodes", "links, direct", "relayed",
                 "smallest tree", "direct/tree", "relayed/tree"]


def draw(steps, path):
    equal = [r for r in steps["sizes"] if r["equal"]]
    lists, smallest = steps["lists"], steps["smallest"]

    def line(rows, x, what):
        return [(r[x], links(r, what)) for r in rows]

    crossed = "links crossed by one posting"
    plot.write(path, [
        ("10,000 recipients, networks of all sizes", "servers", crossed,
         {"sent directly": line(equal, "servers", "direct"),
          "relayed": line(equal, "servers", "relayed"),
          "a copy a node: directly": line(equal, "servers", "direct_together"),
          "relayed ": line(equal, "servers", "relayed_together")}),
        ("1,000 servers, lists of all sizes", "recipients", crossed,
         {"sent directly": line(lists, "recipients", "direct"),
          "relayed": line(lists, "recipients", "relayed")}),
        ("9 recipients, and the smallest tree", "servers", crossed,
         {"sent directly": line(smallest, "servers", "direct"),
          "relayed": line(smallest, "servers", "relayed"),
          "smallest tree": [(r["servers"], r["steiner"] / 1000 / r["jobs"])
                            for r in smallest]}),
    ])


def main():
    steps = read(sys.argv[1])
    print("![links crossed](%s)\n" % sys.argv[2])
    print("Figures of one job, on average. A link is counted each time a copy crosses it. Sent\n"
          "directly there is a copy for each recipient, as in the example of the manual (32 links\n"
          "there, 11 relayed); *one copy a node*: one for all recipients of a node, as SMTP sends it.\n"
          "The cost of a way is what routing makes small: the sum of its resistances.\n")
    print("## 10,000 recipients, all links equal\n")
    table(SIZE_HEAD, size_rows(r for r in steps["sizes"] if r["equal"]))
    print("## 10,000 recipients, links of 19.2k to 45M\n")
    table(SIZE_HEAD, size_rows(r for r in steps["sizes"] if not r["equal"]))
    print("## Lists of all sizes, 1,000 servers, links equal\n")
    table(LIST_HEAD, list_rows(steps["lists"]))
    print("## Nine recipients, and the smallest tree that holds them and the first server\n")
    table(SMALLEST_HEAD, smallest_rows(steps["smallest"]))
    print("The tree is exact (Dreyfus and Wagner). No server on the way can know it: each knows\n"
          "the nearest servers of the recipients it was left, and sends a single one directly.")
    draw(steps, sys.argv[3])


if __name__ == "__main__":
    main()
