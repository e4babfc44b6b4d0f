#!/usr/bin/env -S python3 -IS
"""fakehost - an SMTP host that misbehaves as told

usage: fakehost.py [options]

It listens on loopback, prints the port it got as one line, and runs until
SIGTERM; then it prints what it saw:
    connections 2 transactions 3 recipients 7 violations 0
Exit status 0, or 1 when the client broke a rule of the protocol: each
violation is a line on standard error.

  --port N            0: any
  --port-file FILE    the port, written whole or not at all
  --log FILE          a line for every recipient a message was accepted for,
                      appended in one write before the client is told:
                      sender TAB recipient TAB sha256 of the body as it stood
                      on the wire, dots undone TAB its bytes TAB Message-ID
  --trace FILE        a line "connection> command" or "connection< reply"
  --save DIR          every accepted message as DIR/1.eml, 2.eml, ...
  --refuse            nobody listens until SIGUSR1
  --no-esmtp --no-pipelining --no-8bitmime --no-enhanced
  --size N            announce SIZE N and refuse what is larger
  --limits TEXT       announce LIMITS TEXT
  --smtputf8          announce SMTPUTF8
  --dsn               announce DSN; what is said of it must be well-formed
  --chunking          announce CHUNKING and take BDAT
  --spill             the same, but a chunk for nobody is not swallowed: its
                      bytes are the next commands
  --rcpt-limit N      452 4.5.3 from recipient N + 1 of a transaction
  --temporary P       450 once to P percent of the recipients (always the
                      same ones: by hash), then accept them
  --idle S            421 and close after S seconds without a command
  --delay MS          before each flush of replies
  --rate N            accept N recipients a second, all connections together
  --cert FILE         certificates and key in PEM form, for these:
  --starttls          offer STARTTLS (no more once in TLS)
  --implicit          TLS from the first byte
  --tls-max V         1.1, 1.2 or 1.3
  --inject TEXT       behind the 220 to STARTTLS, in clear
  --login USER:PASSWORD  AUTH first, in TLS only; in clear it is a violation
  --auth LIST         mechanisms offered: PLAIN, LOGIN, SCRAM-SHA-256 (all)
  --deaf              greets, reads, and says no more
  --impostor          says yes to every SCRAM-SHA-256, and cannot prove itself
  --on WHERE[:N]=WHAT at connect, ehlo, helo, mail, rcpt, data, dot, bdat,
                      rset, quit, starttls, handshake (in place of it),
                      auth, the first N times or always:
      "550 5.1.1 text"    this reply (4xx and 5xx refuse; 421 closes, too);
                          the code alone will do
      close  reset        FIN or RST instead of a reply
      silent              no reply, ever
      garbage             what is no reply
      binary              a refusal with all 256 bytes in its text
      huge                a reply that never ends its line
      endless             a reply of ever more lines "550-"
      multi               a refusal of 20 lines
      slow                the right reply, a byte every 50 ms
      half                half a reply, then FIN
      double              the right reply, twice
      early               (data) 552 and FIN after the first 1000 bytes of
                          the body
      accept-reset  accept-close  accept-silent
                          (dot) the message is accepted, the reply is not sent

A recipient's local part tells what happens to it, when its first part (up to
"." or "+") is
  rNNN      RCPT is answered NNN          onceNNN  the same, the first time
  dNNN      DATA is answered NNN          eNNN     the dot is answered NNN
  at-WHAT   RCPT is answered by WHAT of --on
  dot-WHAT  the dot is answered by WHAT   dot1-WHAT  the same, the first time
"""

import argparse
import base64
import hashlib
import hmac
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import warnings

BODY_MAX = 128 << 20
LINE_MAX = 4096
PLACES = (
    "connect ehlo helo mail rcpt data dot bdat rset quit starttls handshake "
    "auth"
).split()
WORDS = (
    "close reset silent garbage binary huge endless multi slow half double "
    "early accept-reset accept-close accept-silent"
).split()

# RFC 3461 and RFC 6533, in upper case
XTEXT = rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})"
DSN_MAIL = re.compile(rb"RET=(?:HDRS|FULL)|ENVID=%s{1,100}" % XTEXT)
DSN_RCPT = re.compile(
    rb"NOTIFY=(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)"
    rb"|ORCPT=RFC822;%s{1,493}"
    rb"|ORCPT=UTF-8;(?:[!-*,-<>-\[\]-~]|\\X\{[0-9A-F]{2,6}\}){1,494}" % XTEXT
)


