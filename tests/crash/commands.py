"""Mailed commands: what each has to do, and the mail that it has to make."""
import copy
import hashlib
import itertools
import os
import subprocess
import zlib
from collections import Counter

import load
import who

ETC = 'etc-commands'   # with a limit that counts them
SERVICE = 'lsv-command'
PEER = 'peer.example'  # a server whose jobs are executed
LISTS = ['cmd%d' % i for i in range(4)]
OPEN, CLOSED = LISTS[:3], LISTS[3]
MAX = len(OPEN)        # messages of a sender; the next one is told so
TEXT = 'subscribe %s Somebody\nset %s nomail\nquery %s\n'


def configure(site, relay):
    """The lists, and a configuration with the limit."""
    os.mkdir('%s/%s' % (site.base, ETC))
    site.configure(ETC, relay, ['COMMAND_MAX=%d' % MAX, 'DIST_SECURITY=0',
                                'DIST2_UNSIGNED=' + PEER])
    for name in LISTS:
        site.make_list(name, ['first@cmd.example'])


class Command:
    """A message with commands; jobs are those that its mail becomes."""
    door = None

    def __init__(self, sender, text, mails):
        self.rcpts = ['listserv@' + load.NODE]
        self.sender = sender
        self.mails = self.jobs = mails
        self.reports = 0
        self.bytes = ('From: <%s>\nTo: %s\nSubject: x\n\n%s' % (
            sender, self.rcpts[0], text)).encode()
        self.hash = self.bytes

    def want(self, _):
        """Mail of the server has no sender: it looks like a report."""
        return Counter({('report', self.sender): self.mails})


class Distribute(Command):
    """A job: what it distributes, to recipients who share copies. From another
    server it comes twice, with other mail around it, and is done once."""
    JOB = ('//X JOB Echo=No\n%s\n//TO DD *\n%s/*\n//DATA DD *,EOF\n'
           'From: <%s>\nSubject: job\n\n%s')

    def __init__(self, sender, mark, server=False):
        body = '.%s is distributed\n' % mark
        data = 'From: <%s>\nSubject: job\n\n%s' % (sender, body)
        command = 'DISTRIBUTE MAIL'
        if server:
            command = '// DIST2 MAIL FROM=%s CRC=%08X ID=PEER/%s' % (
                sender, zlib.crc32(data.encode()), mark)
        self.to = ['%s%d@%s.example' % (mark, i, c) for i in range(2)
                   for c in 'ab']
        self.to = [a for a in self.to if not load.is_refused(a)]
        super().__init__(
            'LISTSERV@' + PEER if server else sender,
            self.JOB % (command, ''.join(a + ' BSMTP\n' for a in self.to),
                        sender, body), 1)
        self.sender = sender
        self.body = hashlib.sha256(
            body.replace('\n', '\r\n').encode()).hexdigest()

    def again(self):
        """The same job in another mail, for which nothing is sent."""
        other = copy.copy(self)
        other.bytes = self.bytes.replace(b'Subject: x', b'Subject: y', 1)
        other.hash, other.jobs, other.to = other.bytes, 0, []
        return other

    def want(self, _):
        return Counter((self.body, a) for a in self.to)


class Commands:
    """The mail of one run: senders that no run before it had. One counts to
    the limit: what is counted twice, or not, changes what is done."""

    def __init__(self, run):
        a, b = [next(x for x in ('%s%d-%d@cmd.example' % (c, run, i)
                                 for i in itertools.count())
                     if not load.is_refused(x)) for c in 'ab']
        self.subscribed = {(n, a) for n in OPEN}
        self.absent = {(CLOSED, a), (OPEN[0], b)}
        # welcomed and answered; then told once, and no more; the other one
        # comes and goes: welcome, farewell, two replies
        self.mail = [Command(a, TEXT % (n, n, n), 2) for n in OPEN] + [
            Command(a, TEXT % (CLOSED, CLOSED, CLOSED), 1),
            Command(a, 'thanks\n', 0),
            Command(b, 'sub %s B\n' % OPEN[0], 2),
            Command(b, 'signoff %s\n' % OPEN[0], 2)]
        peer = Distribute('owner%d@cmd.example' % run, 'dist%d-' % run, True)
        self.mail += [Distribute('c%d@cmd.example' % run, 'job%d-' % run),
                      peer, peer.again()]
        # the mail system gives the first one twice
        self.given = self.mail + self.mail[:1]

    def check(self, site):
        """What is wrong with the lists."""
        there = set()
        for name in LISTS:
            out = subprocess.run(
                [site.build + '/bin/lsv-list', 'export', name],
                env=site.env, check=True, text=True, stdout=subprocess.PIPE,
                stdin=subprocess.DEVNULL, **who.child()).stdout
            there |= {(name, line.split()[0]) for line in out.splitlines()}
        return (['%s is not on %s' % (a, n)
                 for n, a in sorted(self.subscribed - there)] +
                ['%s is on %s' % (a, n)
                 for n, a in sorted(self.absent & there)])
