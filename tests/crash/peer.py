"""Mail that another server distributes: what lsv-peer makes of it."""
import base64
import hashlib
import os
import re
import zlib
from collections import Counter

import load
import spool

ETC = 'etc-peer'     # with another server, which gets all
SERVICE = 'lsv-peer'
GATE = 'gate.example'
CHUNK = 1000         # recipients of a job: its mail is kept whole, later on
DATA = b'\n//DATA DD *,EOF\n'


def configure(site, relay):
    os.mkdir('%s/%s' % (site.base, ETC))
    site.configure(ETC, relay, ['RUNMODE=TABLELESS ' + GATE,
                                'MAXDIST=%d' % CHUNK])


class Relayed(load.Message):
    """A posting, and the jobs that it becomes: nobody is refused here."""

    def __init__(self, name, mark):
        super().__init__(name, mark)
        self.reports = 0
        self.all = load.subscribers()[name]
        self.jobs = 1 + -(-len(self.all) // CHUNK)

    def want(self, _):
        return Counter((self.hash, a) for a in self.all)


def mail(mark='one'):
    """One is given twice."""
    small = Relayed('small', mark)
    return [small, Relayed('big', mark), small]


def hash_of(body):
    return hashlib.sha256(body.replace(b'\r\n', b'\n').replace(
        b'\n', b'\r\n')).hexdigest()


class Jobs:
    """The jobs that were delivered to other servers, as done/ has them."""
    hosts = (GATE,)

    def __init__(self, site):
        self.seen = Counter()    # as load.read_log of that server
        self.sent = set()        # hashes of their mails
        self.problems = []
        top = site.path('done')
        for day in spool.names(top):
            for name in spool.names('%s/%s' % (top, day)):
                path = '%s/%s/%s' % (top, day, name)
                if os.path.isfile(path):
                    with open(path, 'rb') as f:
                        self.add(name, f.read())

    def add(self, name, text):
        head, rest = text.split(b'\nend\n', 1)
        host = next((h for h in self.hosts if b'\nLISTSERV@%s\n' %
                     h.encode() in head + b'\n'), None)
        if not host:
            return
        size = int(re.search(rb'\nsize: (\d+)', head).group(1))
        fields, body = rest[:size].split(b'\r\n\r\n', 1)
        self.sent.add(hash_of(body))
        if b'Encoding: base64' in fields:
            body = base64.b64decode(body)
        front, data = body.replace(b'\r\n', b'\n').split(DATA, 1)
        crc = re.search(rb' CRC=([0-9A-F]{8})', front).group(1)
        if int(crc, 16) != zlib.crc32(data):
            self.problems.append('%s has another CRC' % name)
        mark = hash_of(data.split(b'\n\n', 1)[1])
        rcpts = front.split(b'\n//TO DD *\n', 1)[1].split(b'\n')
        self.take(host, mark,
                  [r.split(b' ')[0].decode() for r in rcpts[:-1]])

    def take(self, host, mark, rcpts):
        """A job for that host."""
        self.seen.update((mark, a) for a in rcpts)

    def all_seen(self, _):
        """All is left to the one server that there is."""
        return self.seen

    def check(self, seen, doubled):
        """seen: by the sink; doubled: may it have got one twice?"""
        got = {h: n for (h, a), n in seen.items()
               if a in ['LISTSERV@' + host for host in self.hosts]}
        if set(got) != self.sent:
            self.problems.append('%d jobs were sent, and %d came' % (
                len(self.sent), len(got)))
        if max(got.values(), default=0) > 1 and not doubled:
            self.problems.append('a job came twice')
        return self.problems