class Gone(Exception):
    """The connection is over."""


class Rules:
    """What was asked for with --on, counted over all connections."""

    def __init__(self, texts):
        self.lock = threading.Lock()
        self.rules = []
        self.seen = set()
        for text in texts:
            m = re.fullmatch(r"([a-z]+)(?::(\d+))?=(.*)", text, re.S)
            if not m or m[1] not in PLACES:
                sys.exit("fakehost: --on WHERE[:N]=WHAT, not " + text)
            what = m[3]
            if re.fullmatch(r"[2-5]\d\d", what):
                what += " %s.3.0 as asked for" % what[0]
            if what not in WORDS and not re.match(r"[2-5]\d\d ", what):
                sys.exit("fakehost: no such answer: " + what)
            self.rules.append([m[1], int(m[2]) if m[2] else -1, what])

    def find(self, place):
        with self.lock:
            for rule in self.rules:
                if rule[0] == place and rule[1] != 0:
                    rule[1] -= 1
                    return rule[2]
        return None

    def first(self, key):
        """True the first time that key is asked for."""
        with self.lock:
            if key in self.seen:
                return False
            self.seen.add(key)
            return True


class Host:
    def __init__(self, opt):
        self.opt = opt
        self.rules = Rules(opt.on)
        self.lock = threading.Lock()
        self.connections = self.transactions = 0
        self.recipients = self.violations = 0
        self.free = 0.0
        self.tls = self.context() if opt.cert else None
        self.log = self.open(opt.log)
        self.trace = self.open(opt.trace)

    def context(self):
        warnings.simplefilter("ignore")  # old versions are wanted here
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.opt.cert)
        tls.set_ciphers("ALL:@SECLEVEL=0")
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = {
            "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3,
        }[self.opt.tls_max]
        return tls

    @staticmethod
    def open(name):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return os.open(name, flags, 0o644) if name else -1

    def violation(self, text):
        with self.lock:
            self.violations += 1
        print("fakehost: violation:", text, file=sys.stderr, flush=True)

    def note(self, number, mark, text):
        if self.trace >= 0:
            line = b"%d%s %s\n" % (number, mark, text.rstrip(b"\r\n"))
            os.write(self.trace, line)

    def accept(self, sender, rcpts, body):
        """Record a message before its client hears of it."""
        m = re.search(
            rb"^message-id:[ \t]*([^\r\n]*)", body.partition(b"\r\n\r\n")[0],
            re.I | re.M,
        )
        tail = b"\t%s\t%d\t%s\n" % (
            hashlib.sha256(body).hexdigest().encode(), len(body),
            m[1] if m else b"-",
        )
        text = b"".join(sender + b"\t" + r + tail for r in rcpts)
        with self.lock:
            self.transactions += 1
            self.recipients += len(rcpts)
            if self.log >= 0:
                os.write(self.log, text)
            if self.opt.save:
                name = "%s/%d.eml" % (self.opt.save, self.transactions)
                with open(name, "wb") as f:
                    f.write(body)

    def pace(self, rcpts):
        """Wait until --rate allows so many recipients, on all connections."""
        if not self.opt.rate:
            return
        with self.lock:
            now = time.monotonic()
            self.free = max(self.free, now) + rcpts / self.opt.rate
            wait = self.free - now
        time.sleep(wait)

    def unlucky(self, rcpt):
        """One of the --temporary share, seen for the first time?"""
        h = int.from_bytes(hashlib.sha256(rcpt).digest()[:4], "big")
        share = self.opt.temporary / 100 * 2**32
        return h < share and self.rules.first(b"temporary " + rcpt)


