"""hosts.py TABLE MANUAL DIR [NAME...]

Plays lsv-smtpw against the host of every row of a table, or of those named.
The table is explained where it begins; its rules are those of the manual.
LSV_ETC and LSV_SPOOL are a site with an empty spool; DIR/certs/good.pem is a
certificate; below DIR is room. Prints TAP; what was expected of each row and
what was seen is in DIR/table as well, and at the end as a remark.
"""
import fnmatch
import os
import re
import signal
import subprocess
import sys
import time

import scripthost

POOLS = [chr(c) for c in range(ord('A'), ord('Z') + 1)] + ['default']
NODE = 'lists.example.org'
LIMIT_S = 60        # for the rows that run at once
BUSY_S, SHORT_S = 30, 2     # SMTP_TIMEOUT; for rows that wait for it
LARGE = 16 << 20
WARM = 'v w x y z'    # personal copies that come first: BDAT begins behind them


class Row:
    def __init__(self, number, name, rule):
        self.number, self.name, self.rule = number, name, rule
        self.rules, self.words, self.send = [], [], ['a', 'b']
        self.want, self.took = {}, {}
        self.offer, self.entry = scripthost.OFFER, 'TLS=may'
        self.conns, self.away, self.says = '1', 'no', None
        self.host = self.other = None
        self.files = {}     # word of its Message-ID -> (name, recipients)
        self.sent_next = self.done = False

    def read(self, key, text):
        pairs = [w.partition('=')[::2] for w in text.split()]
        if key == 'host':
            self.rules.append(text)
        elif key == 'send':
            self.send = text.split()
        elif key == 'with':
            self.words = text.split()
        elif key in ('want', 'took'):
            getattr(self, key).update(pairs)
        elif key in ('offer', 'entry', 'conns', 'away', 'says'):
            setattr(self, key, text)
        else:
            raise ValueError('no such key: ' + key)

    def has(self, word):
        return word in self.words

    def waits(self):
        """It needs a short SMTP_TIMEOUT."""
        return any(re.search(r'silent|discard|drip 0\.2', r)
                   for r in self.rules)

    def messages(self):
        """(word, recipients) of those that are there from the start."""
        warm = WARM.split() if self.has('personal') else []
        yield 'one', warm + self.send
        if self.has('pair'):
            yield 'two', ['p', 'q']

    def rcpts(self):
        shown = [('one', r) for r in self.send]
        if self.has('pair'):
            shown += [('two', 'p'), ('two', 'q')]
        return shown + [('next', 'n')]

    def expected(self):
        """[(recipient, what the journal should say)]"""
        return [(r, self.want.get(r, 'D250')) for _, r in self.rcpts()]


def read_table(path):
    rows = []
    with open(path, encoding='utf-8') as f:
        for line in f:
            words = line.split()
            if not words or words[0].startswith('#'):
                continue
            if line[0] != ' ':
                rows.append(Row(len(rows), words[0], words[1]))
            else:
                key, _, text = line.strip().partition(' ')
                rows[-1].read(key, text.strip())
    return rows


