"""An SMTP host that does what the rows of a table say; see hosts.py."""
import re
import socket
import ssl
import struct
import threading
import time

LINE_MAX = 4096
BODY_MAX = 64 << 20
EARLY = 1000    # bytes of a body after which the place `body` has its say
PLACES = ('connect ehlo helo starttls handshake mail rcpt data body dot chunk '
          'bdat rset quit').split()
WORDS = ('ok raw fill lines close reset silent wait flush drip take '
         'discard spill').split()
OFFER = 'PIPELINING 8BITMIME SIZE ENHANCEDSTATUSCODES'


class Gone(Exception):
    """The connection is over."""


class Rule:
    """host PLACE [WHO][*|#N]: ACTION [| ACTION]..."""

    def __init__(self, text):
        m = re.fullmatch(r'([a-z]+)(?: ([^ :]+?))?(\*|#\d+)?: (.*)', text)
        if not m or m[1] not in PLACES:
            raise ValueError('no such rule: ' + text)
        self.place, self.who, self.when = m[1], m[2], m[3] or '#1'
        self.actions = [a.strip() for a in m[4].split(' | ')]
        self.times = 0
        for a in self.actions:
            if not re.match(r'\d{3}', a) and a.split()[0] not in WORDS:
                raise ValueError('no such action: ' + a)

    def has_turn(self, place, who):
        if place != self.place or self.who not in {None, *who}:
            return False
        self.times += 1
        return self.when == '*' or self.times == int(self.when[1:])


def code_of(actions, good):
    """The code that a list of actions begins with; 0: no reply."""
    for a in actions:
        if a in ('ok', 'take'):
            return int(good[:3])
        text = raw(a[4:]) if a.startswith('raw ') else a.encode()
        if m := re.match(rb'(\d{3})(?!\d)', text):
            return int(m[1])
    return 0


def local_of(sender):
    """What rules name a message by."""
    return sender.partition('@')[0].partition('+')[0] or '<>'


def raw(text):
    return text.encode().decode('unicode_escape').encode('latin-1')


class Host:
    """Listens on a loopback port; `bodies` are the messages it may be sent,
    by the word that stands in their Message-ID."""

    def __init__(self, rules, offer=OFFER, cert=None):
        self.rules = [Rule(r) for r in rules]
        self.offer = offer.split()
        self.bodies = {}
        self.lock = threading.Lock()
        self.connections = 0
        self.taken = []         # (file, recipient) as often as accepted
        self.named = []         # (recipient, microseconds) of each RCPT
        self.violations = []
        self.tls = None
        if cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(cert)
        self.sock = socket.socket()
        self.sock.bind(('127.0.0.1', 0))
        self.port = self.sock.getsockname()[1]

    def listen(self):
        self.sock.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=Session(self, peer).run,
                             daemon=True).start()

    def rule(self, place, who):
        """The actions of the first rule whose turn it is, or none."""
        with self.lock:
            turns = [r for r in self.rules if r.has_turn(place, who)]
        return turns[0].actions if turns else None

    def violation(self, text):
        with self.lock:
            self.violations.append(text)

    def accept(self, rcpts, body):
        m = re.search(rb'(?m)^Message-ID: <([a-z]+)@', body)
        name = m[1].decode() if m else ''
        with self.lock:
            self.taken += [(name, r) for r in rcpts]
        if self.bodies.get(name) != body:
            self.violation('a message that nobody sent')


