"""Mail that SPAM_EXIT is asked about, and that waits for its time."""
import os
import signal
import time
from collections import Counter

import load
import spool

ETC = 'etc-scan'      # with an exit
LATE = 'late'         # a list that holds postings of strangers
SERVICE = 'lsv-scan'
STEP_S = 2            # what was deferred is tried again after so long ...
SOON_S = 0.2          # ... and more is looked for after so long
BAD = 'bad'
AUTHOR = 'author@writers.example'

# no process of its own: all of the tests have one user, and so one limit
EXIT = '''#!/bin/sh
while read -r line; do
	case $line in
	"Subject: posting %s-"*)
		echo it says so
		exit 2
		;;
	esac
done <spam.tmp
exit 0
''' % BAD


def configure(site, relay):
    """The exit, which is there to stay, and a configuration that names it."""
    os.mkdir('%s/%s' % (site.base, ETC))
    path = site.base + '/exit'
    with open(path, 'w', encoding='ascii') as f:
        f.write(EXIT)
        os.fchmod(f.fileno(), 0o755)
        f.flush()
        os.fsync(f.fileno())
    site.configure(ETC, relay, ['SPAM_EXIT=' + path])


class Rejected(load.Message):
    """Its author is told so; of that there is no report."""

    def __init__(self, name, mark):
        super().__init__(name, mark)
        self.reports = 0

    def want(self, _):
        return Counter({('report', AUTHOR): 1})


def mail(mark='one'):
    """One goes on, and is given twice; one is rejected, one has to wait."""
    small = load.Message('small', mark)
    return [small, Rejected('small', '%s-%s' % (BAD, mark)),
            load.Message(LATE, mark),
            load.Message('small', mark + '-again'), small]


def make_due(site):
    """What waits for its time need not wait longer; was there any?"""
    found = False
    for name in spool.names(site.path('hold')):
        if not name.endswith('.why'):
            continue
        path = site.path('hold/' + name)
        with open(path, encoding='utf-8') as f:
            lines = f.read().split('\n')
        changed = ['until: 1' if x.startswith('until: ') else x
                   for x in lines]
        if changed != lines:
            found = True
            with open(path + '.new', 'w', encoding='utf-8') as f:
                f.write('\n'.join(changed))
            os.rename(path + '.new', path)
    return found


def hurry(p, site):
    """Time goes by: lsv-score learns of it as it starts; and what was deferred
    is asked about again when the configuration is read again."""
    score = p.services.get('lsv-score')
    if not score:
        return
    if make_due(site):
        score.send_signal(signal.SIGKILL)
    elif spool.names(site.path('score/wait')):
        score.send_signal(signal.SIGHUP)


def drain(p, site, seconds):
    """Until nothing waits anywhere; False when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        p.run_until(lambda: p.all_given() and site.is_drained('hold'),
                    STEP_S)
        if p.all_given() and site.is_drained():
            return p.drain(max(STEP_S, end - time.monotonic()))
        hurry(p, site)
        p.run(SOON_S)
    return False
