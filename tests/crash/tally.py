"""What the runs came to, added up and printed."""
import sys

import slots


class Tally:
    """Runs of one kind."""

    def __init__(self):
        self.runs = self.hits = self.lost = self.bad = 0
        self.before = 0        # recipients doubled before SMTP
        self.repeats = []      # recipients repeated, per run that may repeat

    def add(self, r):
        self.runs += 1
        self.hits += len(r.hits)
        self.lost += r.lost
        self.bad += bool(r.problems)
        if r.allowed:
            self.repeats.append(r.doubled)
        else:
            self.before += r.doubled

    def repeat_text(self):
        if not self.repeats:
            return '-', '-'
        return ('%.1f' % (sum(self.repeats) / len(self.repeats)),
                '%d' % max(self.repeats))


def table(head, rows):
    """Prints columns; the first is text, the others are numbers."""
    rows = [[str(c) for c in row] for row in rows]
    width = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for row in [head] + rows:
        print('  '.join([row[0].ljust(width[0])] + [
            c.rjust(w) for c, w in zip(row[1:], width[1:])]).rstrip())


class Progress:
    """A count on a terminal."""

    def __init__(self, what, total):
        self.what, self.total, self.n = what, total, 0
        self.show = sys.stderr.isatty()

    def step(self):
        self.n += 1
        if self.show and (self.n % 10 == 0 or self.n == self.total):
            print('\r%s %d of %d ' % (self.what, self.n, self.total), end='',
                  file=sys.stderr, flush=True)
            if self.n == self.total:
                print(file=sys.stderr)


def run_all(what, makers, tasks, look, drop=True):
    """The results of all tasks, as slots.run_all; look is given each, and how
    many there are is shown."""
    results = []
    progress = Progress(what, len(tasks))
    for r in slots.run_all(makers, tasks, drop):
        results.append(r)
        look(r)
        progress.step()
    return results


def complain(r):
    """Says what went wrong in a run."""
    for p in r.problems:
        print('  WRONG', p)


def complain_of_calls(r, names):
    """Says what went wrong in a run, and after what; names them as well."""
    names.load(r.hits)
    if not r.problems:
        return
    o = r.task['order']
    print('  WRONG %s first=%d span=%d second=%d error=%d: %s' % (
        o['program'], o.get('first', 0), o.get('span', 0),
        o.get('second', 0), o.get('error', 0), '; '.join(r.problems)))
    for h in r.hits:
        print('    at', names.site(h), '(call %d%s)' % (
            h.number, ', a child' if h.child else ''))
