"""A disk that runs full while mail is under way, and is emptied again."""
import functools
import itertools
import os
import random
import time

import disk
import one
import pipeline
import power
import tally

RUNS = 24
SIZE = 96 << 20     # bytes of a disk
INODES = 512        # of one that runs out of them
FULL_S = 0.4        # so long at most
SLOTS = 2


class Slot(power.Slot):
    """Every other run it is the inodes that are used up."""

    def __init__(self, build, base, keep, inodes):
        self.inodes = inodes
        super().__init__(build, base, keep)

    def new_disk(self):
        return disk.Disk(self.base + '.img', self.base + '/disk', SIZE,
                         INODES if self.inodes else None)

    def fill(self):
        """Until nothing more fits."""
        path = self.base + '/disk/filler'
        os.mkdir(path)
        try:
            if self.inodes:
                for i in itertools.count():
                    os.close(os.open('%s/%d' % (path, i),
                                     os.O_WRONLY | os.O_CREAT))
            block = bytes(1 << 16)
            while len(block) > 1:
                try:
                    with open(path + '/blocks', 'ab', buffering=0) as f:
                        while f.write(block):
                            pass
                except OSError:
                    block = block[:len(block) // 2]
        except OSError:
            pass

    def empty(self):
        path = self.base + '/disk/filler'
        for n in os.listdir(path):
            os.unlink(path + '/' + n)
        os.rmdir(path)

    def run(self, seed):
        r = power.Result()
        self.site.reset()
        self.sink.reset()
        rng = random.Random(seed)
        self.door = rng.choice(pipeline.DOORS)
        mail = self.mail()
        with open(self.log_path, 'wb') as log:
            p = self.pipeline(log, mail, None)
            try:
                p.run_until(lambda: any(self.site.held().values()))
                start = time.monotonic()
                if seed is not None:
                    p.run(self.busy * rng.random() ** 2)
                    self.fill()
                    r.held.append(self.site.held())
                    p.run(FULL_S * rng.random())
                    self.empty()
                if not p.drain(one.DRAIN_S):
                    r.problems.append('not drained: ' + ' '.join(
                        self.site.leftovers()[:3]))
                r.seconds = time.monotonic() - start
                p.stop()
            finally:
                p.kill()
        r.problems += p.trouble
        r.codes = [c for d in p.queue for c in d.codes]
        self.check(r, mail, 0)
        if r.problems:
            self.keep_evidence(r, seed)
        return r


def main(base, options):
    why = disk.usable()
    if why:
        print('full disks: skipped, ' + why)
        return 0
    wrong = 0
    for inodes in False, True:
        rng = random.Random(options.seed)
        tasks = [rng.getrandbits(32) for _ in range(max(2, int(
            RUNS * options.share)))]
        makers = [functools.partial(
            Slot, base.build, '%s/space%d%d' % (base.top, inodes, i),
            base.evidence, inodes) for i in range(SLOTS)]
        results = tally.run_all('full disks', makers, tasks,
                                tally.complain, drop=False)
        bad = sum(bool(r.problems) for r in results)
        wrong += bad
        print('%s: %d disks ran full, %d of them with mail under way, and '
              'were emptied;\nthe MTA was told to try again %d times; lost %d, '
              'doubled %d, wrong %d' % (
                  'inodes' if inodes else 'blocks', len(results),
                  sum(any(r.held[0].values()) for r in results),
                  sum(c == 75 or 400 <= c < 500
                      for r in results for c in r.codes),
                  sum(r.lost for r in results),
                  sum(r.doubled for r in results), bad))
    return wrong
