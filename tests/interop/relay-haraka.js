/* relay-haraka - a plugin of Haraka that keeps every message as it came
 *
 * It reads the port that takes nothing without AUTH, and the directory for
 * messages, from config/interop.ini; see haraka.t. Files are those of
 * relay-aiosmtpd.py beside it. */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

let count = 0;

exports.register = function () {
    this.cfg = this.config.get('interop.ini').main;
    this.register_hook('mail', 'ask');
    this.register_hook('rcpt', 'take');
    this.register_hook('queue', 'keep');
    // who has logged in may send anywhere, which is another hook
    this.register_hook('queue_outbound', 'keep');
};

function user(connection) {
    return connection.notes.auth_user;
}

exports.ask = function (next, connection) {
    if (connection.local.port === Number(this.cfg.auth_port) &&
        !user(connection))
        next(DENY, 'AUTH first');
    else
        next();
};

exports.take = function (next) {
    next(OK);
};

exports.keep = function (next, connection) {
    const txn = connection.transaction;
    const name = path.join(this.cfg.dir, `${++count}.eml`);
    const how = (connection.tls.enabled ? 'tls' : 'clear') +
        (user(connection) ? '+auth' : '');
    const envelope = [count, how, txn.mail_from.address(),
        ...txn.rcpt_to.map((rcpt) => rcpt.address())].join(' ');
    const file = fs.createWriteStream(`${name}.tmp`);

    file.on('close', () => {
        fs.renameSync(`${name}.tmp`, name);
        fs.appendFileSync(path.join(this.cfg.dir, 'envelopes'),
            `${envelope}\n`);
        next(OK, 'kept');
    });
    txn.message_stream.pipe(file, { line_endings: '\r\n' });
};
