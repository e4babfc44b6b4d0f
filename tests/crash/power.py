"""Power cuts at random moments, under load."""
import functools
import os
import random
import shutil
import time
from collections import Counter

import commands
import disk
import fault
import load
import one
import pipeline
import scan
import sink
import slots
import spool
import tally
import torn
import who

DISK = 192 << 20      # bytes
SLOTS = 3             # at a time: more would wait for each other's syncs
FLUSHED_SHARE = 0.2   # of the cuts come after the journal was written out
SCAN_SHARE = 0.4      # find a SPAM_EXIT, and mail that waits
COMMAND_SHARE = 0.3   # find mail with commands
TWICE_SHARE = 0.2     # are followed by another during the recovery
EARLY_SHARE = 0.05    # may come before there is any work
LATEST = 0.35         # of the time that a run takes; there is less to do ...
AGAIN_LATEST = 0.12   # ... after a cut
MANY_CUTS = 100
BUSY_SHARE = 0.8      # at least so many have to find work in some stage
CARELESS = 10         # runs that show what a missing sync does
CALM = 4              # runs without a cut, to learn how long one takes


class Result:
    def __init__(self):
        self.problems = []
        self.held = []        # what each stage held at each cut
        self.lost = self.doubled = self.most = 0
        self.seconds = 0.0


class Slot:
    """A site on a disk of its own, and a sink beside it."""

    def __init__(self, build, base, keep=None, careless=False):
        who.lay_down()
        os.makedirs(base)
        self.base, self.keep, self.kept = base, keep, 0
        self.careless = ()
        self.door = pipeline.DOORS[0]
        if careless:
            f = fault.Fault(base + '/fault')
            f.order('lsv-inject', fault.NOSYNC)
            self.careless = (build + '/tests/lib/preload_fault.so', f.path)
        self.log_path = base + '/services.log'
        self.expected = load.Expected(load.subscribers())
        self.runs = 0
        self.scanned = False
        self.commands = None
        self.sink = sink.Sink(build, base)
        self.disk = self.new_disk()
        try:
            self.site = spool.Site(build, base + '/disk/site',
                                   self.sink.port)
            scan.configure(self.site, '127.0.0.1:%d' % self.sink.port)
            commands.configure(self.site, '127.0.0.1:%d' % self.sink.port)
            self.site.use('etc')
            self.busy = self.calibrate()
        except BaseException:
            self.close()
            raise

    def new_disk(self):
        return disk.Disk(self.base + '.img', self.base + '/disk', DISK)

    def close(self):
        self.sink.close()
        self.disk.close()

    def calibrate(self):
        times = []
        for _ in range(CALM):
            r = self.run(None)
            if r.problems:
                raise RuntimeError('a run without a cut fails: ' +
                                   '; '.join(r.problems))
            times.append(r.seconds)
        return sum(times[1:]) / (CALM - 1)

    def mail(self):
        self.runs += 1
        mark = '%d' % self.runs
        small, big = load.pair(self.door, mark)
        if self.scanned:
            return [big] + scan.mail(mark)
        if self.commands:
            return [small] + self.commands.given
        return [small, big, small]

    def run(self, seed):
        """With a seed: at least one cut."""
        r = Result()
        self.site.reset()
        self.sink.reset()
        rng = random.Random(seed)
        if not self.careless:
            self.door = rng.choice(pipeline.DOORS)
            self.choose(seed, rng.random())
        mail = self.mail()
        cuts = 0 if seed is None else 1 + (rng.random() < TWICE_SHARE)
        with open(self.log_path, 'wb') as log:
            queue = None
            for i in range(cuts):
                queue = self.cut(r, rng, log, mail, queue,
                                 AGAIN_LATEST if i else LATEST)
            self.finish(r, log, mail, queue)
        self.check(r, mail, cuts)
        if r.problems:
            self.keep_evidence(r, seed)
        return r

    def choose(self, seed, share):
        """What this run has besides postings."""
        self.scanned = seed is not None and share < SCAN_SHARE
        self.commands = None
        if seed is not None and share >= 1 - COMMAND_SHARE:
            self.commands = commands.Commands(self.runs)
        self.site.use(scan.ETC if self.scanned else
                      commands.ETC if self.commands else 'etc')

    def pipeline(self, log, mail, queue):
        p = pipeline.Pipeline(self.site, log, *self.careless,
                              door=self.door)
        p.start(pipeline.SERVICES +
                ((scan.SERVICE,) if self.scanned else ()) +
                ((commands.SERVICE,) if self.commands else ()))
        if queue is None:
            p.give(mail)
        else:
            p.queue = queue    # what was not taken is given again
        return p

    def cut(self, r, rng, log, mail, queue, latest):
        p = self.pipeline(log, mail, queue)
        try:
            if rng.random() >= EARLY_SHARE:
                p.run_until(lambda: any(self.site.held().values()))
            p.run(rng.random() * latest * self.busy)
            r.held.append(self.site.held())
            self.disk.cut(disk.LOGFLUSH if rng.random() < FLUSHED_SHARE
                          else disk.NOLOGFLUSH)
            r.problems += p.trouble
        finally:
            p.kill()
        self.disk.unmount()
        self.disk.mount()
        r.problems += torn.look(self.site)
        return p.queue

    def finish(self, r, log, mail, queue):
        p = self.pipeline(log, mail, queue)
        try:
            p.run_until(lambda: any(self.site.held().values()))
            start = time.monotonic()
            if not self.drain(p):
                r.problems.append('not drained: ' + ' '.join(
                    self.site.leftovers()[:3]))
            r.seconds = time.monotonic() - start
            p.stop()
            r.problems += p.trouble
        finally:
            p.kill()

    def drain(self, p):
        if self.scanned:
            return scan.drain(p, self.site, one.DRAIN_S)
        return p.drain(one.DRAIN_S)

    def check(self, r, mail, cuts):
        self.sink.settle()
        want = self.expected.of({m.hash: m for m in mail}.values())
        o = load.Outcome(want, load.read_log(self.sink.log))
        r.lost, r.doubled = len(o.lost), len(o.doubled)
        r.most = o.repeated()
        if o.lost:
            r.problems.append('%d lost, such as %s to %s' % (
                (len(o.lost),) + min(o.lost)))
        if o.unexpected:
            r.problems.append('%d unexpected' % len(o.unexpected))
        if r.most > cuts:
            r.problems.append('a recipient got %d copies after %d cuts' % (
                r.most + 1, cuts))
        if self.commands:
            r.problems += self.commands.check(self.site)
        left = self.site.leftovers()
        if left and not r.problems:
            r.problems.append('left: ' + ' '.join(left[:3]))

    def keep_evidence(self, r, seed):
        if self.kept >= 3 or not self.keep:
            return
        self.kept += 1
        to = '%s/%s-%d' % (self.keep, os.path.basename(self.base), self.kept)
        os.mkdir(to)
        shutil.copy(self.log_path, to)
        shutil.copy(self.sink.log, to)
        with open(to + '/problems', 'w', encoding='utf-8') as f:
            f.write('seed %r\n%s\n' % (seed, '\n'.join(r.problems)))


