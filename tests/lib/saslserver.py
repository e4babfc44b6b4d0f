#!/usr/bin/env -S python3 -IS
"""saslserver - says yes to one user, in the protocol by which Postfix asks
Dovecot

usage: saslserver.py SOCKET USER PASSWORD

Listens on the Unix socket, mode 666, until it is killed. PLAIN and LOGIN.
"""

import base64
import os
import socket
import sys
import threading


def right(user, password, mech, said):
    """Of PLAIN; LOGIN is asked for in two steps by the caller."""
    return mech == "PLAIN" and said == b"\0" + user + b"\0" + password


class Client:
    def __init__(self, sock, user, password):
        self.file = sock.makefile("rwb", buffering=0)
        self.user, self.password = user, password
        self.named = {}

    def say(self, *words):
        self.file.write("\t".join(words).encode() + b"\n")

    def decide(self, number, good):
        name = "user=" + self.user.decode()
        self.say("OK" if good else "FAIL", number, name)

    def more(self, number, said):
        """LOGIN: the user first, then the password."""
        if number not in self.named:
            self.named[number] = said
            self.say("CONT", number, base64.b64encode(b"Password:").decode())
            return
        good = self.named.pop(number) == self.user
        self.decide(number, good and said == self.password)

    def auth(self, number, mech, *options):
        said = None
        for option in options:
            if option.startswith("resp="):
                said = base64.b64decode(option[5:])
        if mech == "LOGIN" and said is None:
            self.say("CONT", number, base64.b64encode(b"Username:").decode())
        elif mech == "LOGIN":
            self.more(number, said)
        else:
            self.decide(
                number, right(self.user, self.password, mech, said))

    def run(self):
        self.say("VERSION", "1", "1")
        self.say("MECH", "PLAIN", "plaintext")
        self.say("MECH", "LOGIN", "plaintext")
        self.say("SPID", str(os.getpid()))
        self.say("CUID", "1")
        self.say("COOKIE", "00112233445566778899aabbccddeeff")
        self.say("DONE")
        for line in self.file:
            word, *rest = line.decode().rstrip("\n").split("\t")
            if word == "AUTH":
                self.auth(*rest)
            elif word == "CONT":
                self.more(rest[0], base64.b64decode(rest[1]))


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    sock.listen(10)
    while True:
        peer, _ = sock.accept()
        client = Client(peer, sys.argv[2].encode(), sys.argv[3].encode())
        threading.Thread(target=client.run, daemon=True).start()


if __name__ == "__main__":
    main()
