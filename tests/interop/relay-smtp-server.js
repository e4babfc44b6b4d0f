#!/usr/bin/env node
/* relay-smtp-server - smtp-server as a relay: it keeps every message as it came
 *
 * usage: relay-smtp-server.js PORT TLS-PORT AUTH-PORT CERT USER PASSWORD DIR
 *
 * As relay-aiosmtpd.py beside it. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { SMTPServer } = require('smtp-server');

const [port, tlsPort, authPort, cert, user, password, dir] =
    process.argv.slice(2);
const pem = fs.readFileSync(cert);
let count = 0;

function keep(stream, session, done) {
    const number = ++count;
    const name = path.join(dir, `${number}.eml`);
    const parts = [];
    const how = (session.secure ? 'tls' : 'clear') +
        (session.user ? '+auth' : '');
    const to = session.envelope.rcptTo.map((rcpt) => rcpt.address);

    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
        fs.writeFileSync(`${name}.tmp`, Buffer.concat(parts));
        fs.renameSync(`${name}.tmp`, name);
        fs.appendFileSync(path.join(dir, 'envelopes'), [number, how,
            session.envelope.mailFrom.address, ...to].join(' ') + '\n');
        done();
    });
}

function login(auth, session, done) {
    if (auth.username === user && auth.password === password)
        done(null, { user });
    else
        done(new Error('wrong user or password'));
}

const usual = {
    key: pem, cert: pem, onData: keep, onAuth: login, authOptional: true,
    hideSMTPUTF8: false, hide8BITMIME: false, hidePIPELINING: false,
    disableReverseLookup: true, logger: false,
};

for (const [at, way] of [
    [port, { disabledCommands: ['AUTH'] }],
    [tlsPort, { secure: true, disabledCommands: ['AUTH'] }],
    [authPort, { authOptional: false }],
]) {
    const server = new SMTPServer({ ...usual, ...way });

    // a client that goes away is no reason to end
    server.on('error', (error) => console.error(String(error)));
    server.listen(Number(at), '127.0.0.1');
}
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
