#!/usr/bin/env python3
"""scoregen.py lists N DIR | messages N SIZE DIR | keys DIR | spool DIR NEW

Inputs of bench/score; the same arguments always make the same bytes.

lists     DIR/whitelist_from, whitelist_to, blacklist_from, blacklist_to: N
          entries each: 1 % free patterns (10,000 at most), 4 % user@*, 10 %
          *@*.domain, 15 % *@domain, the rest addresses
messages  DIR/messages: N messages of SIZE bytes, "BYTES SENDER LF" before each;
          DIR/addresses: every address of From, one a line. In 12 % of them a
          whitelist has an entry for some address, in 8 % a blacklist
keys      DIR/postfix: the entries of blacklist_from as access(5) has them,
          without free patterns, for postmap; DIR/look-ups: what Postfix looks
          up for DIR/addresses, one a line
spool     the messages as files of an inbox, in the directory NEW
"""
import base64
import os
import quopri
import random
import sys

LISTS = ["whitelist_from", "whitelist_to", "blacklist_from", "blacklist_to"]
TLDS = "com net org de edu info co.uk fr nl it example".split()
COMMON = ["gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "aol.com",
          "web.de", "gmx.net", "icloud.com", "mit.edu", "ac.example"]
FIRST = ("james mary robert anna john linda peter susan paul karen jürgen "
         "daniela andré zoë marek olga yusuf mei hiroshi").split()
LAST = ("smith jones brown müller schmidt weber garcia rossi dubois novak "
        "kowalski jensen tanaka ivanova okafor silva").split()
WORDS = ("list server posting archive digest subscriber meeting agenda review "
         "question about install version release network question thanks "
         "attached report results next week please find regards update "
         "course project paper deadline committee travel budget").split()


def ascii_of(s):
    return s.translate(str.maketrans("üéö", "ueo")).replace("ë", "e")


def syllables(r, n):
    return "".join(r.choice("bcdfghjklmnprstvwz") + r.choice("aeiou")
                   for _ in range(n))


def domain(r):
    d = syllables(r, r.randint(3, 6))
    if r.random() < 0.2:
        d += "-" + syllables(r, 2)
    return d + "." + r.choice(TLDS)


def user(r):
    u = ascii_of(r.choice(FIRST))
    k = r.random()
    if k < 0.4:
        u += "." + ascii_of(r.choice(LAST))
    if k < 0.7:
        u += str(r.randrange(10000))
    elif k < 0.9:
        u = syllables(r, r.randint(2, 5))
    return u


def entry(r):
    k = r.random()
    if k < 0.70:
        e = user(r) + "@" + domain(r)
    elif k < 0.85:
        e = r.choice(["*@", ""]) + domain(r)
    elif k < 0.95:
        e = "*@*." + domain(r)
    else:
        e = syllables(r, r.randint(4, 6)) + str(r.randrange(1000)) + "@*"
    return ">" * (r.random() < 0.1) + e


def parts(e):
    """Local part and domain; an entry without an '@' is a domain."""
    e = e.lstrip(">")
    return tuple(e.rsplit("@", 1)) if "@" in e else ("*", e)


def is_free(e):
    u, d = parts(e)
    if u == "*":
        return "*" in (d[2:] if d.startswith("*.") else d)
    return "*" in u or (d != "*" and "*" in d)


def free(r):
    return r.choice(["*{0}*@*", "*@*{0}*", "{0}*@*.{1}", "*-{0}@{1}*"]).format(
        syllables(r, r.randint(4, 5)), syllables(r, 2))


