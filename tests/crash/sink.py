"""The SMTP server that remembers what it accepted."""
import json
import os
import socket
import subprocess
import time

import load
import who


class Sink:
    def __init__(self, build, where):
        self.log = os.path.join(where, 'sink.log')
        ports = os.path.join(where, 'ports')
        self.err = open(os.path.join(where, 'sink.err'), 'wb')
        self.process = subprocess.Popen(
            [build + '/bench/lsv-sink', '-p', '0', '-c', '0', '-P', ports,
             '-A', '-C', '-l', self.log, '-t', str(load.SHARE_TEMP), '-f',
             str(load.SHARE_PERM), '-s', str(load.SEED)],
            stdin=subprocess.DEVNULL, stdout=self.err, stderr=self.err,
            **who.child())
        for _ in range(500):
            if os.path.exists(ports):
                break
            time.sleep(0.01)
        with open(ports, encoding='utf-8') as f:
            self.port, control = map(int, f.read().split())
        self.control = socket.create_connection(('127.0.0.1', control), 10)
        self.answers = self.control.makefile('r')

    def say(self, line):
        self.control.sendall(line.encode() + b'\n')
        return self.answers.readline()

    def reset(self):
        self.say('RESET')

    def stats(self):
        return json.loads(self.say('STATS'))

    def settle(self, own=0):
        """Waits until all connections of programs that ended are read to
        their end: what they sent last may be accepted after their death."""
        for _ in range(2000):
            if self.stats()['open'] <= own:
                return True
            time.sleep(0.002)
        return False

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.err.close()
