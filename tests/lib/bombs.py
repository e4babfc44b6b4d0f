#!/usr/bin/env python3
"""bombs.py DIRECTORY - messages made to take time or memory, a file each

bombs.py --cost PROGRAM [ARGUMENT...] - run a program, then print its CPU time in
milliseconds and the most memory it had resident, in KiB; exits as it did
"""
import os
import sys

PLAIN = "From: joe@example.com\nSubject: bomb\n"
EMPTY = "\nThis is the body of a message, which is long enough for a sum.\n"
MIXED = 'Content-Type: multipart/mixed; boundary="b"\n'


def nested(depth):
    """Multiparts within one another."""
    return "".join(
        f'Content-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n'
        for i in range(depth)) + "\ntext\n"


# A name says what is to become of it: pass-, lists score it as any message; big-,
# lsv-score looks no further than its header may go.
BOMBS = {
    "big-fields": lambda: PLAIN + "X-Bomb: x\n" * 100_000 + EMPTY,
    "big-line": lambda: PLAIN + "X-Bomb: " + "x" * 100_000_000 + "\n" + EMPTY,
    "big-address-line": lambda: "From: " + "@" * 100_000_000 + "\n" + EMPTY,
    "big-folds": lambda: PLAIN + "To: a@b" + "\n " * 1_000_000 + "\n" + EMPTY,
    "pass-addresses": lambda: PLAIN + "To: "
    + ",\n ".join(f"u{i}@example.net" for i in range(10_000)) + "\n" + EMPTY,
    "pass-broken-addresses": lambda: PLAIN + "Cc: "
    + ",\n ".join(f'"u{i}@x.example' for i in range(9_999)) + "\n" + EMPTY,
    "pass-at-signs": lambda: PLAIN + "To: "
    + "\n ".join(["<@" * 400] * 300) + "\n" + EMPTY,
    "pass-comments": lambda: PLAIN + "To: "
    + "\n ".join(["(" * 900] * 250) + "\n" + EMPTY,
    "pass-quotes": lambda: PLAIN + "To: "
    + "\n ".join(['"\\' * 450] * 250) + "\n" + EMPTY,
    "pass-groups": lambda: PLAIN + "To: "
    + "\n ".join(["g:a@b;" * 150] * 250) + "\n" + EMPTY,
    "pass-nul": lambda: PLAIN
    + "To: a\0b@exa\0mple.com, \1\2\3@\x7f, a@\0\n" + EMPTY,
    "pass-unended": lambda: PLAIN
    + 'Cc: "never ended <a@b.example>\nSender: (nor (this a@c.example\n' + EMPTY,
    "pass-words": lambda: PLAIN
    + "To: =?utf-8?q?=zz?= <a@b>, =?x?y?z, =?utf-8?b?****?= <c@d\n"
    + "Cc: " + "\n ".join(["=?utf-8?q?" * 80] * 250) + "\n" + EMPTY,
    "pass-nested": lambda: PLAIN + nested(10_000),
    "pass-parts": lambda: PLAIN + MIXED
    + "\n" + "--b\nContent-Type: a/b\n\n" * 1_000_000 + "--b--\n",
    "pass-text-parts": lambda: PLAIN + MIXED
    + "\n" + "--b\n\nx\n" * 1_000_000 + "--b--\n",
    "pass-body-line": lambda: PLAIN + "\n" + "x" * 50_000_000 + "\n",
    "pass-html": lambda: PLAIN + "Content-Type: text/html\n\n"
    + "<!--" * 5_000_000 + "\n",
    "pass-from": lambda: PLAIN + "\n" + "From: @@@@@\n" * 2_000_000,
    "pass-quoted": lambda: PLAIN
    + "Content-Transfer-Encoding: quoted-printable\n\n" + "=\n" * 5_000_000,
}


def write(directory):
    for name, make in BOMBS.items():
        with open(os.path.join(directory, name), "wb") as f:
            f.write(make().encode("latin-1"))


def cost(argv):
    pid = os.spawnvp(os.P_NOWAIT, argv[0], argv)
    _, status, used = os.wait4(pid, 0)
    print(int((used.ru_utime + used.ru_stime) * 1000), used.ru_maxrss)
    return os.waitstatus_to_exitcode(status)


if sys.argv[1] == "--cost":
    sys.exit(cost(sys.argv[2:]))
write(sys.argv[1])
