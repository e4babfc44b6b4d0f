#!/usr/bin/env python3
"""talk.py [-1] PORT - sends standard input to 127.0.0.1 and prints what comes.

Ends when the server closes the connection, or 10 seconds after its last word.
-1 sends byte by byte.
"""
import socket
import sys
import threading


def send(s, data, step):
    try:
        for i in range(0, len(data), step):
            s.sendall(data[i:i + step])
    except OSError:
        pass  # the server has heard enough


def main(a):
    data = sys.stdin.buffer.read()
    with socket.create_connection(("127.0.0.1", int(a[-1])), 10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        step = 1 if "-1" in a else max(1, len(data))
        t = threading.Thread(target=send, args=(s, data, step), daemon=True)
        t.start()
        try:
            while got := s.recv(65536):
                sys.stdout.buffer.write(got)
        except ConnectionResetError:
            print("reset")
        except TimeoutError:
            print("silence")


main(sys.argv[1:])
