"""Kill at every call that changes something."""
import functools
import random

import calls
import fault
import one
import slots
import tally

PROGRAMS = ('lsv-inject', 'lsv-lmtp', 'lsv-score', 'lsv-route', 'lsv-smtpw')
IN_TLS = 'lsv-smtpw-tls'
MERGED = {'lsv-merge': 'lsv-merge', 'lsv-route-merge': 'lsv-route',
          'lsv-smtpw-merge': 'lsv-smtpw'}
SCANNED = {'lsv-scan': 'lsv-scan', 'lsv-score-scan': 'lsv-score'}
COMMANDS = {'lsv-command': 'lsv-command'}
PEERS = {'lsv-peer': 'lsv-peer', 'lsv-route-peer': 'lsv-route',
         'lsv-route-dist': 'lsv-route'}
OTHERS = dict(MERGED, **SCANNED, **COMMANDS, **PEERS)
# what is tested: a program; one of them also as it speaks TLS with the relay;
# the programs that a merge job comes through; and those that work together
# when there is a SPAM_EXIT, and mail waits; lsv-command, with commands; and
# those that pass mail on to another server
CASES = PROGRAMS + (IN_TLS,) + tuple(OTHERS)
PARENTS = ('lsv-route', 'lsv-smtpw', IN_TLS, 'lsv-route-merge',
           'lsv-smtpw-merge', 'lsv-scan', 'lsv-route-peer',
           'lsv-route-dist')
MODES = {
    'alone': (fault.KILL_SELF, CASES),
    'parent': (fault.KILL_PARENT, PARENTS),
    'tree': (fault.KILL_ALL, CASES),
}
SECOND_MAX = 40    # calls after a restart at which it is killed again


def of_case(case, **order):
    """A task; order: of fault.Fault.order, but for the program."""
    tls = case == IN_TLS
    program = 'lsv-smtpw' if tls else OTHERS.get(case, case)
    return {'case': case, 'tls': tls, 'merge': case in MERGED,
            'scan': case in SCANNED, 'command': case in COMMANDS,
            'peer': case in PEERS, 'dist': case == 'lsv-route-dist',
            'order': dict(order, program=program)}


def cases(base, only):
    """only: names, or none for all."""
    wanted = [c for c in CASES if not only or c in only]
    if IN_TLS in wanted and not base.has_tls:
        print('in TLS: skipped, there is no openssl')
        wanted.remove(IN_TLS)
    return wanted


class Counter(one.Slot):
    """Finds the calls of runs in which nothing goes wrong."""

    def run(self, task):
        case, kinds = task
        r = super().run(of_case(case, mode=fault.COUNT, kinds=kinds,
                                every=True))
        if r.problems:
            raise RuntimeError('a run without trouble fails: ' +
                               '; '.join(r.problems))
        return r.records


def count_all(base, wanted, kinds=fault.STATE):
    """{case: its calls}"""
    maker = functools.partial(Counter, base.build,
                              '%s/count%d' % (base.top, kinds))
    results = slots.run_all([maker], [(c, kinds) for c in wanted])
    return dict(zip(wanted, results))


def order(mode, case, first, second=0):
    return dict(of_case(case, mode=MODES[mode][0], first=first,
                        second=second), mode=mode, again=bool(second))


def all_tasks(points, rng, share):
    """Every point in every mode, and each once more with a second kill
    during the recovery; of all that only a share."""
    tasks = []
    for mode, (_, of) in MODES.items():
        for c in points:
            if c in of:
                tasks += [order(mode, c, n + 1)
                          for n in range(len(points[c]))]
    for c in points:
        for n in range(len(points[c])):
            mode = rng.choice([m for m in MODES if c in MODES[m][1]])
            tasks.append(order(mode, c, n + 1, rng.randint(1, SECOND_MAX)))
    if share < 1:
        tasks = rng.sample(tasks, int(len(tasks) * share))
    rng.shuffle(tasks)
    return tasks


def allowed(task, hits):
    """Recipients that may get a second copy: those of transactions in
    flight when a worker died."""
    window = one.window(task)
    if task['mode'] == 'tree':
        return 2 * window * len(hits)
    if task['mode'] == 'alone' and task['order']['program'] == 'lsv-smtpw':
        return window * sum(h.child for h in hits)
    return 0


def behind(records):
    """Of the calls of lsv-merge, which ran more than once: those that come
    after the rename with which a job is handed over."""
    first = next((i for i, r in enumerate(records) if r.call == 'renameat2'),
                 len(records))
    before = {r.key() for r in records[:first + 1]}
    return {r.key() for r in records} - before


class Worker(one.Slot):
    def __init__(self, build, base, keep, after):
        super().__init__(build, base, keep)
        self.after = after    # calls of lsv-merge behind the hand-over

    def allowed(self, r):
        return allowed(r.task, r.hits)

    def handed_over(self, hit):
        return hit.key() in self.after


def sites_text(points, results, names):
    """Points and kills by program and call site."""
    for c in points:
        rows = {}
        for r in points[c]:
            rows.setdefault(names.site(r), [0, 0, 0, 0, 0])[0] += 1
        for r in results:
            for i, h in enumerate(r.hits if r.task['case'] == c else ()):
                row = rows.setdefault(names.site(h), [0, 0, 0, 0, 0])
                row[4 if i else list(MODES).index(r.task['mode']) + 1] += 1
        print('\n%s: %d points at %d call sites' % (
            c, len(points[c]), len(rows)))
        tally.table(['call', 'points', 'alone', 'parent', 'tree', 'again'],
                    [[s] + rows[s] for s in sorted(rows)])


def summary(points, results):
    rows = []
    for c in points:
        for mode in list(MODES) + ['again']:
            t = tally.Tally()
            for r in results:
                m = 'again' if r.task['again'] else r.task['mode']
                if r.task['case'] == c and m == mode:
                    t.add(r)
            if t.runs:
                rows.append([c + ' ' + mode, len(points[c]), t.runs, t.hits,
                             t.lost, t.before] + list(t.repeat_text()) +
                            [t.bad])
    print('\nKills: %d runs' % len(results))
    tally.table(['program and mode', 'points', 'runs', 'kills', 'lost',
                 'doubled', 'repeated', 'at most', 'wrong'], rows)
    print('lost, doubled: recipients; doubled: before SMTP, none may be; '
          'repeated: by\ntransactions in flight when workers were killed, '
          'mean and greatest of a run')


def main(base, options):
    unknown = calls.unknown(base.build, PROGRAMS + (
        'lsv-merge', 'lsv-scan', 'lsv-command', 'lsv-peer'))
    if unknown:
        print('WRONG: the preload does not know', ' '.join(unknown))
        return 1
    rng = random.Random(options.seed)
    points = count_all(base, cases(base, options.programs))
    names = calls.Names(base.build)
    for records in points.values():
        names.load(records)
    tasks = all_tasks(points, rng, options.share)
    makers = [functools.partial(Worker, base.build, '%s/kill%d' % (
        base.top, i), base.evidence, behind(points.get('lsv-merge', ())))
        for i in range(options.slots)]
    results = tally.run_all('kills', makers, tasks, functools.partial(
        tally.complain_of_calls, names=names))
    sites_text(points, results, names)
    summary(points, results)
    return sum(bool(r.problems) for r in results)
