"""Several runs at a time, each on a site of its own."""
import multiprocessing
import os
import queue
import shutil
import signal
import sys
import tempfile
import traceback

import front
import who

PROGRAMS = ('lsv-command', 'lsv-config', 'lsv-inject', 'lsv-list', 'lsv-lmtp',
            'lsv-merge', 'lsv-peer', 'lsv-route', 'lsv-scan', 'lsv-score',
            'lsv-smtpw', 'lsv-table')
# a static program takes no preload: the dynamic twin stands in
TWINS = {'bin/lsv-inject': 'tests/lib/lsv-inject'}
OTHERS = ('bench/lsv-sink', 'tests/lib/preload_fault.so')


def fast_directory():
    """Memory, if there is a file system for that."""
    return '/dev/shm' if os.access('/dev/shm', os.W_OK) else None


class Base:
    """A private directory with a copy of the programs, so that nobody
    changes them while we look; and with what went wrong."""

    def __init__(self, build):
        self.top = tempfile.mkdtemp(prefix='lsv-crash.',
                                    dir=fast_directory())
        os.chmod(self.top, 0o1777)
        self.build = self.top + '/build'
        for p in ['bin/' + p for p in PROGRAMS] + list(OTHERS):
            os.makedirs(os.path.dirname(self.build + '/' + p), exist_ok=True)
            shutil.copy2(os.path.join(build, TWINS.get(p, p)),
                         self.build + '/' + p)
        self.has_tls = shutil.which('openssl') is not None
        if self.has_tls:
            front.make_certificate(self.build + '/' + front.CERTIFICATE)
        self.evidence = tempfile.mkdtemp(prefix='lsv-crash-evidence.')
        os.chmod(self.evidence, 0o1777)

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)
        try:
            os.rmdir(self.evidence)     # when there is none
        except OSError:
            print('evidence is in', self.evidence)


def work(make, tasks, results, drop):
    """The life of a slot: it makes its worker, and gives it task after
    task."""
    def end(*_):
        results.cancel_join_thread()    # nobody reads them any more
        sys.exit(1)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = None
    try:
        if drop:
            who.drop()
        worker = make()
        for task in iter(tasks.get, None):
            results.put((None, worker.run(task)))
    except Exception:
        results.put((traceback.format_exc(), None))
    finally:
        if worker:
            worker.close()


def take(results, slots):
    """The next result; a slot that was killed leaves none."""
    while True:
        try:
            return results.get(timeout=5)
        except queue.Empty:
            if any(s.exitcode for s in slots):
                raise RuntimeError('a slot was killed') from None


def run_all(makers, tasks, drop=True):
    """Yields the results of all tasks as they come; drop: not as root."""
    todo, results = multiprocessing.Queue(), multiprocessing.Queue()
    slots = [multiprocessing.Process(target=work, args=(m, todo, results,
                                                        drop))
             for m in makers]
    try:
        for s in slots:
            s.start()
        for t in tasks:
            todo.put(t)
        for _ in slots:
            todo.put(None)
        for _ in tasks:
            error, result = take(results, slots)
            if error:
                raise RuntimeError('a slot ended:\n' + error)
            yield result
        for s in slots:
            s.join()
    finally:
        todo.cancel_join_thread()
        for s in slots:
            if s.is_alive():
                s.terminate()
                s.join()
