"""The programs of one site, supervised as s6 would do it, and an MTA."""
import os
import signal
import subprocess
import time

import lmtp
import who

SERVICES = ('lsv-score', 'lsv-route', 'lsv-smtpw')
DOORS = ('lsv-inject', 'lsv-lmtp')
CODES = {'lsv-inject': (0, 65, 75, 77), 'lsv-lmtp': (0, 111),
         'lsv-merge': (0, 111)}
TICK_S = 0.004      # between two looks
PAUSE_S = 0.02      # before a service that said 111, or an MTA, tries again
ATTEMPTS = 100      # of the MTA for one message, over all its trouble
STOP_S = 20         # for a service to end when it is asked to


def door_of(program):
    """Through which one the mail comes when that program is tested."""
    return program if program in DOORS else DOORS[0]


class Delivery:
    """A message in the MTA's queue, for the recipients that are left; codes
    are what it was told. A merge job has no MTA, but is tried again as well."""

    def __init__(self, message, door):
        self.message = message
        self.door = message.door or door
        self.left = list(message.rcpts)
        self.attempts = 0
        self.codes = []


class Pipeline:
    """Starts the services, again when they die, and gives them mail.

    Trouble is a list of what must not happen, whatever was injected.
    """

    def __init__(self, site, log, preload=None, fault=None, door=DOORS[0]):
        self.site = site
        self.door = door
        self.log = log
        self.env = dict(site.env)
        if preload:
            self.env.update(LD_PRELOAD=preload, LSV_FAULT=fault)
        self.group = subprocess.Popen(
            ['sleep', '3600'], process_group=0, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **who.child())
        self.services = {}
        self.again = {}       # service: when to start it again
        self.deaths = []      # (service, status)
        self.trouble = []
        self.mta = None       # (process, delivery, LMTP client or None)
        self.mta_again = 0.0
        self.queue = []
        self.stopping = False

    def spawn(self, words, stdin, stdout=subprocess.DEVNULL, stderr=None):
        return subprocess.Popen(
            [self.site.build + '/bin/' + words[0]] + words[1:],
            env=self.env, process_group=self.group.pid, stdin=stdin,
            stdout=stdout, stderr=stderr or self.log, **who.child())

    def start(self, names=SERVICES):
        for name in names:
            self.services[name] = self.spawn([name], subprocess.DEVNULL)

    def give(self, messages):
        self.queue += [Delivery(m, self.door) for m in messages]

    # --- the MTA ---------------------------------------------------------

    def mta_start(self, delivery):
        delivery.attempts += 1
        start = {'lsv-inject': self.start_inject, 'lsv-lmtp': self.start_lmtp,
                 'lsv-merge': self.start_merge}[delivery.door]
        self.mta = start(delivery)

    @staticmethod
    def feed(process, message):
        try:
            process.stdin.write(message)
            process.stdin.close()
        except OSError:
            pass    # killed before it read all

    def start_inject(self, delivery):
        m = delivery.message
        process = self.spawn(['lsv-inject', '-f', m.sender, delivery.left[0]],
                             subprocess.PIPE)
        self.feed(process, m.bytes)
        return process, delivery, None

    def start_merge(self, delivery):
        job = delivery.message
        attempt = job.attempt()
        process = self.spawn(['lsv-merge', '--fields', job.table, '-'],
                             subprocess.PIPE, stderr=attempt.said)
        self.feed(process, attempt.bytes)
        return process, delivery, None

    def start_lmtp(self, delivery):
        m = delivery.message
        process = self.spawn(['lsv-lmtp'], subprocess.PIPE, subprocess.PIPE)
        return process, delivery, lmtp.Client(process, m.sender,
                                              delivery.left, m.bytes)

    def answered(self, delivery, rcpt, taken, refused, code):
        """What the MTA was told about a recipient."""
        delivery.codes.append(code)
        if refused:
            self.trouble.append('%s refused: %d' % (delivery.door, code))
        if taken or refused:
            delivery.left.remove(rcpt)

    def mta_end(self, code):
        _, delivery, client = self.mta
        self.mta = None
        if code not in CODES[delivery.door] + (-signal.SIGKILL,):
            self.trouble.append('%s: exit %d' % (delivery.door, code))
        if delivery.door == 'lsv-merge':
            delivery.message.attempts[-1].end(code, self.log)
        if client:
            for rcpt, c in client.end().items():
                self.answered(delivery, rcpt, c == 250, c >= 500, c)
        else:
            self.answered(delivery, delivery.left[0], code == 0,
                          code in (65, 77), code)
        if delivery.left:
            self.mta_again = time.monotonic() + PAUSE_S
            if delivery.attempts >= ATTEMPTS:
                self.trouble.append(delivery.door + ' never took a message')
                delivery.left.clear()

    def mta_work(self):
        if self.mta:
            process, _, client = self.mta
            if client:
                client.work()
            code = process.poll()
            if code is None:
                return
            self.mta_end(code)
        if time.monotonic() < self.mta_again:
            return
        waiting = next((d for d in self.queue if d.left), None)
        if waiting and not self.stopping:
            self.mta_start(waiting)

    # --- the supervisor --------------------------------------------------

    def reap(self):
        for name, process in list(self.services.items()):
            status = process.poll()
            if status is None:
                continue
            del self.services[name]
            self.deaths.append((name, status))
            # who has just been started does not know SIGHUP yet
            if status not in (111, -signal.SIGKILL, -signal.SIGHUP) and not (
                    self.stopping and status in (0, -signal.SIGTERM)):
                self.trouble.append('%s: exit %d' % (name, status))
            self.again[name] = time.monotonic() + (
                PAUSE_S if status == 111 else 0)

    def restart(self):
        now = time.monotonic()
        for name in [n for n, at in self.again.items() if at <= now]:
            del self.again[name]
            self.start([name])

    def work(self):
        self.reap()
        if not self.stopping:
            self.restart()
        self.mta_work()

    def all_given(self):
        return not self.mta and not any(d.left for d in self.queue)

    def drain(self, seconds):
        """Until nothing waits anywhere; False when that takes too long."""
        end = time.monotonic() + seconds
        empty = 0
        while time.monotonic() < end:
            self.work()
            if self.all_given() and self.site.is_drained():
                empty += 1
                if empty == 2:
                    return True
            else:
                empty = 0
            time.sleep(TICK_S)
        return False

    def run(self, seconds):
        """Just for that long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.work()
            time.sleep(min(TICK_S, max(0, end - time.monotonic())))

    def run_until(self, condition, seconds=1):
        """Until something is so, but no longer than that."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.work()
            time.sleep(0.001)

    # --- the end ---------------------------------------------------------

    def stop(self):
        """Asks all to end, and sees that they do."""
        self.stopping = True
        self.again.clear()
        for process in self.services.values():
            process.terminate()
        end = time.monotonic() + STOP_S
        while (self.services or self.mta) and time.monotonic() < end:
            self.work()
            time.sleep(0.001)
        for name in self.services:
            self.trouble.append(name + ' did not end when asked to')
        self.kill()

    def kill(self):
        """Ends everything at once."""
        try:
            os.killpg(self.group.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        processes = list(self.services.values()) + [self.group]
        if self.mta:
            processes.append(self.mta[0])
            self.mta = None
        for process in processes:
            process.wait()
        self.services.clear()
