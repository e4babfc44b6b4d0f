"""A private site: its four roots, and what is in its spool."""
import os
import re
import shutil
import subprocess

import load
import who

POOLS = [chr(c) for c in range(ord('A'), ord('Z') + 1)] + [
    'default', 'peer']
NAME = re.compile(r'^[0-9a-f]{13}\.[0-9a-f]{10}(\.[0-9A-Za-z]{1,12}){0,2}$')

TRIGGERS = ('score/trigger', 'command/trigger', 'score/scanned/trigger',
            'scan/trigger', 'route/trigger', 'pool/trigger', 'peer/trigger',
            'pool/finished.trigger', 'pool/peer/trigger')

# where mail can wait, in the order in which it comes through
STAGES = ('score/tmp', 'score/new', 'score/wait', 'scan/new',
          'score/scanned/new', 'hold', 'score/out', 'command/new',
          'command/out', 'route/new', 'jobs/stage',
          'jobs', 'pool/peer/now', 'pool/peer/later', 'peer/out',
          'pool/default/now', 'pool/default/later', 'pool/finished')
# ... and where it may not stay when all is done
MUST_EMPTY = ('score/new', 'score/bad', 'score/wait', 'score/out',
              'score/scanned/new', 'command/new', 'command/bad',
              'command/out', 'command/wait', 'scan/new', 'scan/bad', 'scan/run', 'hold',
              'route/tmp', 'route/new', 'route/bad', 'jobs/stage', 'jobs',
              'peer/new', 'peer/bad', 'peer/out', 'pool/finished')


def names(path):
    """What lies in a directory; empty when it cannot be read. lsv-scan writes
    its state to .state, and begins anew the next time."""
    try:
        return [n for n in os.listdir(path) if n not in ('stage', '.state')]
    except OSError:
        return []


def clear(path):
    """Removes all files below a directory, and directories of names and
    days; keeps the rest."""
    with os.scandir(path) as entries:
        for e in entries:
            if e.is_dir(follow_symlinks=False):
                clear(e.path)
                if NAME.match(e.name) or e.name.isdigit():
                    os.rmdir(e.path)
            elif e.is_file(follow_symlinks=False):
                os.unlink(e.path)


class Site:
    """The roots below one directory; etc may lie elsewhere."""

    def __init__(self, build, base, port, settings=()):
        self.build, self.base = build, base
        self.spool = os.path.join(base, 'spool')
        self.env = {'PATH': build + '/bin:/usr/bin:/bin', 'TZ': 'UTC',
                    'LSV_ETC': base + '/etc', 'LSV_SPOOL': self.spool,
                    'LSV_LIB': base + '/lib', 'LSV_RUN': base + '/run'}
        for d in ('etc', 'lib/lists', 'lib/score', 'lib/command', 'run'):
            os.makedirs(os.path.join(base, d))
        self.make_spool()
        self.configure('etc', '127.0.0.1:%d' % port, settings)
        for name, addresses in load.subscribers().items():
            self.make_list(name, addresses)

    def path(self, name):
        return os.path.join(self.spool, name)

    def make_spool(self):
        for d in MUST_EMPTY + ('score/tmp', 'command/tmp', 'score/scanned/tmp',
                               'scan/tmp', 'peer/tmp', 'done'):
            os.makedirs(self.path(d), exist_ok=True)
        for p in POOLS:
            for d in 'now', 'later', 'held':
                os.makedirs(self.path('pool/%s/%s' % (p, d)))
        for f in TRIGGERS:
            os.mkfifo(self.path(f), 0o620)

    def command(self, *words):
        subprocess.run((self.build + '/bin/' + words[0],) + words[1:],
                       env=self.env, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, **who.child())

    def use(self, etc):
        """From here on with this configuration."""
        self.env['LSV_ETC'] = self.base + '/' + etc

    def configure(self, etc, relay, settings=()):
        with open('%s/%s/site.cfg' % (self.base, etc), 'w',
                  encoding='utf-8') as f:
            f.write('NODE=%s\nMYDOMAIN=%s\nPOSTMASTER=ann@%s\n'
                    'SMTP_FORWARD=%s\n'
                    'SMTP_FORWARD_1="2*%s"\nMAXBSMTP=100\n'
                    'RETRY_MIN=50ms\nRETRY_MAX=200ms\nSPAM_DELAY=0\n'
                    'SPAM_WHITELIST_FROM=*@writers.example\n'
                    'SPAM_BLACKLIST_FROM=">>spam@* author@*"\n' %
                    (load.NODE, load.NODE, load.NODE, relay, relay))
            f.writelines(s + '\n' for s in settings)
        self.use(etc)
        self.command('lsv-config', 'apply')

    def configure_tls(self, etc, relay, certificate, login):
        """relay: host and port; login: user and password"""
        os.mkdir('%s/%s' % (self.base, etc))
        shutil.copyfile(certificate, '%s/%s/ca.pem' % (self.base, etc))
        fd = os.open('%s/%s/auth' % (self.base, etc),
                     os.O_WRONLY | os.O_CREAT, 0o600)
        with open(fd, 'w', encoding='utf-8') as f:
            f.write('relay %s %s\n' % login)
        self.configure(etc, relay + ';TLS=verify;AUTH=relay')

    def make_list(self, name, addresses):
        path = self.base + '/run/' + name
        with open(path, 'w', encoding='utf-8') as f:
            f.writelines(a + '\n' for a in addresses)
        head = self.base + '/run/header'
        with open(head, 'w', encoding='utf-8') as f:
            f.write('* %s\n* Owner= ann@%s\n' % (name, load.NODE))
            if name == 'each':
                f.write('* Misc-Options= VERP\n')
            if name.startswith('cmd'):
                f.write('* Subscription= Open\n')
            if name == 'late':
                f.write('* Loopcheck= Normal,Spam-Delay(1)\n')
        self.command('lsv-list', 'create', name, '--header', head)
        self.command('lsv-list', 'import', name, path)

    def reset(self):
        """As if nothing had ever come in."""
        clear(self.spool)
        clear(self.base + '/lib/score')

    def poke(self):
        """Wakes all, as their own clocks would do within minutes."""
        for name in TRIGGERS:
            try:
                fd = os.open(self.path(name), os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue    # nobody reads
            os.write(fd, b'\0')
            os.close(fd)

    def held(self):
        """{stage: how many files wait there}"""
        return {s: len(names(self.path(s))) for s in STAGES}

    def is_drained(self, but=None):
        return not any(names(self.path(s)) for s in STAGES
                       if s not in ('score/tmp', but))

    def leftovers(self):
        """What should not be there once all mail is delivered."""
        left = [d + '/' + n for d in MUST_EMPTY
                for n in names(self.path(d))]
        for p in POOLS:
            for d in 'now', 'later', 'held':
                d = 'pool/%s/%s' % (p, d)
                left += [d + '/' + n for n in names(self.path(d))]
        return left

    def done(self):
        """The names of the jobs that are over."""
        return [n for day in names(self.path('done'))
                for n in names(self.path('done/' + day))]
