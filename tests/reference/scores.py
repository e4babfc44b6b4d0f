#!/usr/bin/env -S python3 -IS
"""scores - scores worked out by hand, against lsv-spam and against spamref

usage: scores.py TABLE DIR

Each case of TABLE (see its head) is judged by `lsv-spam test` and by spamref.
DIR is for files.  A line for each: "pass NAME" or "fail NAME", and why.
"""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import spamref  # noqa: E402

BASE = "NODE=lists.test\nPOSTMASTER=ann@example.net\nSMTP_FORWARD=localhost\n"


def plain(text):
    """A text of the table as it is meant."""
    text = re.sub(r"\{(\d+) (.)\}", lambda m: m[2] * int(m[1]), text)
    return text.replace("\\n", "\n").replace("\\t", "\t")


def read(path):
    """The sentences, the configurations and the cases."""
    say, site, cases = {}, {}, []
    for line in open(path, encoding="utf-8"):
        words = line.rstrip("\n").split("\t")
        if words[0] == "say":
            say[words[1]] = words[2]
        elif words[0] == "site":
            site[words[1]] = plain(words[2]).split(" & ")
        elif words[0] == "case":
            cases.append(words[1:])
        elif words[0] and words[0][0] != "#":
            raise ValueError(f"{path}: no such line: {line}")
    return say, site, cases


def config(path, settings):
    with open(path, "w", encoding="utf-8") as f:
        f.write(BASE)
        for setting in settings:
            name, value = setting.split("=", 1)
            f.write(f'{name}="{value}"\n')
    return path


def lsv(path, message, sender):
    """Points, score and verdict by lsv-spam."""
    more = [] if sender is None else ["--sender", sender]
    p = subprocess.run(["lsv-spam", "test", "--json", "--config", path] + more,
                       input=message, capture_output=True)
    if p.returncode:
        return p.stderr.decode().strip()
    d = json.loads(p.stdout)
    return d["points"], d["score"], d["verdict"]


def ours(path, message, sender):
    """The same by the reference."""
    d = spamref.score(spamref.Site(path), message, sender)
    return d["points"], d["score"], d["verdict"]


def expected(points, score, verdict):
    n = [int(x) for x in re.fullmatch(
        r"(\d+)\+(\d+)-(\d+)-(\d+)\+(\d+)", points).groups()]
    if n[0] + n[1] - n[2] - n[3] + n[4] != int(score):
        raise ValueError(f"{points} is not {score}")
    return dict(zip(spamref.LISTS + ("bounce",), n)), int(score), verdict


def main(table, where):
    say, site, cases = read(table)
    for i, (key, name, points, score, verdict, text) in enumerate(cases, 1):
        if key not in say:
            raise ValueError(f"{key}: no such sentence")
        sender, header = re.fullmatch("(?:<([^>]*)> )?(.*)", text).groups()
        path = config(f"{where}/{name}.cfg", site[name])
        message = (plain(header) + "\n\nHello\n").encode()
        want = expected(points, score, verdict)
        for who, how in ("lsv-spam", lsv), ("the reference", ours):
            got = how(path, message, sender)
            word = "pass" if got == want else "fail"
            print(f"{word} {i} {who}, {name}, {score}: {text[:60]}")
            if got != want:
                print(f"why it is {got}\nwhy it should be {want}")
                print(f"why {say[key]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