class Session:
    def __init__(self, host, sock):
        self.host, self.sock = host, sock
        self.buf, self.out, self.drip = b'', b'', 0
        self.secure = False
        self.forget()

    def forget(self):
        self.sender, self.rcpts, self.begun = None, [], False

    # Bytes in and out

    def flush(self):
        data, self.out = self.out, b''
        if not self.drip:
            self.sock.sendall(data)
            return
        for c in data:
            self.sock.sendall(bytes([c]))
            time.sleep(self.drip)

    def more(self):
        self.flush()
        data = self.sock.recv(262144)
        if not data:
            raise Gone
        self.buf += data

    def line(self):
        while (end := self.buf.find(b'\n')) < 0:
            if len(self.buf) > LINE_MAX:
                self.host.violation('a line over %d bytes' % LINE_MAX)
                raise Gone
            self.more()
        text, self.buf = self.buf[:end + 1], self.buf[end + 1:]
        if not re.fullmatch(rb'[^\r\n\0]*\r\n', text):
            self.host.violation('a command with a bare CR, LF or NUL')
        if self.buf and 'PIPELINING' not in self.host.offer:
            self.host.violation('pipelined, not offered: %r' % self.buf[:60])
        return text[:-2]

    def reset(self):
        self.flush()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        self.sock.close()
        raise Gone

    def leave(self):
        """FIN behind all that was said: bytes that nobody read would make
        an RST of it, which takes replies along."""
        self.flush()
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(1)
        while self.sock.recv(262144):
            pass

    def silence(self):
        self.flush()
        while self.sock.recv(65536):
            pass
        raise Gone

    def do(self, action, good):
        word, _, arg = action.partition(' ')
        if action[0].isdigit():
            self.out += action.encode() + b'\r\n'
        elif word == 'ok':
            self.out += good.encode() + b'\r\n'
        elif word == 'raw':
            self.out += raw(arg)
        elif word == 'fill':
            self.out += b'x' * int(arg)
        elif word == 'lines':
            n, _, text = arg.partition(' ')
            self.out += (text.encode() + b'\r\n') * int(n)
        elif word == 'wait':
            self.flush()
            time.sleep(float(arg))
        elif word == 'drip':
            self.flush()
            self.drip = float(arg)
        elif word == 'flush':
            self.flush()
        elif word == 'discard':
            self.buf = b''
        elif word == 'silent':
            self.silence()
        elif word == 'reset':
            self.reset()
        elif word == 'close':
            raise Gone

    def perform(self, actions, good):
        for a in actions:
            self.do(a, good)
        if self.drip:
            self.flush()
            self.drip = 0

    def answer(self, place, who, good):
        """Replies, or what stands in the place of it: the code, 0 for none."""
        actions = self.host.rule(place, who) or ['ok']
        self.perform(actions, good)
        return code_of(actions, good)

    # Commands

    def who(self):
        return {local_of(self.sender), *self.rcpts}

    def hello(self, verb):
        name = '250 fake.example'
        offer = [w.replace('=', ' ', 1).replace(',', ' ')
                 for w in self.host.offer
                 if verb == 'ehlo' and (w != 'STARTTLS' or not self.secure)]
        lines = [name] + ['250 ' + w for w in offer]
        self.forget()
        self.answer(verb, (), '\r\n'.join(
            [x.replace(' ', '-', 1) for x in lines[:-1]] + lines[-1:]))

    def starttls(self):
        if self.answer('starttls', (), '220 2.0.0 go on') != 220:
            return
        self.flush()
        actions = self.host.rule('handshake', ())
        if actions:
            self.sock.recv(1)   # it has begun
            self.perform(actions, '')
            self.silence()
        self.sock = self.host.tls.wrap_socket(self.sock, server_side=True)
        self.secure, self.buf = True, b''
        self.forget()

    def mail(self, arg):
        m = re.match(rb'FROM:<([^<>]*)>', arg, re.I)
        if not m:
            self.host.violation('no sender: %r' % arg[:60])
            raise Gone
        if self.begun:
            self.host.violation('MAIL inside a transaction')
        sender = m[1].decode()
        if self.answer('mail', {local_of(sender)},
                       '250 2.1.0 ok') // 100 == 2:
            self.sender, self.begun = sender, True

    def rcpt(self, arg):
        m = re.match(rb'TO:<([^<>]*)>', arg, re.I)
        local = m[1].decode().partition('@')[0] if m else ''
        self.host.named.append((local, time.time_ns() // 1000))
        good = '250 2.1.5 ok'
        if self.sender is None:
            good = '503 5.5.1 need MAIL'
        elif not local:
            good = '501 5.1.3 no address'
        code = self.answer('rcpt', {local or '<>'}, good)
        if code // 100 == 2 and self.sender is not None:
            self.rcpts.append(local)

    def body(self):
        """The message, dots undone."""
        have, self.buf = bytearray(b'\r\n' + self.buf), b''
        asked, at = False, 0
        while (end := have.find(b'\r\n.\r\n', at)) < 0:
            if len(have) > BODY_MAX:
                self.host.violation('a body without an end')
                raise Gone
            if len(have) > EARLY and not asked:
                asked = True
                self.perform(self.host.rule('body', self.who()) or [], '')
            at = max(0, len(have) - 4)
            self.more()
            have += self.buf
            self.buf = b''
        body, self.buf = bytes(have[2:end + 2]), bytes(have[end + 5:])
        return re.sub(rb'(?m)^\.', b'', body)

    def message(self):
        who = self.who() if self.sender is not None else ()
        good = '354 go on' if self.rcpts else '503 5.5.1 nobody to get it'
        early = self.buf
        if self.answer('data', who, good) != 354:
            return
        if early:
            self.host.violation('sent before 354: %r' % early[:60])
        body = self.body()
        if not self.rcpts and body:
            self.host.violation('a body for nobody')
        self.end('dot', who, body)

    def end(self, place, who, body):
        good = '250 2.0.0 taken' if self.rcpts else '503 5.5.1 nobody'
        actions = self.host.rule(place, who) or ['ok']
        if code_of(actions, good) // 100 == 2 and self.rcpts:
            self.host.accept(self.rcpts, body)
        self.forget()
        self.perform(actions, good)

    def bdat(self, arg):
        m = re.fullmatch(rb'(\d{1,9}) LAST', arg)
        if not m or 'CHUNKING' not in self.host.offer:
            self.host.violation('BDAT %r' % arg[:60])
            raise Gone
        who = self.who() if self.sender is not None else {'<>'}
        actions = self.host.rule('chunk', who) or []
        if 'spill' in actions and not self.rcpts:
            self.out += b'503 5.5.1 nobody\r\n'
            return
        self.perform(actions, '')
        while len(self.buf) < int(m[1]):
            self.more()
        body, self.buf = self.buf[:int(m[1])], self.buf[int(m[1]):]
        self.end('bdat', who, body)

    def command(self, text):
        verb, _, arg = text.partition(b' ')
        verb = verb.decode('latin-1').lower()
        if verb in ('ehlo', 'helo'):
            self.hello(verb)
        elif verb == 'mail':
            self.mail(arg)
        elif verb == 'rcpt':
            self.rcpt(arg)
        elif verb == 'data':
            self.message()
        elif verb == 'bdat':
            self.bdat(arg)
        elif verb == 'starttls':
            self.starttls()
        elif verb == 'rset':
            self.forget()
            self.answer('rset', (), '250 2.0.0 ok')
        elif verb == 'quit':
            self.answer('quit', (), '221 2.0.0 bye')
            raise Gone
        elif verb == 'xlsv':
            self.out += b'500 5.5.2 what?\r\n'
        else:
            self.host.violation('no such command: %r' % text[:60])
            raise Gone

    def run(self):
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.answer('connect', (), '220 fake.example ESMTP')
            while True:
                self.command(self.line())
        except Gone:
            pass
        except OSError:
            self.out = b''
        try:
            self.leave()
        except OSError:
            pass
        self.sock.close()
