#!/usr/bin/env -S python3 -IS
"""day - a day of mail for a server, and what should become of each message

usage: day.py settings SEED TEXT      settings for site.cfg, one a line; writes
                                      TEXT, of which lsv-table makes a table
       day.py give SEED N CFG SOCKET FILE
                                      N messages into SOCKET, by LMTP; writes
                                      FILE: what should become of each
       day.py check SEED FILE LOG DIR what the log of lsv-score has instead;
                                      such messages are kept in DIR
       day.py arrived FILE TAKEN      what the log of fakehost has instead of
                                      what should have been accepted
       day.py pick SEED N...          prints messages

The messages are the same for the same seed.  Three in a hundred are hostile
(mailgen.HOSTILE).  Lists, all of one subscriber: open; news, Send= Private,
for 20 members as well; free, Misc-Options= NO_SPAM_CHECK.

Exit status 0; check: 1 when a message has another verdict than spamref gives;
arrived: 1 when one is missing, there twice, or there and not accepted.
"""
import collections
import json
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mailgen  # noqa: E402
import spamref  # noqa: E402

NODE = "lists.example.org"
HANDS = 4            # connections at a time
TOO_MANY = 1000      # fields in a header: more are refused
TOO_LONG = 65536     # bytes of a line of a header
POINTS = (("wf", "whitelist_from"), ("wt", "whitelist_to"),
          ("bf", "blacklist_from"), ("bt", "blacklist_to"),
          ("bounce", "bounce"))

Message = collections.namedtuple("Message", "kind sender to list bytes")


def settings(seed, text):
    """The lists of a site: a few entries of every kind in each, and those of a
    text."""
    m = mailgen.Mail(f"{seed} settings")
    for name, n in zip(spamref.LISTS, (7, 5, 9, 6)):
        entries = " ".join(m.entry() for _ in range(n))
        print(f'SPAM_{name.upper()}="{entries}"')
    print(f"SPAM_BLACKLIST_FROM_TABLE={text}")
    with open(text, "w", encoding="utf-8") as f:
        f.write("# seen lately\n\n")
        for _ in range(20):
            # those with a '*' are for all of a domain only
            entry = m.entry(quotes=True)
            if not re.search(r"\*.*\*|@\*", entry):
                f.write(f"{entry}\t# {m.text(2)}\n")


def kind_of(r):
    n = r.randrange(100)
    for kind, share in (("hostile", 3), ("null sender", 3), ("owner", 2),
                        ("report", 1), ("command", 3), ("request", 1),
                        ("automatic", 1), ("back again", 1), ("news", 12),
                        ("free", 8)):
        if n < share:
            return kind
        n -= share
    return "open"


def author_of_news(r, n):
    """A member, or not."""
    who = f"member{r.randrange(20)}@home.test" if r.randrange(3) else \
        f"stranger{n}@" + r.choice(mailgen.DOMAINS[:6])
    return r.choice((who, f"Jane <{who}>", f'"Jane, Q." <{who}>',
                     f"{who} (Jane)"))


def broken(m, to, n):
    """A header that lsv does not take at all."""
    if m.r.randrange(2):
        return m.message(to, n, "".join(
            f"X-{i}: {i}\n" for i in range(TOO_MANY + 100)))
    return m.message(to, n, "X-Long: " + "x" * (TOO_LONG + 100) + "\n")


