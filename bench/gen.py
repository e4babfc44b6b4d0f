#!/usr/bin/env python3
"""gen.py rcpts N FILE | domains N DOMAINS FILE | msg SIZE FILE

Inputs of the benchmarks; the same arguments always make the same bytes.

rcpts    N distinct addresses over 500 domains, in a shuffled order, as a
         subscriber file is not sorted by domain
domains  the same over DOMAINS domains
msg      a plain-text posting of exactly SIZE bytes, CRLF lines, with one line
         that holds the mark %%RCPT%% (lsv-push -P puts a recipient there)
"""
import random
import sys


def domains(n, m, name):
    r = random.Random(1986)
    rcpts = ["%s%06d.%s@d%03d.example.net"
             % (chr(97 + i % 26), i, "subscriber"[:3 + i % 7], i % m)
             for i in range(n)]
    r.shuffle(rcpts)
    with open(name, "w") as out:
        out.write("\n".join(rcpts) + "\n")


def msg(size, name):
    r = random.Random(1429)
    words = ("the of distribute list server spool peer mail node route "
             "domain queue worker relay host digest").split()
    b = bytearray(("From: Poster <poster@d001.example.net>\r\n"
                   "To: bench@lists.bench.test\r\n"
                   "Subject: a posting of %d bytes\r\n"
                   "Date: Tue, 02 Jan 2024 10:00:00 +0000\r\n"
                   "Message-ID: <posting-%d@d001.example.net>\r\n"
                   "MIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=us-ascii\r\n"
                   "\r\n"
                   "Sent to: %%%%RCPT%%%%\r\n"
                   "\r\n" % (size, size)).encode())
    while len(b) < size:
        line = ""
        while len(line) < 60:
            line += r.choice(words) + " "
        b += line.rstrip().encode() + b"\r\n"
    b = b[:size - 2].replace(b"\r\n", b"\n").rstrip(b"\r\n")
    b = b.replace(b"\n", b"\r\n")
    b += b"x" * (size - 2 - len(b)) + b"\r\n"
    with open(name, "wb") as out:
        out.write(b)


def main(a):
    if len(a) == 3 and a[0] == "rcpts":
        domains(int(a[1]), 500, a[2])
    elif len(a) == 4 and a[0] == "domains":
        domains(int(a[1]), int(a[2]), a[3])
    elif len(a) == 3 and a[0] == "msg":
        msg(int(a[1]), a[2])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
