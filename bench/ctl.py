#!/usr/bin/env python3
"""ctl.py PORT COMMAND... - one line to lsv-sink's control port, its answer."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.sendall((" ".join(sys.argv[2:]) + "\n").encode())
    sys.stdout.write(s.makefile().readline())
