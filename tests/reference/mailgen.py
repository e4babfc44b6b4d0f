"""mailgen - messages and list entries, made up, the same ones for the same seed

They look like mail: folded fields, display names, comments, groups, encoded
words, international domains, several authors, resent fields, MIME bodies.  A
hostile one breaks the rules in a way that the names of HOSTILE tell.

    m = Mail(seed)
    m.message(to, n)            an ordinary message, bytes with LF line ends
    m.hostile(to, n, kind)      one of HOSTILE
    m.entry()                   an entry of a white or blacklist
"""
import base64
import random

USERS = ("james", "joe", "ann", "mary.jane", "o'hara", "sales", "news-l",
         "j", "info+lists", "x_y", "kim", "deals", "winner", "spamtrap",
         "first.last", "karl-heinz", "h\u00e9l\u00e8ne", "a1")
DOMAINS = ("example.com", "public.example.com", "hr.example.com",
           "dept.hr.example.com", "example.net", "mail.example.net",
           "spam.test", "cheap.spam.test", "other.test", "xn--mller-kva.test",
           "m\u00fcller.test", "\u65e5\u672c.test", "a-b.test", "x.example")
NAMES = ("Joe", "Ann Smith", "M\u00fcller", "Jane Q. Public", "Sales Team",
         "James", "\u5c71\u7530", "O'Hara", "the list")
WORDS = ("about after apple autumn bread bridge broken candle carry castle "
         "cheese circle cloud coffee corner dinner distant early evening "
         "family feather finger flower forest friend garden gentle glass "
         "hammer harbour history island journey kitchen ladder letter market "
         "meadow minute mirror morning mountain narrow needle number ocean "
         "orange paper pencil people picture pocket purple quiet rabbit river "
         "sailor school season shadow silver simple spring stable station "
         "stone story summer supper table thunder ticket travel valley "
         "village window winter wonder yellow").split()
BLACK = ("deals@*", "*@spam.test", "*@*.spam.test", "winner@*")

HOSTILE = (
    "no closing angle", "two at signs", "unterminated quote",
    "unterminated comment", "control bytes", "bytes not UTF-8",
    "blanks in the address", "comma in the name", "address in the name",
    "nested comments", "long local part", "long domain", "empty labels",
    "many addresses", "many fields", "broken encoded words", "no colon group",
    "long folded field", "literal", "semicolons", "deep parts",
    "line of blanks", "quoted address", "angle in comment", "empty fields",
    "angle in angle", "text behind the angle", "control bytes in the name",
    "percent and bang", "route without its end", "group in a group",
    "space in quotes", "folded address", "comma in angles",
)