class Session:
    def __init__(self, host, sock, number):
        self.host, self.opt = host, host.opt
        self.sock, self.number = sock, number
        self.buf = b""
        self.out = []
        self.tls = self.known = False
        self.double = False
        self.forget()

    def forget(self):
        self.sender, self.rcpts, self.fate, self.data = None, [], None, None
        self.count = 0

    # Bytes in and out

    def flush(self):
        if self.out:
            if self.opt.delay:
                time.sleep(self.opt.delay / 1000)
            data, self.out = b"".join(self.out), []
            self.sock.sendall(data)

    def more(self):
        self.flush()
        self.sock.settimeout(self.opt.idle or None)
        try:
            data = self.sock.recv(262144)
        except socket.timeout:
            self.sock.settimeout(None)
            self.reply("421 4.4.2 idle too long")
            raise Gone from None
        self.sock.settimeout(None)
        if not data:
            raise Gone
        self.buf += data

    def line(self):
        while (end := self.buf.find(b"\n")) < 0:
            if len(self.buf) > LINE_MAX:
                self.host.violation("a line over %d bytes" % LINE_MAX)
                raise Gone
            self.more()
        text, self.buf = self.buf[: end + 1], self.buf[end + 1 :]
        if not text.endswith(b"\r\n") or b"\r" in text[:-2] or b"\0" in text:
            self.host.violation("a command with a bare CR, LF or NUL")
        if self.buf and self.opt.no_pipelining:
            self.host.violation("pipelined, not offered: %r" % self.buf[:60])
        self.host.note(self.number, b">", text)
        return text.rstrip(b"\r\n")

    def reply(self, text, enhanced=True):
        if self.opt.no_enhanced and enhanced:
            text = re.sub(r"^(\d\d\d[ -])\d\.\d+\.\d+ ", r"\1", text)
        raw = text.encode("latin-1") + b"\r\n"
        self.host.note(self.number, b"<", raw)
        self.out.append(raw * (2 if self.double else 1))
        self.double = False
        if text.startswith("421"):
            raise Gone

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.flush()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Gone

    def silence(self):
        self.flush()
        while self.sock.recv(65536):
            pass
        raise Gone

    def endless(self, raw):
        self.flush()
        for _ in range(100000):
            self.sock.sendall(raw)
        raise Gone

    def misbehave(self, what, right):
        """Answer with WHAT of --on; right is the reply it takes place of.
        True: the command is refused by it."""
        if re.match(r"\d\d\d ", what):
            self.reply(what)
            return what[0] in "45"
        if what in ("close", "accept-close"):
            raise Gone
        if what in ("reset", "accept-reset"):
            self.reset()
        if what in ("silent", "accept-silent"):
            self.silence()
        if what == "huge":
            self.endless(b"550 " + b"x" * 65536)
        if what == "endless":
            self.endless(b"550-5.1.1 and another thing\r\n" * 100)
        if what == "half":
            self.out.append(right.encode()[:2])
            raise Gone
        if what == "garbage":
            self.out.append(b"\x16\x03\x01 what would you like?\r\n")
        elif what == "binary":
            text = bytes(c for c in range(256) if c != 10)
            self.out.append(b"550 5.1.1 " + text + b"\r\n")
        elif what == "multi":
            lines = ["550-5.1.1 line %d" % i for i in range(1, 20)]
            self.reply("\r\n".join(lines) + "\r\n550 5.1.1 line 20")
        elif what == "slow":
            self.flush()
            for c in right + "\r\n":
                self.sock.sendall(c.encode())
                time.sleep(0.05)
            return False
        elif what == "double":
            self.double = True
            self.reply(right)
            return False
        return True

    def answer(self, place, right):
        """The right reply, or what --on has for this place. True: refused."""
        what = self.host.rules.find(place)
        if what and not (place == "data" and what == "early"):
            return self.misbehave(what, right)
        self.data = what
        self.reply(right)
        return right[0] in "45"

    # Commands

    def hello(self, verb):
        if verb == b"HELO" or self.opt.no_esmtp:
            right = "250 fake" if verb == b"HELO" else "502 5.5.1 what?"
            self.answer(verb.decode().lower(), right)
            return
        offers = ["fake"]
        if not self.opt.no_pipelining:
            offers.append("PIPELINING")
        if not self.opt.no_8bitmime:
            offers.append("8BITMIME")
        if not self.opt.no_enhanced:
            offers.append("ENHANCEDSTATUSCODES")
        if self.opt.chunking:
            offers.append("CHUNKING")
        if self.opt.smtputf8:
            offers.append("SMTPUTF8")
        if self.opt.dsn:
            offers.append("DSN")
        if self.opt.size:
            offers.append("SIZE %d" % self.opt.size)
        if self.opt.starttls and not self.tls:
            offers.append("STARTTLS")
        if self.opt.login:
            offers.append("AUTH " + self.opt.auth)
        if self.opt.limits:
            offers.append("LIMITS " + self.opt.limits)
        lines = ["250-" + x for x in offers[:-1]] + ["250 " + offers[-1]]
        self.answer("ehlo", "\r\n".join(lines))

    def path(self, text, verb):
        m = re.fullmatch(rb"<([^<>]*|.*\".*\".*)>((?: \S+)*)", text)
        if not m:
            self.host.violation("malformed %s: %r" % (verb, text[:80]))
            return None, b""
        return m[1], m[2].upper()

    # TLS and AUTH

    def secure(self):
        """The handshake, or what --on has in its place."""
        what = self.host.rules.find("handshake")
        self.flush()
        if what:
            self.misbehave(what, "")
            raise Gone
        if self.buf:
            self.host.violation("bytes before the handshake")
        self.sock.settimeout(10)
        self.sock = self.host.tls.wrap_socket(self.sock, server_side=True)
        self.sock.settimeout(None)
        self.tls = True
        note = "%s %s" % (self.sock.version(), (
            "resumed" if self.sock.session_reused else "new"))
        self.host.note(self.number, b"=", note.encode())

    def starttls(self):
        if self.tls or not self.opt.starttls:
            self.host.violation("STARTTLS was not offered")
        if not self.answer("starttls", "220 2.0.0 go on"):
            if self.opt.inject:
                self.out.append(self.opt.inject.encode() + b"\r\n")
            self.secure()
            self.forget()

    def ask(self, text):
        """What a client answers to a challenge, decoded."""
        self.reply("334 " + base64.b64encode(text).decode())
        return base64.b64decode(self.line(), validate=True)

    def plain(self, first, user, password):
        said = base64.b64decode(first) if first else self.ask(b"")
        return said == b"\0" + user + b"\0" + password

    def ask_login(self, user, password):
        return [self.ask(b"Username:"), self.ask(b"Password:")] == [
            user, password]

    def scram(self, first, password):
        """RFC 7677, with the password in mind."""
        bare = base64.b64decode(first)[3:]
        salt = b"sixteen bytes.. "
        nonce = bare.partition(b",r=")[2] + b"more"
        start = b"r=%s,s=%s,i=4096" % (nonce, base64.b64encode(salt))
        final, _, proof = self.ask(start).rpartition(b",p=")
        said = b",".join((bare, start, final))

        def mac(key, text):
            return hmac.digest(key, text, "sha256")

        salted = hashlib.pbkdf2_hmac("sha256", password, salt, 4096)
        client = mac(salted, b"Client Key")
        sign = mac(hashlib.sha256(client).digest(), said)
        right = bytes(a ^ b for a, b in zip(client, sign))
        if base64.b64decode(proof) != right and not self.opt.impostor:
            return False
        server = mac(mac(salted, b"Server Key"), said)
        return not self.ask(b"v=" + base64.b64encode(server))

    def auth(self, arg):
        if not self.tls:
            self.host.violation("AUTH in clear")
        if not self.opt.login:
            self.host.violation("AUTH was not offered")
            raise Gone
        user, _, password = self.opt.login.encode().partition(b":")
        mech, _, first = arg.partition(b" ")
        if mech.decode() not in self.opt.auth.split():
            self.host.violation("%r was not offered" % mech)
        if mech == b"PLAIN":
            self.known = self.plain(first, user, password)
        elif mech == b"LOGIN":
            self.known = self.ask_login(user, password)
        else:
            if self.opt.impostor:
                password = b"?"
            self.known = self.scram(first, password)
        right = "235 2.7.0 yes" if self.known else "535 5.7.8 no"
        if self.answer("auth", right):
            self.known = False

    def mail(self, arg):
        if self.opt.login and not self.known:
            self.host.violation("MAIL without AUTH")
        sender, params = self.path(arg, "MAIL")
        for p in params.split():
            known = (
                (p == b"BODY=8BITMIME" and not self.opt.no_8bitmime)
                or (p.startswith(b"SIZE=") and self.opt.size)
                or (p == b"SMTPUTF8" and self.opt.smtputf8)
                or (self.opt.dsn and DSN_MAIL.fullmatch(p))
            )
            if not known:
                self.host.violation("parameter %r was not offered" % p)
        if self.sender is not None:
            self.host.violation("nested MAIL")
            self.reply("503 5.5.1 nested MAIL")
            return
        self.forget()
        if not self.answer("mail", "250 2.1.0 Ok"):
            self.sender = sender

    def rcpt(self, arg):
        if self.sender is None:
            self.reply("503 5.5.1 need MAIL")
            return
        rcpt, params = self.path(arg, "RCPT")
        for p in params.split():
            if not self.opt.dsn or not DSN_RCPT.fullmatch(p):
                self.host.violation("parameter %r was not offered" % p)
        if not rcpt:
            self.reply("501 5.1.3 no address")
            return
        self.count += 1
        if self.opt.rcpt_limit and len(self.rcpts) >= self.opt.rcpt_limit:
            self.reply("452 4.5.3 too many recipients")
            return
        if not self.special(rcpt) and not self.answer("rcpt", "250 2.1.5 Ok"):
            self.rcpts.append(rcpt)

    def special(self, rcpt):
        """Answer by the local part. True: this recipient is not accepted."""
        local = rcpt.rpartition(b"@")[0].decode("latin-1")
        first = re.split(r"[.+]", local)[0]
        if m := re.fullmatch(r"(r|once)([45]\d\d)", first):
            if m[1] == "r" or self.host.rules.first(rcpt):
                self.reply(m[2] + " %s.1.1 as asked for" % m[2][0])
                return True
        elif first.startswith("at-") and first[3:] in WORDS:
            refused = self.misbehave(first[3:], "250 2.1.5 Ok")
            if not refused:
                self.rcpts.append(rcpt)
            return True
        elif m := re.fullmatch(r"dot(1?)-(.*)|(d|e)([45]\d\d)", first):
            if m[2] in WORDS and (not m[1] or self.host.rules.first(rcpt)):
                self.fate = "dot", m[2]
            elif m[4]:
                text = m[4] + " %s.3.0 as asked for" % m[4][0]
                self.fate = "data" if m[3] == "d" else "dot", text
        if self.host.unlucky(rcpt):
            self.reply("450 4.2.1 try again")
            return True
        return False

    def body(self):
        """The message, dots undone."""
        have, self.buf = bytearray(b"\r\n" + self.buf), b""
        at = 0
        while (end := have.find(b"\r\n.\r\n", at)) < 0:
            if self.data == "early" and len(have) >= 1000:
                self.reply("552 5.3.4 too big")
                raise Gone
            if len(have) > BODY_MAX:
                self.host.violation("a body over %d bytes" % BODY_MAX)
                raise Gone
            at = max(0, len(have) - 4)
            self.more()
            have += self.buf
            self.buf = b""
        body, self.buf = bytes(have[2 : end + 2]), bytes(have[end + 5 :])
        if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", body):
            self.host.violation("a body with a bare CR, LF or NUL")
        if re.search(rb"^\.[^.]", body, re.M):
            self.host.violation("a dot that was not doubled")
        if self.buf and self.opt.no_pipelining:
            self.host.violation("pipelined, not offered: %r" % self.buf[:60])
        self.host.note(self.number, b">", b"(%d bytes)" % len(body))
        return re.sub(rb"^\.", b"", body, flags=re.M)

    def message_for_nobody(self):
        what = self.host.rules.find("data") or "503 5.5.1 no valid recipients"
        self.misbehave(what, what)
        if what.startswith("354") and self.body():
            self.host.violation("a body for nobody")
        if what.startswith("354"):
            self.reply("250 2.0.0 nothing taken for nobody")
            self.forget()

    def message(self):
        if self.sender is None or not self.rcpts:
            self.message_for_nobody()
            return
        if self.fate and self.fate[0] == "data":
            refused = self.misbehave(self.fate[1], "")
        else:
            refused = self.answer("data", "354 go on")
        if refused:
            return
        if self.buf:
            self.host.violation("sent before 354: %r" % self.buf[:60])
        body = self.body()
        what = self.host.rules.find("dot")
        if self.fate and self.fate[0] == "dot":
            what = self.fate[1]
        if self.opt.size and len(body) > self.opt.size:
            what = "552 5.3.4 too big"
        self.accept(what, body)
        self.forget()

    def chunk(self, size):
        """That many bytes, whatever they are."""
        while len(self.buf) < size:
            self.more()
        body, self.buf = self.buf[:size], self.buf[size:]
        self.host.note(self.number, b">", b"(chunk of %d bytes)" % size)
        return body

    def bdat(self, arg):
        m = re.fullmatch(rb"(\d{1,9}) LAST", arg)
        if not m or not self.opt.chunking:
            self.host.violation("BDAT %r" % arg[:60])
            raise Gone
        nobody = self.sender is None or not self.rcpts
        body = b"" if nobody and self.opt.spill else self.chunk(int(m[1]))
        if nobody:
            self.reply("503 5.5.1 no valid recipients")
            return
        if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", body):
            self.host.violation("a chunk with a bare CR, LF or NUL")
        what = self.host.rules.find("bdat")
        if self.fate and self.fate[0] == "dot":
            what = self.fate[1]
        self.accept(what, body)
        self.forget()

    def accept(self, what, body):
        good = what in (None, "slow", "double") or what.startswith("accept-")
        if good or re.match("2", what):
            self.host.pace(len(self.rcpts))
            self.host.accept(self.sender, self.rcpts, body)
        if what:
            self.misbehave(what, "250 2.0.0 taken")
        else:
            self.reply("250 2.0.0 taken for %d" % len(self.rcpts))

    def command(self, line):
        verb, _, arg = line.partition(b" ")
        verb = verb.upper()
        if verb in (b"EHLO", b"HELO"):
            self.forget()
            self.hello(verb)
        elif verb == b"MAIL" and arg[:5].upper() == b"FROM:":
            self.mail(arg[5:])
        elif verb == b"RCPT" and arg[:3].upper() == b"TO:":
            self.rcpt(arg[3:])
        elif verb == b"DATA":
            self.message()
        elif verb == b"BDAT":
            self.bdat(arg)
        elif verb == b"XLSV" and self.opt.spill:
            self.reply("500 5.5.2 what?")
        elif verb == b"RSET":
            self.forget()
            self.answer("rset", "250 2.0.0 Ok")
        elif verb == b"STARTTLS":
            self.starttls()
        elif verb == b"AUTH":
            self.auth(arg)
        elif verb == b"NOOP":
            self.reply("250 2.0.0 Ok")
        elif verb == b"QUIT":
            self.answer("quit", "221 2.0.0 bye")
            raise Gone
        else:
            self.host.violation("no such command: %r" % line[:60])
            self.reply("500 5.5.2 what?")

    def run(self):
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.opt.implicit:
                self.secure()
            self.answer("connect", "220 fake ESMTP")
            self.flush()
            if self.opt.deaf:
                self.silence()
            while True:
                self.command(self.line())
        except Gone:
            pass
        except OSError:
            self.out = []
        try:
            self.flush()
            self.sock.close()
        except OSError:
            pass


