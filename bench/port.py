#!/usr/bin/env -S python3 -IS
"""port PID [N] - prints N (1) loopback ports, one a line, that are nobody else's
until the process PID ends

A server of that process, which has SO_REUSEADDR like all of them, can listen on
such a port as often as it likes. We hold them, and never listen: who connects
while no server runs is refused, and the kernel gives them to nobody.
"""
import os
import select
import socket
import sys

os.closerange(3, 256)    # the end of a pipe must not stay open with us
user = os.pidfd_open(int(sys.argv[1]))
held = []
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    held.append(s)
for s in held:
    print(s.getsockname()[1])
sys.stdout.flush()
if os.fork() == 0:
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    select.select([user], [], [])
os._exit(0)
