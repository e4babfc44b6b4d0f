#!/usr/bin/env -S python3 -IS
"""agree - do lsv-spam and spamref say the same of messages made up

usage: agree.py SEED N DIR

N times: a configuration of a few entries, a message, every other one hostile,
and what `lsv-spam test` and spamref say: addresses, points, score, verdict.
What they do not agree about is kept in DIR.  Exit status 0; 1 when there is
any.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mailgen  # noqa: E402
import spamref  # noqa: E402

BASE = "NODE=lists.test\nPOSTMASTER=ann@example.net\nSMTP_FORWARD=localhost\n"


def config(m, path):
    with open(path, "w", encoding="utf-8") as f:
        f.write(BASE)
        for name in spamref.LISTS:
            entries = " ".join(m.entry() for _ in range(m.r.randint(0, 6)))
            f.write(f'SPAM_{name.upper()}="{entries}"\n')
        f.write("SPAM_REJECT=" + m.r.choice(("BOUNCE", "HOLD", "DISCARD")))
        f.write(f"\nSPAM_WHITELIST_BOUNCE={m.r.randrange(3)}\n")


def readable(addresses):
    """What is no UTF-8 is printed as one character for each byte, or for a few
    of them: only that it is there is compared."""
    return {"".join("?" if c == "\ufffd" or "\udc80" <= c <= "\udcff" else c
                    for c in a) for a in addresses}


def lsv(path, message, sender):
    p = subprocess.run(["lsv-spam", "test", "--json", "--config", path,
                        "--sender", sender],
                       input=message, capture_output=True)
    if p.returncode:
        return {"error": p.stderr.decode(errors="replace")}
    d = json.loads(p.stdout)
    return {"addresses": readable(a["address"] for a in d["addresses"]),
            "points": d["points"], "score": d["score"],
            "verdict": d["verdict"]}


def reference(path, message, sender):
    d = spamref.score(spamref.Site(path), message, sender)
    return d | {"addresses": readable(d["addresses"])}


def main(seed, n, where):
    differ = 0
    for i in range(int(n)):
        m = mailgen.Mail(f"{seed} {i}")
        path = f"{where}/site.cfg"
        config(m, path)
        kind = m.r.choice(mailgen.HOSTILE) if i % 2 else ""
        message = m.hostile("list@lists.test", i, kind) if kind else \
            m.message("list@lists.test", i)
        sender = m.r.choice(("", "a@b.test"))
        want = reference(path, message, sender)
        got = lsv(path, message, sender)
        if got == want:
            continue
        differ += 1
        os.rename(path, f"{where}/{i}.cfg")
        with open(f"{where}/{i}.eml", "wb") as f:
            f.write(message)
        print(f"{where}/{i}.eml ({kind or 'ordinary'}), sender <{sender}>:")
        for key in want:
            if got.get(key) != want[key]:
                print(f"  {key}: {got.get(key)}, not {want[key]}")
        print(f"  {got.get('error', '')}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
