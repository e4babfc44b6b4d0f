"""A relay that takes mail in TLS only, after a login, in front of the sink."""
import base64
import re
import select
import socket
import ssl
import subprocess
import threading

HOST = 'localhost'     # as the certificate says
USER, PASSWORD = 'crash', 'correct-horse'
CERTIFICATE = 'relay.pem'    # beside the programs
PIECE = 65536          # bytes moved at once


def make_certificate(where):
    """One file: a certificate that is its own root, and its key."""
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
         'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
         '/CN=relay', '-addext', 'subjectAltName=DNS:' + HOST, '-keyout',
         where + '.key', '-out', where], check=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    with open(where + '.key', encoding='ascii') as key:
        with open(where, 'a', encoding='ascii') as f:
            f.write(key.read())


class Over(Exception):
    """One of the two has gone."""


class Lines:
    """What a socket says, a line at a time."""

    def __init__(self, sock):
        self.sock, self.ahead = sock, b''

    def line(self):
        while b'\n' not in self.ahead:
            piece = self.sock.recv(PIECE)
            if not piece:
                raise Over
            self.ahead += piece
        line, _, self.ahead = self.ahead.partition(b'\n')
        return line + b'\n'

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == b'-':
            lines.append(self.line())
        return lines


class Talk:
    """One connection: what comes before the mail is looked at, and then bytes
    go to and fro."""

    def __init__(self, front, client):
        self.front, self.client = front, client
        self.sink = socket.create_connection(('127.0.0.1', front.sink_port))
        self.hears = Lines(self.sink)
        self.secret = self.known = False

    def run(self):
        try:
            self.client.sendall(b''.join(self.hears.reply()))
            self.open()
            self.pump()
        except (OSError, Over):
            pass
        finally:
            self.client.close()
            self.sink.close()

    def open(self):
        """Until there may be mail."""
        commands = Lines(self.client)
        while not self.known:
            line = commands.line()
            verb = line.split()[0].upper() if line.split() else b''
            if verb == b'EHLO':
                self.ehlo(line)
            elif verb == b'STARTTLS' and not self.secret:
                self.handshake(commands.ahead)
                commands = Lines(self.client)
            elif verb == b'AUTH' and self.secret:
                self.login(line)
            elif verb == b'QUIT':
                self.client.sendall(b'221 2.0.0 Bye\r\n')
                raise Over
            else:
                self.wrong('%r before TLS and a login' % line[:80])
        if commands.ahead:
            self.wrong('bytes ahead of the answer to AUTH')

    def wrong(self, what):
        self.front.trouble.append('the relay got ' + what)
        raise Over

    def ehlo(self, line):
        """What we offer besides comes first."""
        self.sink.sendall(line)
        lines = self.hears.reply()
        extra = b'AUTH PLAIN' if self.secret else b'STARTTLS'
        lines.insert(1, b'250-' + extra + b'\r\n')
        self.client.sendall(b''.join(lines))

    def handshake(self, ahead):
        if ahead:
            self.wrong('bytes in clear behind STARTTLS')
        self.client.sendall(b'220 2.0.0 Go ahead\r\n')
        self.client = self.front.context.wrap_socket(self.client,
                                                     server_side=True)
        self.secret = True

    def login(self, line):
        text = b'\0' + USER.encode() + b'\0' + PASSWORD.encode()
        if not re.fullmatch(rb'(?i)AUTH PLAIN ' + re.escape(
                base64.b64encode(text)) + rb'\r\n', line):
            self.wrong('a wrong login')
        self.known = True
        self.client.sendall(b'235 2.7.0 Welcome\r\n')

    def pump(self):
        """Until the sink hangs up. A client that was killed does not take
        back what it sent: all of that is handed on before."""
        left = [self.sink, self.client]
        while True:
            hidden = self.client in left and self.client.pending()
            for s in [self.client] if hidden else \
                    select.select(left, (), ())[0]:
                piece = self.take(s)
                if piece:
                    self.give(self.sink if s is self.client else self.client,
                              piece)
                elif s is self.sink:
                    return
                else:
                    left.remove(s)
                    self.sink.shutdown(socket.SHUT_WR)

    def take(self, s):
        """Nothing: it has gone, with or without a word."""
        try:
            return s.recv(PIECE)
        except OSError:
            return b''

    def give(self, s, piece):
        """Who has gone is seen when we read."""
        try:
            s.sendall(piece)
        except OSError:
            pass


class Front:
    """Listens, in a thread of ours; trouble is a list of what no client should
    do."""

    def __init__(self, sink_port, certificate):
        self.sink_port = sink_port
        self.trouble = []
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(client,),
                             daemon=True).start()

    def talk(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            talk = Talk(self, client)
        except OSError:
            client.close()    # the sink has ended
            return
        talk.run()

    def name(self):
        return '%s:%d' % (HOST, self.port)

    def take_trouble(self):
        """What there was since the last time."""
        trouble, self.trouble = self.trouble, []
        return trouble
