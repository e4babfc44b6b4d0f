#!/usr/bin/env -S python3 -IS
"""blackhole PORT - nobody answers there, as behind a firewall that drops

The queue of connections is kept full, so the kernel drops what comes. The word
"ready" is printed once that is so; runs until it is killed.
"""
import signal
import socket
import sys

at = ("127.0.0.1", int(sys.argv[1]))
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(at)
s.listen(0)
full = []
while True:
    c = socket.socket()
    c.settimeout(0.5)
    try:
        c.connect(at)
    except TimeoutError:
        break
    full.append(c)
c.close()
print("ready", flush=True)
signal.pause()