def message(seed, n):
    """The message of that number."""
    m = mailgen.Mail(f"{seed} {n}")
    kind = kind_of(m.r)
    name = kind if kind in ("news", "free") else "open"
    to, sender = f"{name}@{NODE}", f"s{n}@sender.test"
    if kind == "hostile":
        bad = m.r.choice(mailgen.HOSTILE + ("refused",))
        data = broken(m, to, n) if bad == "refused" else \
            m.hostile(to, n, bad)
        return Message("hostile: " + bad, sender, to, name, data)
    extra, author = "", None
    if kind == "null sender":
        sender = ""
    elif kind == "owner":
        sender, to = "", f"owner-open@{NODE}"
    elif kind == "command":
        name, to = "", f"listserv@{NODE}"
    elif kind == "request":
        to = f"open-request@{NODE}"
    elif kind == "report":
        extra = "Content-Type: multipart/report; boundary=r\n"
    elif kind == "automatic":
        extra = "Auto-Submitted: auto-replied (vacation)\n"
    elif kind == "back again":
        extra = f"List-Id: Open <open.{NODE}>\n"
    elif kind == "news":
        author = author_of_news(m.r, n)
    if kind == "report":    # of two Content-Type fields the first would count
        data = (m.head(to, n) + extra + "\n" + m.lines(5) + "\n").encode()
    else:
        data = m.message(to, n, extra, author)
    return Message(kind, sender, to, name, data)


def first_author(data):
    for name, value in spamref.fields(data):
        if name == "from":
            return next(iter(spamref.addresses([(name, value)], ("from",))))
    return ""


def ruling(site, m):
    """The rule that decides, and the score.

    "If negative, the message is immediately rejected." - "Note that bounces
    may not be run through the spam filter at all. If LISTSERV can immediately
    determine what the bounce is for and process it, it will not scan it for
    spam.": mail to owner-LIST.  All else as lsv-score(8) lists the rules.
    """
    if m.kind == "hostile: refused" or b"\0" in m.bytes:
        return "refused", None
    if m.kind == "owner":
        return "bounce", None
    if m.kind == "back again":
        return "loop", None
    score = spamref.score(site, m.bytes, m.sender, m.list == "free")
    if m.list == "free":
        return "accepted", None
    below = score["score"] < 0
    if m.kind in ("null sender", "report"):
        return ("blacklisted" if below else "bounce"), score
    if m.kind == "automatic":
        return "auto-reply", None
    if below:
        return "blacklisted", score
    if m.kind in ("command", "request"):
        return "command", score
    if m.kind == "news" and not first_author(m.bytes).endswith("@home.test"):
        return "subscribers-only", score
    return ("whitelisted" if score["score"] > 0 else "accepted"), score


# --- give --------------------------------------------------------------------


class Lmtp:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(60)
        self.s.connect(path)
        self.f = self.s.makefile("rb")
        self.reply()
        self.s.sendall(b"LHLO mx.test\r\n")
        self.reply()

    def reply(self):
        while True:
            line = self.f.readline().decode()
            if not line:
                raise EOFError("the connection is gone")
            if line[3] == " ":
                return line.rstrip("\r\n")

    def send(self, m):
        """The reply to its end."""
        data = re.sub(rb"(?m)^\.", b"..", m.bytes).replace(b"\n", b"\r\n")
        self.s.sendall(
            f"MAIL FROM:<{m.sender}> BODY=8BITMIME SMTPUTF8\r\n"
            f"RCPT TO:<{m.to}>\r\nDATA\r\n".encode())
        for want in "2", "2", "3":
            said = self.reply()
            if said[0] != want:
                raise EOFError(said)
        self.s.sendall(data + b".\r\n")
        return self.reply()


def give_some(seed, numbers, cfg, path, out):
    """Messages of these numbers, and a line of JSON for each."""
    site, lmtp = spamref.Site(cfg), Lmtp(path)
    with open(out, "w") as f:
        for n in numbers:
            m = message(seed, n)
            said = lmtp.send(m)
            rule, score = ruling(site, m)
            f.write(json.dumps({"n": n, "kind": m.kind, "list": m.list,
                                "said": said, "rule": rule,
                                "score": score and score["score"],
                                "points": score and score["points"]}) + "\n")


def give(seed, n, cfg, path, out):
    children = []
    for i in range(HANDS):
        pid = os.fork()
        if pid == 0:
            try:
                give_some(seed, range(i, n, HANDS), cfg, path, f"{out}.{i}")
                os._exit(0)
            except (OSError, EOFError) as e:
                print(f"day: {e}", file=sys.stderr)
                os._exit(1)
        children.append(pid)
    bad = [os.waitpid(pid, 0)[1] for pid in children]
    with open(out, "w") as f:
        for i in range(HANDS):
            f.write(open(f"{out}.{i}").read())
    return 1 if any(bad) else 0


