"""links.py NODES HUB - the links that mail crossed, counted by walking them

NODES is a BITEARN NODES file; HUB the record of tests/lib/hub.py.  A transaction
from one server for recipients on one node crosses each link on the shortest way
once.  Prints the sum, then what one mail for each recipient would have cost
from the first server, then the number of recipients that are no servers.
"""
import collections
import re
import sys


def read_nodes(path):
    links, node_of, node = {}, {}, None
    for line in open(path, encoding='ascii'):
        match = re.match(r':node\.(\w+)', line)
        if match:
            node = match[1]
            links[node] = set()
        for name in re.findall(r':internet\.(\S+)', line):
            node_of[name] = node
        for text in re.findall(r':links\d+\.([^:]*)', line):
            links[node] |= {w.split('(')[0] for w in text.split()}
    return links, node_of


def distance(links, start):
    far, todo = {start: 0}, collections.deque([start])
    while todo:
        node = todo.popleft()
        for other in links[node]:
            if other not in far:
                far[other] = far[node] + 1
                todo.append(other)
    return far


def main():
    links, node_of = read_nodes(sys.argv[1])
    crossed, direct, people, first = 0, 0, 0, None
    for line in open(sys.argv[2], encoding='utf-8'):
        server, rcpt = line.split('\t')[:2]
        here = node_of[server]
        local, _, host = rcpt.rpartition('@')
        there = node_of[host.lower()]
        if first is None:
            first = sys.argv[3]
        crossed += distance(links, here)[there]
        if local.lower() != 'listserv':
            direct += distance(links, node_of[first])[there]
            people += 1
    print(crossed, direct, people)


main()
