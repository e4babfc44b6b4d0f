"""An LMTP client: one transaction with a lsv-lmtp that we started."""
import os
import re


class Client:
    """Says only what the replies so far allow; never waits."""

    def __init__(self, process, sender, rcpts, message):
        self.process = process
        self.rcpts = list(rcpts)
        self.body = re.sub(rb'(?m)^\.', b'..', message).replace(
            b'\n', b'\r\n') + b'.\r\n'
        self.got = b''
        self.sent = False
        os.set_blocking(process.stdout.fileno(), False)
        self.say('\r\n'.join(
            ['LHLO mta.example', 'MAIL FROM:<%s>' % sender] +
            ['RCPT TO:<%s>' % r for r in rcpts] + ['DATA', '']).encode())

    def say(self, text):
        try:
            os.write(self.process.stdin.fileno(), text)
        except OSError:
            pass    # it was killed

    def replies(self):
        """The codes of the replies that are whole."""
        return re.findall(rb'(?m)^(\d{3}) .*\r\n', self.got)

    def read(self):
        """1 when there was something."""
        try:
            part = os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return 0
        self.got += part
        return len(part)

    def before(self):
        """Replies before the message: the greeting, and those to LHLO, MAIL,
        RCPT and DATA."""
        return 4 + len(self.rcpts)

    def work(self):
        self.read()
        codes = self.replies()
        if not self.sent and len(codes) >= self.before():
            self.sent = True
            go_on = codes[self.before() - 1] == b'354'
            self.say((self.body if go_on else b'') + b'QUIT\r\n')

    def end(self):
        """It is over.  {recipient: code}, without those that got no answer."""
        while self.read():
            pass
        self.process.stdin.close()
        self.process.stdout.close()
        codes = [int(c) for c in self.replies()]
        if codes[2:3] != [250]:    # no sender: that goes for all
            return dict.fromkeys(self.rcpts, codes[2]) if codes[2:] else {}
        given = dict(zip(self.rcpts, codes[3:]))
        verdicts = {r: c for r, c in given.items() if c != 250}
        if codes[self.before() - 1:][:1] == [354]:
            took = [r for r in self.rcpts if r not in verdicts]
            verdicts.update(zip(took, codes[self.before():]))
        return verdicts
