"""A merge job: a table, a message for all of its rows, and what each gets."""
import hashlib
import tempfile
from collections import Counter

import load

FIELDS = ('NAME', 'CITY', 'CODE', 'NOTE', 'MORE', 'LAST')
SHORT, LONG = 60, 120    # rows of a job that is one file, and of one that has
                         # a directory: its table is too long for a file, too
WIDE = 760               # bytes of each of the last three fields of that
UNSURE = 'unable to hand the message over'    # it said; then nobody knows
TEXT = ('Dear &NAME; of &CITY;, this is %s.\n'
        '.Your code is &CODE;, your address &*TO;\n'
        '&NOTE;\n&MORE;\n&LAST;\n')


def rows(n, wide):
    """{address: values}; one of the addresses is refused."""
    def values(i):
        return ['J\u00fcrgen %d' % i, 'town %d' % (i % 7), 'c-%03d' % i] + [
            c + '%d' % i + c * wide for c in 'xyz']
    addresses = ['m%03d@merge%d.example' % (i, n) for i in range(n - 1)] + [
        load.refused('merge%d' % n)]
    return {a: values(i) for i, a in enumerate(addresses)}


class Attempt:
    """lsv-merge, run once: its text differs from that of all others, so each
    copy tells whose it is and which run made it.

    status is that of the process, known what a kill left, if that is clear.
    """

    def __init__(self, job, mark):
        text = TEXT % mark
        self.sender = job.sender
        self.bytes = ('From: Author <%s>\nTo: &NAME; <&*TO;>\n'
                      'Subject: merged for &NAME;\n\n%s' %
                      (job.sender, text)).encode()
        self.copies = {a: self.copy(text, a, v) for a, v in job.rows.items()}
        self.jobs = self.reports = 1
        self.status = self.known = None
        self.said = tempfile.TemporaryFile()

    @staticmethod
    def copy(text, address, values):
        """The hash of the body that is right for this recipient."""
        for name, value in zip(FIELDS, values):
            text = text.replace('&%s;' % name, value)
        text = text.replace('&*TO;', address).replace('\n', '\r\n')
        return hashlib.sha256(text.encode()).hexdigest()

    def end(self, status, log):
        self.status = status
        self.said.seek(0)
        self.said = self.said.read().decode()
        log.write(self.said.encode())

    def was_killed(self):
        return self.status is None or self.status < 0

    def is_there(self, seen):
        """Was it submitted? Where that cannot be told, it was if there is
        anything of it: then all has to be there."""
        if self.known is not None:
            return self.known
        if not self.was_killed() and UNSURE not in self.said:
            return self.status == 0
        return any(seen[h, a] for a, h in self.copies.items())

    def want(self, _):
        want = Counter((h, a) for a, h in self.copies.items()
                       if not load.is_refused(a))
        if len(want) != len(self.copies):
            want['report', self.sender] += 1
        return want


class Job:
    """What a person wants sent, and runs lsv-merge for until it says 0."""
    door = 'lsv-merge'
    sender = 'author@writers.example'

    def __init__(self, where, n, wide=0):
        self.rcpts = ['%d rows' % n]
        self.rows = rows(n, wide)
        self.table = '%s/%d.csv' % (where, n)
        self.attempts = []
        with open(self.table, 'w', encoding='utf-8') as f:
            f.write(','.join(('address',) + FIELDS) + '\r\n')
            f.writelines(','.join([a] + v) + '\r\n'
                         for a, v in self.rows.items())

    def attempt(self):
        self.attempts.append(Attempt(self, 'run %d for %s' % (
            len(self.attempts) + 1, self.rcpts[0])))
        return self.attempts[-1]


def both(where):
    return [Job(where, LONG, WIDE), Job(where, SHORT)]