# --- check -------------------------------------------------------------------


def logged(log):
    """What lsv-score said of each ID: rule, act, and points."""
    found = collections.defaultdict(list)
    for line in open(log, encoding="utf-8", errors="replace"):
        m = re.search(r"([0-9a-f]{13}\.[0-9a-f]{10}) scored (.*)", line)
        if m:
            found[m[1]].append(dict(re.findall(r"(\w+)=(\S*)", m[2])))
    return found


def wrong(want, got):
    """What is not as it should be, or None."""
    if want["rule"] == "refused":
        return None if want["said"][0] == "5" else "it was not refused"
    if want["said"][0] != "2":
        return "it was refused: " + want["said"]
    if len(got) != 1:
        return f"it was decided {len(got)} times"
    got = got[0]
    if got["rule"] != want["rule"]:
        return f"rule {got['rule']}, not {want['rule']}"
    if want["rule"] in ("accepted", "whitelisted") and got["act"] != "pass":
        return f"act {got['act']}, not pass"
    if want["points"] is None or "score" not in got and not any(
            want["points"][name] for name in spamref.LISTS):
        return None    # where no list says anything, its line does neither
    for short, name in POINTS:
        if int(got.get(short, 0)) != want["points"][name]:
            return f"{name} {got.get(short, 0)}, not {want['points'][name]}"
    if int(got.get("score", 0)) != want["score"]:
        return f"score {got.get('score', 0)}, not {want['score']}"
    return None


def check(seed, path, log, where):
    lines = logged(log)
    count = collections.Counter()
    same = differ = 0
    for line in open(path):
        want = json.loads(line)
        m = re.search(r"[0-9a-f]{13}\.[0-9a-f]{10}", want["said"])
        why = wrong(want, lines[m[0]] if m else [])
        count[want["rule"]] += 1
        count["hostile"] += want["kind"].startswith("hostile")
        if want["rule"] in ("accepted", "whitelisted"):
            count["to " + want["list"]] += 1
        same += why is None
        if why:
            differ += 1
            name = f"{where}/{want['n']}.eml"
            with open(name, "wb") as f:
                f.write(message(seed, want["n"]).bytes)
            print(f"differs: {name} ({want['kind']}): {why}")
    for name, n in sorted(count.items()):
        print(f"count {n} {name}")
    print(f"same {same}")
    return 1 if differ else 0


def arrived(path, taken):
    """Did each that is accepted go to the reader of its list, once?"""
    want, got = collections.Counter(), collections.Counter()
    for line in open(path):
        m = json.loads(line)
        if m["rule"] in ("accepted", "whitelisted"):
            want[m["n"], f"reader@{m['list']}.test"] += 1
    for line in open(taken, encoding="utf-8", errors="replace"):
        _, to, _, _, name = line.rstrip("\n").split("\t")
        m = re.fullmatch(r"<(\d+)\.\d+@made\.test>", name)
        if m and to.startswith("reader@"):
            got[int(m[1]), to] += 1
    for key in sorted(want.keys() | got.keys()):
        if want[key] != got[key]:
            print(f"{key[0]} for {key[1]}: {got[key]}, not {want[key]}")
    print(f"arrived {sum(got.values())}")
    return 0 if want == got else 1


def main(verb, *rest):
    if verb == "arrived":
        return arrived(*rest)
    seed, *rest = rest
    if verb == "settings":
        return settings(seed, *rest)
    if verb == "give":
        return give(seed, int(rest[0]), *rest[1:])
    if verb == "check":
        return check(seed, *rest)
    for n in rest:
        m = message(seed, int(n))
        print(f"{m.kind}: <{m.sender}> to <{m.to}>", file=sys.stderr)
        sys.stdout.buffer.write(m.bytes)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