class Spool:
    """Puts mail files into pools, and reads what became of them."""

    def __init__(self, work):
        self.root, self.work = os.environ['LSV_SPOOL'], work
        self.count = 0
        self.head = self.template()

    def template(self):
        """The head of a mail file: what is in it, in order."""
        path = os.path.join(self.work, '0647c1a2b3d4e.9f02c4d1aa')
        subprocess.run([os.environ['LSV_BUILD'] + '/tests/lib/mkmail', path,
                        'HOSTS', 'a@b.example', 'a@b.example'], check=True,
                       stdin=subprocess.DEVNULL)
        with open(path, 'rb') as f:
            head = f.read().partition(b'\na@b.example\nend\n')[0].decode()
        os.unlink(path)
        return dict(line.split(': ', 1) for line in head.split('\n'))

    def path(self, *names):
        return os.path.join(self.root, *names)

    def install(self, text, *where):
        """A file that the programs may use, there all at once."""
        fresh = os.path.join(self.work, 'fresh')
        with open(fresh, 'wb') as f:
            f.write(text)
        os.chmod(fresh, 0o660)
        if os.getuid() == 0:
            subprocess.run(['chown', 'lsvroute:lsvjob', fresh], check=True)
        os.rename(fresh, self.path(*where))

    def put_body(self, name, body):
        job = name[:-7]
        os.mkdir(self.path('jobs', job))
        os.chmod(self.path('jobs', job), 0o755)
        self.install(body, 'jobs', job, 'body')
        return job

    def put(self, pool, word, rcpts, body, words):
        """A message; returns the name of its file."""
        now = time.time_ns() // 1000
        self.count += 1
        name = '%013x.%010x' % (now, self.count)
        large = len(body) > 200000
        name += '.000001' if large else ''
        lines = ''.join('%s@example.net\n' % r for r in rcpts).encode()
        head = dict(self.head, **{
            'name': name, 'job': self.put_body(name, body) if large else name,
            'from': '%s@%s' % (word, NODE), 'created': now,
            'pool': '-' if pool == 'default' else pool,
            'expires': now + 86400 * 10 ** 6,
            'verp': int('personal' in words),
            'eightbit': int('eightbit' in words), 'dots': 1,
            'body': 'job' if large else 'inline', 'size': len(body),
            'rcpts': len(rcpts), 'bytes': len(lines)})
        text = ''.join('%s: %s\n' % x for x in head.items()).encode()
        text += lines + b'end\n'
        self.install(text + (b'' if large else body), 'pool', pool, 'now',
                     name)
        return name

    def wake(self):
        with open(self.path('pool', 'trigger'), 'wb') as f:
            f.write(b'.')

    def finished(self):
        return set(os.listdir(self.path('pool', 'finished')))

    def clear(self):
        """What is not over would go to the host of another row."""
        for pool in POOLS:
            for where in 'now', 'later':
                for name in os.listdir(self.path('pool', pool, where)):
                    os.unlink(self.path('pool', pool, where, name))

    def journal(self, name):
        """Its lines, the last blank-separated part being text; none when the
        file is not finished."""
        try:
            with open(self.path('pool', 'finished', name), 'rb') as f:
                text = f.read()
        except FileNotFoundError:
            return []
        head, _, rest = text.partition(b'\nend\n')
        if b'\nbody: inline\n' in head:
            rest = rest[int(re.search(rb'\nsize: (\d+)', head)[1]):]
        lines = rest.decode('ascii').splitlines()
        return [x.split(' ', 6) for x in lines if x[0] in 'DFR']


def history(row, spool):
    """{recipient: [what the journal says, when, and in which words]}"""
    seen = {}
    for name, rcpts in row.files.values():
        for line in spool.journal(name):
            first, last = map(int, line[1].split('-'))
            what = line[0] + line[2]
            if line[0] != 'D':
                what += '/' + line[3]
            elif row.other and line[5].endswith(':%d' % row.other.port):
                what += '@2'
            for r in rcpts[first:last + 1]:
                seen.setdefault(r, []).append(
                    (what, int(line[4]), line[6] if line[6:] else ''))
    return seen


