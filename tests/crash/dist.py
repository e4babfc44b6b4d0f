"""Mail that two other servers distribute in part: what lsv-route leaves to
whom, and what it delivers itself."""
import os
from collections import Counter

import load
import peer

ETC = 'etc-dist'
NEAR, FAR = 'near.example', 'far.example'
CHUNK = 700          # recipients of a job, of which the last is not full
SHARE = 100          # domains of the large list that each of them serves
SERVES = {NEAR: ['one.example', 'two.example'] +
                ['d%03d.example' % i for i in range(SHARE)],
          FAR: ['d%03d.example' % i for i in range(SHARE, 2 * SHARE)]}
NEAREST = {d: host for host, domains in SERVES.items() for d in domains}


def nearest(address):
    """The server that gets it; None: we deliver."""
    return NEAREST.get(address.split('@')[1])


def configure(site, relay):
    os.mkdir('%s/%s' % (site.base, ETC))
    site.configure(ETC, relay, ['RUNMODE=NETWORKED', 'MAXDIST=%d' % CHUNK])
    tables = site.base + '/tables'
    os.mkdir(tables)
    os.makedirs(site.base + '/lib/network', exist_ok=True)
    with open(tables + '/peers.names', 'w', encoding='utf-8') as f:
        f.write(':nick.HERE :index.1 :userid.LISTSERV :node.HERE\n'
                '     :internet.%s :backbone.YES\n'
                '     :links1.NEAR FAR\n' % load.NODE)
        for i, host in enumerate(SERVES):
            name = host.split('.')[0].upper()
            f.write(':nick.%s :index.%d :userid.LISTSERV :node.%s\n'
                    '     :internet.%s :backbone.YES :links1.HERE\n' %
                    (name, i + 2, name, host))
            f.writelines('     :domains%d.%s\n' % (
                n // 10 + 1, ' '.join(SERVES[host][n:n + 10]))
                for n in range(0, len(SERVES[host]), 10))
    site.command('lsv-table', 'network', '--dir', tables, '--self', load.NODE,
                 '-o', site.base + '/lib/network/network.cdb')


class Split(load.Message):
    """A posting, and the jobs that it becomes: who is left to another server
    is refused by nobody here."""

    def __init__(self, name, mark):
        super().__init__(name, mark)
        self.all = load.subscribers()[name]
        ours = [a for a in self.all if not nearest(a)]
        self.reports = int(any(load.is_refused(a) for a in ours))
        self.left = Counter(nearest(a) for a in self.all if nearest(a))
        self.jobs = 1 + sum(-(-n // CHUNK) for n in self.left.values())

    def want(self, _):
        want = Counter((self.hash, a) for a in self.all
                       if nearest(a) or not load.is_refused(a))
        if self.reports:
            want['report', 'owner-' + self.rcpts[0]] += 1
        return want


def mail(mark='one'):
    """One is given twice."""
    small = Split('small', mark)
    return [small, Split('big', mark), small]


class Jobs(peer.Jobs):
    """The jobs for both, each with the recipients that are nearest to it."""
    hosts = (NEAR, FAR)

    def take(self, host, mark, rcpts):
        super().take(host, mark, rcpts)
        wrong = [a for a in rcpts if nearest(a) != host]
        if wrong:
            self.problems.append('%s was left to %s' % (wrong[0], host))
        if len(rcpts) > CHUNK:
            self.problems.append('%d recipients in one job' % len(rcpts))

    def all_seen(self, seen):
        """What was delivered here, and what they got."""
        here = Counter({(h, a): n for (h, a), n in seen.items()
                        if not a.startswith('LISTSERV@')})
        for _, a in here:
            if nearest(a):
                self.problems.append('%s was delivered here' % a)
        return here + self.seen