def lists(n, path):
    for number, name in enumerate(LISTS):
        r = random.Random(4000 + number)
        left = min(n // 100, 10000)
        every = n // max(left, 1)
        with open(os.path.join(path, name), "w") as out:
            for i in range(n):
                if left and i % every == every - 1:
                    e = free(r)
                    left -= 1
                else:
                    e = entry(r)
                out.write(e + "\n")


def concrete(r, e):
    """An address that the entry matches."""
    u, d = parts(e)
    if d == "*":
        d = domain(r)
    while "*" in d:
        d = d.replace("*", syllables(r, 2), 1)
    while "*" in u:
        u = u.replace("*", syllables(r, 2), 1)
    return u + "@" + d


def neutral(r):
    d = r.choice(COMMON) if r.random() < 0.5 else "x" + domain(r)
    return user(r) + "." + syllables(r, 2) + "@" + d


def display(r, address):
    """A mailbox, as mail programs write them."""
    first, last = r.choice(FIRST).title(), r.choice(LAST).title()
    k = r.random()
    if k < 0.12:
        return address
    if k < 0.45 and (first + last).isascii():
        return "%s %s <%s>" % (first, last, address)
    if k < 0.6 and (first + last).isascii():
        return '"%s, %s" <%s>' % (last, first, address)
    if k < 0.7 and (first + last).isascii():
        return "%s (%s %s)" % (address, first, last)
    name = first + " " + last
    if r.random() < 0.5:
        code = "?B?" + base64.b64encode(name.encode()).decode()
    else:
        code = "?Q?" + quopri.encodestring(
            name.encode(), header=True).decode()
    return "=?utf-8%s?= <%s>" % (code, address)


def text(r, n):
    return " ".join(r.choice(WORDS) for _ in range(n))


def received(r):
    return ("from %s (%s [192.0.2.%d])\n\tby %s (Postfix) with ESMTPS id %s\n"
            "\tfor <%s>; Mon, 23 Nov 2026 %02d:%02d:%02d +0000 (UTC)" % (
                domain(r), domain(r), r.randrange(256), domain(r),
                syllables(r, 5).upper(), neutral(r), r.randrange(24),
                r.randrange(60), r.randrange(60)))


def mailboxes(r, addresses):
    out = ""
    for a in addresses:
        out += (",\n\t" if out else "") + display(r, a)
    return out


def header(r, number, sender, author, to, cc):
    f = []
    for _ in range(r.randint(1, 5)):
        f.append(("Received", received(r)))
    if r.random() < 0.7:
        f.append(("DKIM-Signature",
                  "v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=s1;\n"
                  "\th=from:to:subject:date:message-id;\n\tbh=%s;\n\tb=%s" % (
                      author.split("@")[1], base64.b64encode(
                          r.randbytes(32)).decode(), base64.b64encode(
                              r.randbytes(96)).decode())))
    f.append(("Message-ID", "<%d.%s@%s>" % (number, syllables(r, 6),
                                             author.split("@")[1])))
    f.append(("Date", "Mon, 23 Nov 2026 %02d:%02d:00 +0000" % (
        r.randrange(24), r.randrange(60))))
    f.append(("From", display(r, author)))
    if r.random() < 0.1:
        f.append(("Sender", display(r, neutral(r))))
    if r.random() < 0.3:
        f.append(("Reply-To", display(r, neutral(r))))
    f.append(("To", mailboxes(r, to)))
    if cc:
        f.append(("Cc", mailboxes(r, cc)))
    if r.random() < 0.02:
        f.append(("Resent-From", display(r, neutral(r))))
        f.append(("Resent-To", "friends: %s, %s;" % (neutral(r), neutral(r))))
    if r.random() < 0.4:
        f.append(("In-Reply-To", "<%s@%s>" % (syllables(r, 8), domain(r))))
        f.append(("References", "\n\t".join("<%s@%s>" % (
            syllables(r, 8), domain(r)) for _ in range(r.randint(1, 6)))))
    f.append(("Subject", ("Re: " if r.random() < 0.4 else "") +
              text(r, r.randint(2, 9))))
    f.append(("MIME-Version", "1.0"))
    f.append(("Content-Type", "text/plain; charset=utf-8"))
    f.append(("X-Mailer", text(r, 3)))
    return "".join("%s: %s\n" % x for x in f) + "\n"


def messages(n, size, path):
    r = random.Random(4321)
    have = []
    for name in LISTS:
        with open(os.path.join(path, name)) as f:
            have.append(r.sample(f.read().split(), min(5000, n)))
    with open(os.path.join(path, "messages"), "wb") as out, \
            open(os.path.join(path, "addresses"), "w") as authors:
        for i in range(n):
            author = neutral(r)
            to = ["list-%d@lists.bench.test" % (i % 8)]
            cc = [neutral(r) for _ in range(int(r.expovariate(0.7)))][:20]
            k = r.random()
            if k < 0.10:
                author = concrete(r, r.choice(have[0]))
            elif k < 0.12:
                cc.append(concrete(r, r.choice(have[1])))
            elif k < 0.17:
                author = concrete(r, r.choice(have[2]))
            elif k < 0.20:
                cc.append(concrete(r, r.choice(have[3])))
            b = header(r, i, author, author, to, cc).replace("\n", "\r\n")
            while len(b) < size - 2:
                b += text(r, 10)[:70] + "\r\n"
            b = b[:size - 2].rstrip("\r\n").ljust(size - 2, "x") + "\r\n"
            out.write(b"%d %s\n" % (len(b), author.encode()))
            out.write(b.encode("ascii"))
            authors.write(author.lower() + "\n")


def keys(path):
    """The order of access(5): the address, its domain, each parent domain with
    a dot in front, the local part with an '@' behind it."""
    seen = set()
    with open(os.path.join(path, "blacklist_from")) as f, \
            open(os.path.join(path, "postfix"), "w") as out:
        for e in f.read().split():
            if is_free(e):
                continue
            u, d = parts(e)
            k = u + "@" if d == "*" else d.removeprefix("*")
            if u != "*" and d != "*":
                k = u + "@" + d
            if k not in seen:
                seen.add(k)
                out.write(k + " REJECT\n")
    with open(os.path.join(path, "addresses")) as f, \
            open(os.path.join(path, "look-ups"), "w") as out:
        for a in f.read().split():
            u, d = a.rsplit("@", 1)
            out.write(a + "\n" + d + "\n")
            while "." in d:
                d = d.split(".", 1)[1]
                out.write("." + d + "\n")
            out.write(u + "@\n")


def each(path):
    with open(os.path.join(path, "messages"), "rb") as f:
        for line in iter(f.readline, b""):
            size, sender = line.split()
            yield f.read(int(size)), sender.decode()


def spool(path, new):
    """What lsv-inject would have made of each, see lsv-spoolfile(5)."""
    start = 1795000000 * 1000000
    for i, (b, sender) in enumerate(each(path)):
        name = "%013x.%010x" % (start + i, i)
        head = ("lsv-file: 1\nid: %s\nclass: post\ncreated: %d\nfrom: %s\n"
                "to: list-%d@lists.bench.test\nlist: LIST-%d\nform: \n"
                "detail: \npool: \nreason: \nrcpts: 0\nsize: %020d\nend\n" % (
                    name, start + i, sender, i % 8, i % 8, len(b)))
        fd = os.open(os.path.join(new, name),
                     os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        os.write(fd, head.encode() + b)
        os.close(fd)


def main(a):
    if len(a) == 3 and a[0] == "lists":
        lists(int(a[1]), a[2])
    elif len(a) == 4 and a[0] == "messages":
        messages(int(a[1]), int(a[2]), a[3])
    elif len(a) == 2 and a[0] == "keys":
        keys(a[1])
    elif len(a) == 3 and a[0] == "spool":
        spool(a[1], a[2])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