def options():
    p = argparse.ArgumentParser(usage=__doc__, add_help=True)
    p.add_argument("--port", type=int, default=0)
    for name in (
        "port-file", "log", "trace", "save", "limits", "cert", "inject",
        "login",
    ):
        p.add_argument("--" + name)
    p.add_argument("--tls-max", default="1.3")
    p.add_argument("--auth", default="PLAIN LOGIN SCRAM-SHA-256")
    for name in ("size", "rcpt-limit", "delay", "rate"):
        p.add_argument("--" + name, type=int, default=0)
    for name in ("temporary", "idle"):
        p.add_argument("--" + name, type=float, default=0)
    for name in (
        "refuse", "no-esmtp", "no-pipelining", "no-8bitmime", "no-enhanced",
        "starttls", "implicit", "impostor", "deaf", "smtputf8", "chunking", "spill",
        "dsn",
    ):
        p.add_argument("--" + name, action="store_true")
    p.add_argument("--on", action="append", default=[])
    opt = p.parse_args()
    opt.no_pipelining |= opt.no_esmtp
    opt.chunking |= opt.spill
    return opt


def main():
    opt = options()
    host = Host(opt)
    stop = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", opt.port))
    port = sock.getsockname()[1]
    if not opt.refuse:
        sock.listen(1024)
    if opt.port_file:
        with open(opt.port_file + ".tmp", "w", encoding="ascii") as f:
            print(port, file=f)
        os.rename(opt.port_file + ".tmp", opt.port_file)
    print(port, flush=True)

    def serve():
        while True:
            peer, _ = sock.accept()
            host.connections += 1
            session = Session(host, peer, host.connections)
            threading.Thread(target=session.run, daemon=True).start()

    if not opt.refuse:
        threading.Thread(target=serve, daemon=True).start()
    while signal.sigwait(stop) == signal.SIGUSR1:
        if opt.refuse:
            opt.refuse = False
            sock.listen(1024)
            threading.Thread(target=serve, daemon=True).start()
    print(
        "connections %d transactions %d recipients %d violations %d"
        % (host.connections, host.transactions, host.recipients,
           host.violations),
        flush=True,
    )
    os._exit(1 if host.violations else 0)


if __name__ == "__main__":
    main()
