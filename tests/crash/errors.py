"""Let every call of every program fail, in all the ways it can."""
import errno
import functools
import random

import calls
import fault
import kills
import one
import tally

ERRORS = {
    'ENOSPC': (fault.FAIL, fault.SPACE, errno.ENOSPC),
    'EIO': (fault.FAIL, fault.IO, errno.EIO),
    'EMFILE': (fault.FAIL, fault.FD, errno.EMFILE),
    'EINTR': (fault.FAIL, fault.INTR, errno.EINTR),
    'short': (fault.SHORT, fault.HALF, 0),
}
SPAN_MAX_MS = 400    # calls go on failing for so long at most ...
SPAN_EVERY = 4       # ... at one of so many points
FIRST = kills.PROGRAMS + ('lsv-merge', 'lsv-command', 'lsv-peer')
SECOND_SHARE = 0.25  # of the points of a program that has a case more, in TLS,
                     # with merge jobs or an exit: most are those it had
                     # already; most of lsv-scan are looks at /proc

QUIET_S = 15         # without a wake-up


def order(what, case, first, span=0):
    mode, kinds, number = ERRORS[what]
    return dict(kills.of_case(case, mode=mode, kinds=kinds, error=number,
                              first=first, span=span), what=what)


def all_tasks(points, rng, share):
    tasks = []
    for what in ERRORS:
        for c in points[what]:
            for n in range(points[what][c]):
                tasks.append(order(what, c, n + 1))
                if n % SPAN_EVERY == 0:
                    tasks.append(order(what, c, n + 1,
                                       rng.randint(10, SPAN_MAX_MS)))
    tasks = [t for t in tasks
             if t['case'] in FIRST or rng.random() < SECOND_SHARE]
    if share < 1:
        tasks = rng.sample(tasks, int(len(tasks) * share))
    rng.shuffle(tasks)
    return tasks


class Worker(one.Slot):
    def drain(self, p, r):
        """A wake-up can get lost when it fails: then the programs look
        unasked after some minutes, which we do not wait for."""
        if self.drain_in(QUIET_S, p, r):
            return True
        r.late = True
        self.site.poke()
        return self.drain_in(one.DRAIN_S, p, r)

    def allowed(self, r):
        """What a worker cannot record is delivered again: that of the
        transactions in flight, each time it comes to it."""
        o = r.task['order']
        if o['program'] != 'lsv-smtpw' or r.task['what'] == 'short':
            return 0
        return 2 * one.window(r.task)


def summary(points, results):
    rows = []
    for c in kills.CASES:
        for what in ERRORS:
            t = tally.Tally()
            codes = set()
            ended = late = 0
            for r in results:
                if r.task['case'] == c and r.task['what'] == what:
                    t.add(r)
                    codes.update(code for d in r.codes for code in d)
                    ended += sum(s == 111 for _, s in r.deaths)
                    late += r.late
            if t.runs:
                rows.append([c + ' ' + what, points[what][c], t.runs, t.lost,
                             t.before] + list(t.repeat_text()) + [
                             ended, late, ','.join(map(str, sorted(codes))),
                             t.bad])
    print('\nFailing calls: %d runs' % len(results))
    tally.table(['program and error', 'points', 'runs', 'lost', 'doubled',
                 'repeated', 'at most', 'exit 111', 'late', 'told', 'wrong'],
                rows)
    print('repeated: what a worker could not record, mean and greatest of a '
          'run; exit 111:\nservices that ended and were started again; late: '
          'a wake-up was lost, the look\nthat is taken unasked every few '
          'minutes helped; told: exit codes of lsv-inject,\nreplies of '
          'lsv-lmtp')


def main(base, options):
    rng = random.Random(options.seed)
    wanted = kills.cases(base, options.programs)
    points = {w: {c: len(r) for c, r in kills.count_all(
        base, wanted, ERRORS[w][1]).items()} for w in ERRORS}
    tasks = all_tasks(points, rng, options.share)
    names = calls.Names(base.build)
    makers = [functools.partial(Worker, base.build, '%s/error%d' % (
        base.top, i), base.evidence) for i in range(options.slots)]

    def look(r):
        names.load(r.hits)
        if r.late and not r.task['order']['span'] and not any(
                ' ho_wake' in names.site(h) for h in r.hits):
            r.problems.append('nobody was woken, and no wake-up failed')
        tally.complain_of_calls(r, names)

    results = tally.run_all('failing calls', makers, tasks, look)
    summary(points, results)
    return sum(bool(r.problems) for r in results)
