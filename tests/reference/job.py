#!/usr/bin/env python3
"""job - what a mail with a DIST2 job says, read without any code of ours

usage: job FILE DIR

FILE is a mail, or an inbox file that holds one. Prints a line for each thing
that it says; the recipients go to DIR/to, the message to DIR/data, with LF for
line ends. Exit 1 when it is none, or its CRC is another.
"""
import email
import os
import re
import sys
import zlib


def message_of(path):
    """The mail, without the head of an inbox file."""
    with open(path, 'rb') as f:
        text = f.read()
    if not text.startswith(b'lsv-file:'):
        return {}, text
    head, text = text.split(b'\nend\n', 1)
    lines = head.decode().split('\n')
    facts = dict(line.split(': ', 1) for line in lines if ': ' in line)
    facts['for'] = ' '.join(x for x in lines if '@' in x and ': ' not in x)
    return facts, text


def join_cards(lines):
    """A command over several cards, as network servers write it: a comma at
    the end, //+ and the rest from column 5."""
    text = lines.pop(0)[3:]
    while lines and lines[0].startswith(b'//+ '):
        assert text.endswith(b','), text
        text = text[:-1] + lines.pop(0)[4:]
    return text.decode()


def main():
    head, text = message_of(sys.argv[1])
    for key in 'class', 'from', 'for', 'list', 'pool':
        if key in head:
            print('file', key, head[key])
    mail = email.message_from_bytes(text)
    for key in ('From', 'To', 'Subject', 'Auto-Submitted', 'Content-Type',
                'Content-Transfer-Encoding'):
        print(key + ':', mail[key])
    body = mail.get_payload(decode=True).replace(b'\r\n', b'\n')
    front, data = body.split(b'\n//DATA DD *,EOF\n', 1)
    lines = front.split(b'\n')
    print(lines.pop(0).decode())
    assert max(map(len, lines[:lines.index(b'//TO DD *')])) <= 78
    command = join_cards(lines)
    print(command)
    assert lines.pop(0) == b'//TO DD *' and lines.pop() == b'/*'
    os.makedirs(sys.argv[2], exist_ok=True)
    with open(sys.argv[2] + '/to', 'wb') as f:
        f.write(b''.join(x + b'\n' for x in lines))
    with open(sys.argv[2] + '/data', 'wb') as f:
        f.write(data)
    crc = re.search(r' CRC=([0-9A-F]{8})( |$)', command).group(1)
    assert crc == '%08X' % zlib.crc32(data), crc
    longest = max(map(len, text.split(b'\n')))
    assert longest <= 998, longest
    print('recipients', len(lines), 'bytes', len(data))


main()
