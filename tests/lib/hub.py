"""hub.py DIR LSV-INJECT HOST...

Stands for the mail systems of several servers of a network.  DIR/HOST is the
tree of the server HOST; its own mail system listens on a port of loopback,
which is printed, one line for each HOST.  Mail for LISTSERV@HOST, or a list
there, goes to that server through lsv-inject; all else has arrived.  DIR/hub has
a line for each recipient that was taken over:

    SENDING-HOST TAB RECIPIENT TAB SUBJECT TAB To

and DIR/hub.mail/ the messages, one file each, first their number of recipients.
Ends on SIGTERM.
"""
import os
import socketserver
import subprocess
import sys
import threading

DIR, INJECT, HOSTS = sys.argv[1], sys.argv[2], sys.argv[3:]
LOCK = threading.Lock()
LOG = open(DIR + '/hub', 'ab', buffering=0)
TAKEN = [0]


def field(message, name):
    head = message.split(b'\n\n', 1)[0].split(b'\n')
    for line in head:
        if line.lower().startswith(name + b':'):
            return line[len(name) + 1:].strip()
    return b''


def is_server(rcpt):
    local, _, host = rcpt.rpartition('@')
    host = host.lower()
    return host if host in HOSTS and (
        local.lower() == 'listserv' or local.lower().endswith('-l')) else None


def inject(host, sender, rcpt, message):
    root = DIR + '/' + host
    env = dict(os.environ, LSV_ETC=root + '/etc', LSV_SPOOL=root + '/spool',
               LSV_LIB=root + '/lib', LSV_RUN=root + '/run')
    return subprocess.run([INJECT, '-f', sender, rcpt], input=message,
                          env=env, check=False).returncode


class Session(socketserver.StreamRequestHandler):
    wbufsize = 0

    def say(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def data(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                return None
            if line == b'.\r\n':
                return b''.join(lines)
            if line.startswith(b'.'):
                line = line[1:]
            lines.append(line.replace(b'\r\n', b'\n'))

    def deliver(self, sender, rcpts, message):
        me = self.server.host
        for rcpt in rcpts:
            host = is_server(rcpt)
            if host and inject(host, sender, rcpt, message) != 0:
                return False
        with LOCK:
            TAKEN[0] += 1
            with open(f'{DIR}/hub.mail/{TAKEN[0]:06d}', 'wb') as f:
                f.write(b'%d\n' % len(rcpts) + message)
            LOG.write(b''.join(b'\t'.join((
                me.encode(), r.encode(), field(message, b'subject'),
                field(message, b'to'))) + b'\n' for r in rcpts))
        return True

    def handle(self):
        sender, rcpts = '', []
        self.say('220 hub ESMTP')
        while True:
            line = self.rfile.readline()
            if not line:
                return
            text = line.decode('utf-8', 'replace').strip()
            verb = text[:4].upper()
            if verb == 'EHLO':
                self.say('250-hub\r\n250-PIPELINING\r\n250-8BITMIME\r\n'
                         '250 SMTPUTF8')
            elif verb == 'MAIL':
                sender = text[text.index('<') + 1:text.index('>')]
                rcpts = []
                self.say('250 ok')
            elif verb == 'RCPT':
                rcpts.append(text[text.index('<') + 1:text.rindex('>')])
                self.say('250 ok')
            elif verb == 'DATA':
                self.say('354 go')
                message = self.data()
                if message is None:
                    return
                self.say('250 ok' if self.deliver(sender, rcpts, message)
                         else '451 later')
            elif verb == 'QUIT':
                self.say('221 bye')
                return
            else:
                self.say('250 ok')


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    host = ''


def main():
    os.makedirs(DIR + '/hub.mail', exist_ok=True)
    ports = []
    for host in HOSTS:
        server = Server(('127.0.0.1', 0), Session)
        server.host = host
        ports.append(server.server_address[1])
        threading.Thread(target=server.serve_forever).start()
    print('\n'.join(map(str, ports)), flush=True)


main()
