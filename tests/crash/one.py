"""One run: the same mail each time, and something that goes wrong."""
import os
import shutil

import commands
import dist
import fault
import front
import load
import merge
import peer
import pipeline
import scan
import sink
import spool

DRAIN_S = 40     # far more than it takes, on a busy machine
WINDOW = 8       # transactions in flight of one worker: WINDOW, with BDAT
MAXBSMTP = 100   # recipients of one, but for personal copies
ETC_TLS = 'etc-tls'    # with the relay that takes mail in TLS only


def window(task):
    """Recipients of the transactions that one worker has in flight."""
    return WINDOW * (1 if task['merge'] else MAXBSMTP)


class Result:
    """What a run came to; problems is empty when all is well."""

    def __init__(self, task):
        self.task = task
        self.problems = []
        self.records = []      # each call, when they are counted
        self.hits = []         # those at which something was done
        self.count = self.allowed = 0
        self.late = False      # only what is done unasked helped
        self.codes = []
        self.deaths = []
        self.lost = self.unexpected = self.doubled = 0
        self.seconds = 0.0


class Slot:
    """A site and a sink of its own, used for one run after the other."""

    def __init__(self, build, base, keep=None):
        os.makedirs(base)
        self.build, self.base, self.keep = build, base, keep
        self.kept = 0
        self.sink = sink.Sink(build, base)
        self.site = spool.Site(build, base, self.sink.port)
        self.front = self.relay_in_tls()
        scan.configure(self.site, '127.0.0.1:%d' % self.sink.port)
        commands.configure(self.site, '127.0.0.1:%d' % self.sink.port)
        peer.configure(self.site, '127.0.0.1:%d' % self.sink.port)
        dist.configure(self.site, '127.0.0.1:%d' % self.sink.port)
        self.commands, self.runs = None, 0
        self.fault = fault.Fault(base + '/fault')
        self.preload = build + '/tests/lib/preload_fault.so'
        self.expected = load.Expected(load.subscribers())
        self.log_path = base + '/services.log'

    def relay_in_tls(self):
        """None when there can be none."""
        certificate = self.build + '/' + front.CERTIFICATE
        if not os.path.exists(certificate):
            return None
        relay = front.Front(self.sink.port, certificate)
        self.site.configure_tls(ETC_TLS, relay.name(), certificate,
                                (front.USER, front.PASSWORD))
        return relay

    def close(self):
        self.sink.close()

    def run(self, task):
        """task: 'order' is what Fault.order takes; 'tls': mail leaves so;
        'merge': it is made by lsv-merge; 'scan': there is a SPAM_EXIT;
        'command': it has commands; 'peer': another server gets it, and with
        'dist' two others get some of it."""
        r = Result(task)
        self.site.use(ETC_TLS if task['tls'] else
                      scan.ETC if task['scan'] else
                      commands.ETC if task['command'] else
                      dist.ETC if task['dist'] else
                      peer.ETC if task['peer'] else 'etc')
        self.site.reset()
        self.sink.reset()
        self.fault.order(**task['order'])
        door = pipeline.door_of(task['order']['program'])
        with open(self.log_path, 'wb') as log:
            p = pipeline.Pipeline(self.site, log, self.preload,
                                  self.fault.path, door)
            try:
                p.start(pipeline.SERVICES +
                        ((scan.SERVICE,) if task['scan'] else ()) +
                        ((commands.SERVICE,) if task['command'] else ()) +
                        ((peer.SERVICE,) if task['peer'] else ()))
                p.give(self.mail(r, door))
                if not self.drain(p, r):
                    r.problems.append('not drained: ' + ' '.join(
                        self.site.leftovers()[:3]))
                p.stop()
            finally:
                p.kill()
        self.check(r, p)
        if r.problems:
            self.keep_evidence(r)
        return r

    def mail(self, r, door):
        """One message is given twice, as an MTA may."""
        if r.task['merge']:
            return merge.both(self.site.base + '/run')
        if r.task['scan']:
            return scan.mail()
        if r.task['command']:
            self.runs += 1
            self.commands = commands.Commands(self.runs)
            return self.commands.given
        if r.task['dist']:
            return dist.mail()
        if r.task['peer']:
            return peer.mail()
        small, big = load.pair(door, 'one')
        return [load.Message('each', 'one'), big, small, small]

    def postings(self, r, p, seen):
        """What should have come of that; a merge job, each time that it was
        submitted."""
        given = dict.fromkeys(d.message for d in p.queue)
        if not r.task['merge']:
            return list(given)
        attempts = [a for job in given for a in job.attempts]
        if r.task['order']['program'] == 'lsv-merge':
            killed = [a for a in attempts if a.was_killed()]
            for a, hit in zip(killed, r.hits):
                a.known = self.handed_over(hit)
        return [a for a in attempts if a.is_there(seen)]

    def handed_over(self, hit):
        """By a lsv-merge that was killed at this call: None, who knows."""
        return None

    def drain(self, p, r):
        return self.drain_in(DRAIN_S, p, r)

    def drain_in(self, seconds, p, r):
        if r.task['scan']:
            return scan.drain(p, self.site, seconds)
        return p.drain(seconds)

    def allowed(self, r):
        """How many recipients may get a second copy."""
        return 0

    def check(self, r, p):
        if not self.sink.settle():
            r.problems.append('a connection to the sink stays open')
        r.count = self.fault.count()
        r.records = self.fault.records()
        if r.task['order']['mode'] != fault.COUNT:
            r.hits, r.records = r.records, []
        r.allowed = self.allowed(r)
        r.codes = [d.codes for d in p.queue]
        r.deaths = p.deaths
        r.problems += p.trouble
        if self.front:
            r.problems += self.front.take_trouble()
        seen = load.read_log(self.sink.log)
        if r.task['peer']:
            jobs = (dist if r.task['dist'] else peer).Jobs(self.site)
            seen_here = seen
            seen = jobs.all_seen(seen)
            r.problems += jobs.check(seen_here, r.allowed)
        mail = self.postings(r, p, seen)
        o = load.Outcome(self.expected.of(mail), seen)
        r.lost, r.unexpected = len(o.lost), len(o.unexpected)
        r.doubled = len(o.doubled)
        for what in 'lost', 'unexpected', 'doubled':
            some = getattr(o, what)
            if some and (what != 'doubled' or
                         len(some) > r.allowed):
                r.problems.append('%d %s, such as %s to %s' % (
                    (len(some), what) + min(some)))
        tmp = ['score/tmp', 'score/scanned/tmp', 'scan/tmp', 'command/tmp']
        if r.task['merge'] or r.task['command'] or r.task['peer']:
            tmp.append('route/tmp')    # of one that was killed, too
        left = [n for n in self.site.leftovers()
                if os.path.dirname(n) not in tmp]
        if left and not r.problems:
            r.problems.append('left: ' + ' '.join(left[:3]))
        self.check_jobs(r, sum(m.jobs for m in mail),
                        sum(m.reports for m in mail))
        self.check_tmp(r, tmp)
        if r.task['command']:
            r.problems += self.commands.check(self.site)

    def check_tmp(self, r, tmp):
        """Only a program that is killed, or cannot remove it, leaves a file
        behind; lsv-spool sweeps it."""
        left = [d + '/' + n for d in tmp
                for n in spool.names(self.site.path(d))]
        if len(left) > len(r.hits):
            r.problems.append('left: %d files: %s' % (len(left), left[0]))

    def check_jobs(self, r, n, reports):
        """Each job was there once: the postings, and a report of each."""
        jobs = sorted(j.endswith('.r') for j in self.site.done())
        if jobs != [False] * n + [True] * reports:
            r.problems.append('%d jobs and %d reports are done' % (
                jobs.count(False), jobs.count(True)))

    def keep_evidence(self, r):
        if self.kept >= 3 or not self.keep:
            return
        self.kept += 1
        to = '%s/%s-%d' % (self.keep, os.path.basename(self.base), self.kept)
        shutil.copytree(self.base, to, symlinks=True, ignore=lambda d, n: [
            x for x in n if x in ('lists', 'fault') or 'trigger' in x])
        with open(to + '/problems', 'w', encoding='utf-8') as f:
            f.write('%r\n%s\n' % (r.task, '\n'.join(r.problems)))
