#!/usr/bin/python3
"""relay-aiosmtpd - aiosmtpd as a relay: it keeps every message as it came

usage: relay-aiosmtpd.py PORT TLS-PORT AUTH-PORT CERT USER PASSWORD DIR

PORT offers STARTTLS, TLS-PORT begins with it, AUTH-PORT offers STARTTLS and
takes nothing without USER and PASSWORD. CERT holds certificate and key. A
message becomes DIR/1.eml, 2.eml, ...; DIR/envelopes has a line for each: number,
how, sender, recipients. It ends with standard input.
"""

import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Keeper:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = os.path.join(self.directory, "%d.eml" % self.count)
        with open(name + ".tmp", "wb") as f:
            f.write(envelope.original_content)
        os.rename(name + ".tmp", name)
        how = "tls" if session.ssl else "clear"
        if session.authenticated:
            how += "+auth"
        with open(os.path.join(self.directory, "envelopes"), "a") as f:
            print(self.count, how, envelope.mail_from, *envelope.rcpt_tos,
                  file=f)
        return "250 2.0.0 kept"


def main():
    ports = [int(port) for port in sys.argv[1:4]]
    cert, user, password, directory = sys.argv[4:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert)
    keeper = Keeper(directory)

    def knows(server, session, envelope, mechanism, data):
        return AuthResult(
            success=(data.login, data.password)
            == (user.encode(), password.encode()))

    ways = (
        {"tls_context": context},
        {"ssl_context": context},
        {"tls_context": context, "authenticator": knows,
         "auth_required": True, "require_starttls": True},
    )
    for port, way in zip(ports, ways):
        Controller(keeper, hostname="127.0.0.1", port=port,
                   enable_SMTPUTF8=True, **way).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
