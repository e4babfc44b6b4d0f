#!/usr/bin/env python3
"""timed.py [-r] [-x END]... COMMAND... - runs it once; a line of JSON

wall_s, cpu_s, code   from its start to its end
rss_kb                the most it had resident, maps of files included
ready_ms              -r: until it wrote to descriptor 3 that it is ready
beyond_kb             -x: the most that was resident, looked at every 20 ms, of
                      all but the maps of files whose names end in END; the
                      looks take time from it, so wall_s is of no use then
The command's standard output goes to our standard error.
"""
import getopt
import json
import os
import sys
import time


def resident(pid, ends):
    """KiB resident, without the maps of those files."""
    total, counts = 0, True
    try:
        with open("/proc/%d/smaps" % pid) as f:
            for line in f:
                word = line.split()
                if word[0][-1] != ":":
                    counts = not line.rstrip().endswith(ends)
                elif word[0] == "Rss:" and counts:
                    total += int(word[1])
    except (ProcessLookupError, FileNotFoundError):
        pass
    return total


def wait(pid, ends):
    """Its exit status and use of resources, and the most it had resident."""
    most = 0
    while ends:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage, most
        most = max(most, resident(pid, ends))
        time.sleep(0.02)
    return *os.wait4(pid, 0)[1:], most


def main(options, command):
    ends = tuple(v for o, v in options if o == "-x")
    ready = ("-r", "") in options
    actions = [(os.POSIX_SPAWN_DUP2, 2, 1)]
    if ready:
        here, there = os.pipe()
        actions.append((os.POSIX_SPAWN_DUP2, there, 3))
    start = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ,
                          file_actions=actions)
    r = {}
    if ready:
        os.close(there)
        told = os.read(here, 1)
        r["ready_ms"] = (time.monotonic() - start) * 1e3 if told else None
    status, usage, most = wait(pid, ends)
    r["wall_s"] = time.monotonic() - start
    r["cpu_s"] = usage.ru_utime + usage.ru_stime
    r["rss_kb"] = usage.ru_maxrss
    r["code"] = os.waitstatus_to_exitcode(status)
    if ends:
        r["beyond_kb"] = most
    print(json.dumps(r))


options, command = getopt.getopt(sys.argv[1:], "rx:")
if not command:
    sys.exit(__doc__)
main(options, command)
