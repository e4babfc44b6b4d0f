#!/usr/bin/env python3
"""ctl.py [-s FILE] PORT COMMAND... - one line to lsv-sink's control port, its answer;
-s: FILE is made as soon as the sink has the line"""
import socket
import sys

args = sys.argv[1:]
sent = None
if args[0] == "-s":
    sent = args[1]
    del args[:2]
with socket.create_connection(("127.0.0.1", int(args[0]))) as s:
    s.sendall((" ".join(args[1:]) + "\n").encode())
    if sent:
        open(sent, "w").close()
    sys.stdout.write(s.makefile().readline())
