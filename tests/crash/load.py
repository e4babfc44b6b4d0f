"""The mail that every run sends, and what has to come of it."""
import hashlib
from collections import Counter

NODE = 'lists.crash.example'
SEED = 7
SHARE_TEMP = 0.01    # of the recipients, answered 450 once
SHARE_PERM = 0.0008  # of the recipients, answered 550
BIG = 5000           # recipients of the large list
EACH = 30            # of the list whose copies name their recipient

M64 = (1 << 64) - 1


def chance(address, seed):
    """The share of an address: hash() of bench/lsv-sink/fate.c."""
    h = 0xcbf29ce484222325 ^ (seed * 0x9e3779b97f4a7c15 & M64)
    for c in address.lower().encode():
        h = (h ^ c) * 0x100000001b3 & M64
    h ^= h >> 32
    h = h * 0xd6e8feb86659fd93 & M64
    return ((h ^ h >> 32) >> 11) / 9007199254740992.0


def is_refused(address):
    return chance(address, SEED + 1) < SHARE_PERM


def refused(name):
    """An address that is."""
    return next(a for a in ('c%d@%s.example' % (i, name)
                            for i in range(1000000)) if is_refused(a))


def subscribers():
    """{list: addresses}; one of the three of the small list is refused, and
    one of those who get a copy each."""
    return {'small': ['a@one.example', 'b@two.example', refused('three')],
            'late': ['l1@late.example', 'l2@late.example', refused('late')],
            'each': ['e%02d@each.example' % i for i in range(EACH)] +
                    [refused('each')],
            'big': ['u%05d@d%03d.example' % (i, i % 500) for i in range(BIG)]}


class Message:
    """A posting: its bytes, and how the sink will know it again; also: lists
    that get it as well."""
    door = None    # whichever is tested

    def __init__(self, name, mark, also=()):
        self.lists = (name,) + also
        self.jobs = self.reports = len(self.lists)
        body = ''.join('%s line %d of the posting %s to %s\n' %
                       ('.' if i == 3 else '', i, mark, name)
                       for i in range(40))
        self.bytes = ('From: Author <author@writers.example>\n'
                      'To: %s@%s\nSubject: posting %s\n'
                      'Message-ID: <%s.%s@writers.example>\n\n%s' %
                      (name, NODE, mark, name, mark, body)).encode()
        self.hash = hashlib.sha256(
            body.replace('\n', '\r\n').encode()).hexdigest()
        self.rcpts = ['%s@%s' % (n, NODE) for n in self.lists]
        self.sender = 'author@writers.example'

    def want(self, expected):
        """What has to be delivered, each once."""
        want = Counter()
        for name, rcpt in zip(self.lists, self.rcpts):
            want.update((self.hash, a) for a in expected.lists[name])
            if expected.refused[name]:
                want['report', 'owner-' + rcpt] += 1
        return want


def pair(door, mark):
    """A posting to the small list and one to the big; by LMTP that goes to
    both."""
    also = ('small',) if door == 'lsv-lmtp' else ()
    return Message('small', mark), Message('big', mark, also)


def read_log(path):
    """What the sink accepted: (hash, recipient) -> how often. A report has
    no sender and another date each time: its hash is 'report'."""
    seen = Counter()
    with open(path, encoding='utf-8', errors='replace') as f:
        text = f.read()
    for block in ('\n' + text).split('\nM ')[1:]:
        lines = block.split('\n')
        word = lines[0].split(' ')
        mark = word[1] if word[4:] != [''] else 'report'
        seen.update((mark, x[2:]) for x in lines[1:] if x[:2] == 'R ')
    return seen


class Expected:
    """What has to be delivered of some messages, each once."""

    def __init__(self, lists):
        self.lists = {n: [a for a in s if not is_refused(a)]
                      for n, s in lists.items()}
        self.refused = {n: len(s) != len(self.lists[n])
                        for n, s in lists.items()}

    def of(self, messages):
        return sum((m.want(self) for m in messages), Counter())


class Outcome:
    """What came of it: lost, unexpected, and how often too often."""

    def __init__(self, want, seen):
        self.lost = want - seen
        more = seen - want
        self.unexpected = Counter(
            {k: n for k, n in more.items() if k not in want})
        self.doubled = Counter({k: n for k, n in more.items() if k in want})
        self.want = want

    def repeated(self):
        """How often the worst one came again; reports look all the same, so
        those of several jobs share what is too much."""
        return max((-(-n // self.want[k]) for k, n in self.doubled.items()),
                   default=0)