class Batch:
    """Rows that run at once, each in a pool with a worker of its own."""

    def __init__(self, rows, spool, work, timeout_s):
        self.rows, self.spool, self.work = rows, spool, work
        self.timeout_s = timeout_s
        self.log_path = os.path.join(work, 'smtpw.log')

    def listen(self):
        cert = os.path.join(self.work, 'certs', 'good.pem')
        for row in self.rows:
            row.host = scripthost.Host(row.rules, row.offer, cert)
            if not row.has('late'):
                row.host.listen()
            if row.has('other'):
                row.other = scripthost.Host([], scripthost.OFFER + ' STARTTLS',
                                            cert)
                row.other.listen()

    def configure(self):
        with open(os.environ['LSV_ETC'] + '/site.cfg', 'w',
                  encoding='ascii') as f:
            f.write('NODE=%s\nPOSTMASTER=keeper@example.net\n'
                    'SMTP_FORWARD=127.0.0.1:9\nRETRY_MIN=100ms\n'
                    'RETRY_MAX=200ms\nSMTP_TIMEOUT=%ds\nSPAM_DELAY=0\n' %
                    (NODE, self.timeout_s))
            for i, row in enumerate(self.rows):
                other = ';127.0.0.1:%d' % row.other.port if row.other else ''
                f.write('SMTP_FORWARD_%d="127.0.0.1:%d%s;POOL=%s;%s"\n' % (
                    i + 1, row.host.port, other,
                    POOLS[i] if POOLS[i] != 'default' else '-', row.entry))
        subprocess.run(['lsv-config', 'apply'], check=True,
                       stdout=subprocess.DEVNULL)

    def send(self, i, word, rcpts):
        row = self.rows[i]
        body = 'Message-ID: <%s@%d>\r\nSubject: row %d\r\n\r\n.\r\n..x\r\n' % (
            word, row.number, row.number)
        body = body.encode()
        if word == 'one' and row.has('eightbit'):
            body += b'caf\xe9\r\n'
        if word == 'one' and row.has('large'):
            line = b'x' * 62 + b'\r\n'
            body += line * (LARGE // len(line))
        for host in filter(None, (row.host, row.other)):
            host.bodies[word] = body
        words = row.words if word == 'one' else []
        row.files[word] = (self.spool.put(POOLS[i], word, rcpts, body, words),
                           rcpts)

    def start(self):
        ready, told = os.pipe()
        command = ['lsv-smtpw', '-d', str(told)]
        if os.getuid() == 0:
            command[:0] = ['s6-setuidgid', 'lsvsmtp']
        with open(self.log_path, 'ab') as log:
            process = subprocess.Popen(command, stderr=log, pass_fds=[told],
                                       stdin=subprocess.DEVNULL)
        os.close(told)
        os.read(ready, 1)
        os.close(ready)
        return process

    def log(self):
        with open(self.log_path, encoding='ascii') as f:
            return f.read()

    def look(self):
        """What is over is followed by the next message, or is done."""
        there, woken = self.spool.finished(), False
        for i, row in enumerate(self.rows):
            if row.has('late') and self.is_away(row):
                row.words.remove('late')
                row.host.listen()
            if row.done or any(f not in there for f, _ in row.files.values()):
                continue
            if row.sent_next:
                row.done = True
            else:
                self.send(i, 'next', ['n'])
                row.sent_next = woken = True
        if woken:
            self.spool.wake()

    def is_away(self, row):
        return re.search(r'host-down .*127\.0\.0\.1:%d ' % row.host.port,
                         self.log()) is not None

    def run(self):
        self.listen()
        self.configure()
        for i, row in enumerate(self.rows):
            for word, rcpts in row.messages():
                self.send(i, word, rcpts)
        process = self.start()
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end and not all(r.done for r in self.rows):
            time.sleep(0.02)
            self.look()
        process.send_signal(signal.SIGTERM)
        process.wait()
        self.spool.clear()
        for row in self.rows:
            row.seen = history(row, self.spool)
            row.gone = self.is_away(row)


def seen_took(row, word, rcpt):
    return sum(h.taken.count((word, rcpt))
               for h in (row.host, row.other) if h)


def seen_of(row, rcpt):
    return ','.join(what for what, _, _ in row.seen.get(rcpt, []))


def describe(pairs, took, conns, away):
    out = ' '.join('%s=%s' % p for p in pairs)
    more = ['%s %s times' % (r, n) for r, n in took.items()]
    return '%s; taken %s; %s, %s' % (
        out, ', '.join(more) if more else 'once each',
        conns + (' connection' if conns == '1' else ' connections'),
        'away' if away == 'yes' else 'there')


def wanted(row):
    return describe(row.expected(), row.took, row.conns, row.away)


def default_took(what):
    return 1 if what.startswith('D') else 0


def at_least(n, want):
    """N as the table has it when that is "1+" and holds."""
    return want if want[-1:] == '+' and n >= int(want[:-1]) else str(n)


def observed(row):
    pairs, took = [], {}
    for (word, r), (_, want) in zip(row.rcpts(), row.expected()):
        got = seen_of(row, r)
        # what may vary is written as the table has it
        pairs.append((r, want if fnmatch.fnmatchcase(got, want) else got))
        n = seen_took(row, word, r)
        if n != default_took(got.rpartition(',')[2]) or r in row.took:
            took[r] = at_least(n, row.took.get(r, ''))
    conns = at_least(row.host.connections, row.conns)
    return describe(pairs, took, conns, 'yes' if row.gone else 'no')


class Tap:
    def __init__(self):
        self.failed = self.count = 0

    def test(self, good, name, *remarks):
        self.count += 1
        self.failed += not good
        print('%sok %d - %s' % ('' if good else 'not ', self.count, name))
        if not good:
            for text in remarks:
                print('# ' + text)
        sys.stdout.flush()


def complaints(row):
    out = []
    for host in filter(None, (row.host, row.other)):
        out += host.violations
    if row.says and not any(row.says in text for told in row.seen.values()
                            for _, _, text in told):
        out.append('nowhere: ' + row.says)
    return out


def show(tap, rows):
    """A test for each row, and the table of all."""
    table = '| behaviour | rule | expected | seen |\n|---|---|---|---|\n'
    for row in rows:
        want, got, bad = wanted(row), observed(row), complaints(row)
        tap.test(want == got and not bad,
                 '%s: expected %s - seen %s' % (row.name, want, got), *bad)
        table += '| %s | %s | %s | %s |\n' % (row.name, row.rule, want, got)
    return table


def after_result(row):
    """Recipients that were named to a host when their result stood fast."""
    final = {r: told[-1][1] for r, told in row.seen.items()
             if told[-1][0][0] in 'DF'}
    return [r for h in (row.host, row.other) if h for r, at in h.named
            if at > final.get(r, at)]


def is_lost(row, rcpt):
    return seen_of(row, rcpt).rpartition(',')[2][:1] not in ('D', 'F')


def invariants(tap, rows):
    every = [(row, w, r) for row in rows for w, rcpts in
             ((w, f[1]) for w, f in row.files.items()) for r in rcpts]
    lost = [row.name + ' ' + r for row, w, r in every if is_lost(row, r) or
            (seen_of(row, r).rpartition(',')[2][0] == 'D') >
            seen_took(row, w, r)]
    twice = [row.name + ' ' + r for row, w, r in every
             if seen_took(row, w, r) > 1 and r not in row.took]
    refused = [row.name + ' ' + r for row, w, r in every
               if seen_of(row, r).rpartition(',')[2][:1] == 'F' and
               seen_took(row, w, r)]
    again = [row.name + ' ' + r for row in rows for r in after_result(row)]
    broken = [row.name + ': ' + v for row in rows for v in complaints(row)]
    n = 'in %d behaviours, %d recipients' % (len(rows), len(every))
    tap.test(not lost, 'nobody is lost, ' + n, *lost)
    tap.test(not twice, 'nobody gets it twice but where a reply to the dot '
             'was lost', *twice)
    tap.test(not refused, 'nobody who was refused gets it', *refused)
    tap.test(not again, 'nobody is named to a host again once the result '
             'stands fast', *again)
    tap.test(not broken, 'no byte of a body before 354, no body for nobody, no '
             'message changed, no other rule broken', *broken)


def manual(tap, rows, path):
    with open(path, encoding='ascii') as f:
        text = f.read().partition('\n.Ss What a reply means\n')[2]
    rules = set(re.findall(r'(?m)^\.It Cm (\S+)$', text.partition('\n.Ss')[0]))
    named = {row.rule for row in rows}
    tap.test(named <= rules, 'every rule of the table is in the manual',
             *(named - rules))
    tap.test(rules <= named, 'every rule of the manual is in the table',
             *(rules - named))


def batches(rows):
    for timeout_s, some in ((BUSY_S, [r for r in rows if not r.waits()]),
                            (SHORT_S, [r for r in rows if r.waits()])):
        for at in range(0, len(some), len(POOLS)):
            yield some[at:at + len(POOLS)], timeout_s


def main():
    table, page, work = sys.argv[1:4]
    every, only = read_table(table), sys.argv[4:]
    rows = [r for r in every if not only or r.name in only]
    spool, tap = Spool(work), Tap()
    tap.test(len({r.name for r in every}) == len(every) >= 70,
             'there are at least 70 behaviours, each with a name')
    manual(tap, every, page)
    for some, timeout_s in batches(rows):
        Batch(some, spool, work, timeout_s).run()
    text = show(tap, rows)
    invariants(tap, rows)
    print('1..%d' % tap.count)
    with open(os.path.join(work, 'table'), 'w', encoding='utf-8') as f:
        f.write(text)
    print(re.sub(r'(?m)^', '# ', text.rstrip('\n')))
    sys.exit(1 if tap.failed else 0)


if __name__ == '__main__':
    main()