def histogram(results):
    """Which stages held work; the share of cuts that found any."""
    rows = Counter()
    idle = total = 0
    for r in results:
        for held in r.held:
            total += 1
            rows.update(s for s, n in held.items() if n)
            idle += not any(held.values())
    print('\nPower cuts: %d in %d runs' % (total, len(results)))
    tally.table(['stage that held files at the cut', 'cuts', '%'],
                [[s, rows[s], '%.0f' % (100 * rows[s] / total)]
                 for s in spool.STAGES] +
                [['none of them', idle, '%.0f' % (100 * idle / total)]])
    return 1 - idle / total


def proves_something(base):
    """Would these cuts show a sync that is missing? lsv-inject without any
    has to lose mail."""
    maker = functools.partial(Slot, base.build, base.top + '/careless',
                              careless=True)
    found = sum(bool(r.problems) for r in slots.run_all(
        [maker], list(range(CARELESS)), drop=False))
    print('\nwithout any sync in lsv-inject, %d of %d runs go wrong' % (
        found, CARELESS))
    return found > 0


def main(base, options):
    why = disk.usable()
    if why:
        print('power cuts: skipped, ' + why)
        return 0
    wrong = 0 if proves_something(base) else 1
    rng = random.Random(options.seed)
    tasks = [rng.getrandbits(32) for _ in range(options.cuts)]
    makers = [functools.partial(Slot, base.build, '%s/power%d' % (
        base.top, i), base.evidence) for i in range(SLOTS)]
    results = tally.run_all('power cuts', makers, tasks, tally.complain,
                            drop=False)
    busy = histogram(results)
    bad = sum(bool(r.problems) for r in results)
    wrong += bad
    print('lost: %d recipients; torn or empty files, other trouble: %d runs' %
          (sum(r.lost for r in results), bad))
    print('recipients repeated after a cut: mean %.0f, greatest %d of %d; '
          'copies of one at most %d' % (
              sum(r.doubled for r in results) / len(results),
              max(r.doubled for r in results), load.BIG,
              1 + max(r.most for r in results)))
    # a few cuts say nothing about their share
    if busy < BUSY_SHARE and options.cuts >= MANY_CUTS:
        print('  WRONG: only %.0f %% of the cuts found work' % (100 * busy))
        wrong += 1
    return wrong