class Mail:
    def __init__(self, seed):
        self.r = random.Random(seed)

    # --- words ---

    def text(self, n):
        return " ".join(self.r.choice(WORDS) for _ in range(n))

    def lines(self, n):
        return "\n".join(self.text(self.r.randint(5, 10)) for _ in range(n))

    def address(self):
        return self.r.choice(USERS) + "@" + self.r.choice(DOMAINS)

    def case(self, address):
        """The same in other letters; only those of ASCII."""
        how = self.r.randrange(4)
        if how > 1:
            return address
        return "".join(
            c.upper() if c.isascii() and (how or self.r.randrange(2)) else c
            for c in address)

    # --- what RFC 5322 allows ---

    def encoded(self, name):
        if self.r.randrange(2):
            return ("=?UTF-8?B?" +
                    base64.b64encode(name.encode()).decode() + "?=")
        return "=?utf-8?q?" + "".join(
            c if c.isascii() and c.isalpha() else
            "".join(f"={b:02X}" for b in c.encode()) for c in name) + "?="

    def name(self):
        name = self.r.choice(NAMES)
        how = self.r.randrange(4)
        if how == 0 or not name.isascii():
            return self.encoded(name)
        if how == 1:
            return '"' + name + ', \\"' + self.r.choice(WORDS) + '\\""'
        return name.replace("O'", "O")

    def blank(self):
        return self.r.choice((" ", " ", "  ", "\t", "\n ", "\n\t", ""))

    def comment(self):
        return self.r.choice((
            "(at work)", "(nested (twice))", "(a, b)", "(joe@spam.test)",
            "(with \\) inside)", "()", '(")'))

    def quoted(self, address):
        local, domain = address.rsplit("@", 1)
        return '"' + local + '"@' + domain

    def mailbox(self, address):
        address = self.case(address)
        if self.r.randrange(12) == 0:
            address = self.quoted(address)
        how = self.r.randrange(12)
        if how < 3:
            return address
        if how == 3:
            return "<" + address + ">"
        if how == 4:
            return address + " " + self.comment()
        if how == 5:
            return self.comment() + self.blank() + "<" + address + ">"
        if how == 6:
            return self.name() + " <" + self.blank() + address + self.blank() \
                + ">" + self.comment()
        if how == 7:
            local, domain = address.rsplit("@", 1)
            return self.name() + " <" + local + self.comment() + "@" \
                + self.blank() + domain + ">"
        if how == 8:
            return "<@relay.test,@other.test:" + address + ">"
        if how == 9:
            local, domain = address.rsplit("@", 1)
            return local + " @ " + domain.replace(".", " . ", 1)
        return self.name() + " <" + address + ">"

    def several(self, some):
        boxes = [self.mailbox(a) for a in some]
        how = self.r.randrange(6)
        if how == 0:
            return "people:" + ",".join(boxes) + ";"
        if how == 1:
            return "empty:;, " + ",\n\t".join(boxes)
        if how == 2:
            return ",, " + ", ".join(boxes) + ","
        return ",\n ".join(boxes)

    # --- whole messages ---

    def field(self, name, value):
        name = self.r.choice((name, name, name, name.upper(), name.lower()))
        return name + self.r.choice((": ", ": ", ":", ": \n ", " : ")) \
            + value + "\n"

    def some(self, most):
        return [self.address() for _ in range(self.r.randint(1, most))]

    def head(self, to, n, author=None):
        if author is None:
            author = self.several(self.some(self.r.choice((1, 1, 1, 2, 3))))
        out = ["Received: from mx.test by lists.test; Sun, 22 Nov 2026 "
               "10:00:00 +0000\n",
               f"Message-ID: <{n}.{self.r.randrange(10 ** 9)}@made.test>\n",
               "Date: Sun, 22 Nov 2026 10:00:00 +0000\n",
               self.field("From", author)]
        if self.r.randrange(6) == 0:
            out.append(self.field("Sender", self.mailbox(self.address())))
        out.append(self.field(
            "To", self.several([to] + self.some(2)
                               if self.r.randrange(3) == 0 else [to])))
        for name in "Cc", "Resent-From", "Resent-To", "Bcc", "Resent-Sender":
            if self.r.randrange(12) == 0:
                out.append(self.field(name, self.several(self.some(3))))
        subject = self.text(self.r.randint(2, 6)) + f" {n}"
        if self.r.randrange(4) == 0:
            subject = self.encoded(self.r.choice(NAMES)) + " " + subject
        out.append(self.field("Subject", subject))
        if self.r.randrange(3) == 0:
            self.r.shuffle(out)
        return "".join(out)

    def body(self):
        text = self.lines(self.r.randint(2, 30)) + "\n"
        how = self.r.randrange(6)
        if how == 0:
            return "Content-Type: text/html; charset=utf-8\n", \
                "<html><p>" + text + "</p></html>\n"
        if how == 1:
            return ("MIME-Version: 1.0\nContent-Type: text/plain\n"
                    "Content-Transfer-Encoding: base64\n",
                    base64.encodebytes(text.encode()).decode())
        if how == 2:
            return ('Content-Type: multipart/alternative; boundary="b b"\n',
                    "--b b\n\n" + text + "--b b\nContent-Type: text/html\n\n"
                    "<p>" + text + "\n--b b--\n")
        return "", text

    def message(self, to, n, extra="", author=None):
        more, body = self.body()
        return (self.head(to, n, author) + extra + more + "\n"
                + body).encode()

    def hostile(self, to, n, kind):
        a, b = self.case(self.address()), self.case(self.address())
        local, domain = a.rsplit("@", 1)
        authors = {
            "no closing angle": f"Joe <{a}, {b}",
            "two at signs": f"{local}@{a}, {b}",
            "unterminated quote": f'"Joe <{a}>, {b}',
            "unterminated comment": f"Joe (<{a}>, {b}",
            "control bytes": f"{local[0]}\x00{local[1:]}@\x01{domain}, {b}",
            "bytes not UTF-8": f"J\udcff\udce9 <{a}>, {b}",
            "blanks in the address": f"Joe <{local} @ {domain} .>, {b}",
            "comma in the name": f"Public, Joe <{a}>",
            "address in the name": f"{b} <{a}>",
            "nested comments": "(" * 200 + ")" * 200 + f" <{a}>",
            "long local part": "x" * 400 + f"@{domain}, {b}",
            "long domain": f"{local}@" + "x" * 300 + f".{domain}, {b}",
            "empty labels": f"{local}@.{domain.replace('.', '..')}., {b}",
            "many addresses": ",\n ".join(
                f"u{i}@y{i}.test" for i in range(2000)) + f", {a}",
            "broken encoded words":
                f"=?utf-8?b?@@@?= =?x?= =?utf-8?q?=G1?= <{a}>",
            "no colon group": f"people {a}, {b};",
            "long folded field": "\n ".join(["(long)"] * 3000) + f" <{a}>",
            "literal": f"Joe <joe@[192.0.2.{self.r.randrange(256)}]>, {a}",
            "semicolons": f"{a}; {b};",
            "quoted address": f'"{a}" <{b}>, "{b}"',
            "angle in comment": f"(<{b}>) {a} (>)",
            "empty fields": "",
            "angle in angle": f"Joe <{a}, Ann <{b}>",
            "text behind the angle": f"Joe <{a}> {b}",
            "control bytes in the name": f"J\x00o\x07e <{a}>, {b}",
            "percent and bang": f"{local}%{domain}@x.example, y!{b}",
            "route without its end": f"<@relay.test,{a}>, {b}",
            "group in a group": f"one: two: {a};, {b};;, {a}",
            "space in quotes": f'" {local}"@{domain}, "a\\"b"@{domain}',
            "folded address": f"{local}@\n {domain}, Joe <\n\t{b}\n >",
            "comma in angles": f"<{a},{b}>, {a}",
        }
        extra = ""
        if kind == "many fields":
            extra = "".join(f"X-{i}: {i}\n" for i in range(900))
        elif kind == "line of blanks":
            extra = f"Sender: Joe\n   \n <{a}>\n"
        elif kind == "deep parts":
            out = self.head(to, n) + "Content-Type: multipart/mixed; " \
                "boundary=b0\n\n" + self.text(12) + "\n"
            for i in range(300):
                out += f"--b{i}\nContent-Type: multipart/mixed; " \
                    f"boundary=b{i + 1}\n\n"
            return out.encode()
        author = authors.get(kind)
        message = self.head(to, n, author) + extra + "\n" + self.lines(5) \
            + "\n"
        return message.encode("utf-8", "surrogateescape")

    # --- entries ---

    def entry(self, quotes=False):
        more = ">" * self.r.choice((0, 0, 0, 1, 1, 2, 5))
        user, domain = self.r.choice(USERS), self.r.choice(DOMAINS)
        some = domain.split(".")[0]
        return more + self.case(self.r.choice((
            user + "@" + domain, "*@" + domain, "*@*." + domain, user + "@*",
            domain, "*" + user[:3] + "*@" + domain,
            user[0] + "*@*." + domain.split(".")[-1],
            "*@" + domain[:2] + "*" if domain.isascii() else "*@*.test",
            "*" + some + "*" if some.isascii() else user + "@*",
            '"' + user + '"@' + domain if quotes else user + "@" + domain)))
