#!/usr/bin/env python3
"""tablekills.py OLD NEW FILE SELF - lsv-table network, stopped everywhere

OLD and NEW are directories of tables, FILE the table. It is made of OLD; then
made of NEW by a program that is killed at its first call that changes
something, by one that is killed at its second, and so on; then by one whose
first write finds the disk full, and so on. Each time FILE is the table of OLD
or that of NEW, and the run after that makes that of NEW, keeps that of OLD as
FILE.1, and leaves nothing else behind. Prints what is not so; exit 1. Else how
many times it was stopped.
"""
import errno
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, 'crash'))
import fault  # noqa: E402

OLD, NEW, FILE, SELF = sys.argv[1:]
DIR = os.path.dirname(FILE)
NAMES = sorted(os.path.basename(FILE) + end for end in ('', '.1', '.lock'))
PRELOAD = os.path.join(os.environ['LSV_BUILD'], 'tests/lib/preload_fault.so')
ORDERS = os.path.join(os.path.dirname(DIR), 'fault')


def table(source, *options, **env):
    return subprocess.run(
        ['lsv-table', 'network', '--json', '--dir', source, '--self', SELF,
         '-o', options[0] if options else FILE, *options[1:]],
        env=dict(os.environ, **env), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=False)


def is_of(source, name):
    """Is the table whole, and made of these?"""
    said = table(source, name, '-n').stdout
    return json.loads(said)['state'] == 'same'


def made_of(name):
    return ''.join(letter for letter, source in (('o', OLD), ('n', NEW))
                   if is_of(source, name))


def begin():
    for name in os.listdir(DIR):
        os.unlink(os.path.join(DIR, name))
    table(OLD)


def stop(orders, number, mode, kinds, error):
    """Whether there was such a call."""
    begin()
    orders.order('lsv-table', mode, first=number, kinds=kinds, error=error)
    run = table(NEW, LD_PRELOAD=PRELOAD, LSV_FAULT=ORDERS)
    what = '%s %d' % ('killed' if mode == fault.KILL_SELF else 'failed', number)
    if orders.count() < number:
        if run.returncode or made_of(FILE) != 'n':
            sys.exit('it does not do its work')
        return False
    found = made_of(FILE)
    if found not in ('o', 'n'):
        sys.exit('%s: the table is neither (%s)' % (what, found))
    if mode == fault.FAIL and run.returncode == 0 and found == 'o':
        sys.exit('%s: nobody was told' % what)
    again = table(NEW)
    if again.returncode or made_of(FILE) != 'n':
        sys.exit('%s: no new table afterwards' % what)
    if made_of(FILE + '.1') != 'o':
        sys.exit('%s: the table before is lost' % what)
    if sorted(os.listdir(DIR)) != NAMES:
        sys.exit('%s: %s' % (what, sorted(os.listdir(DIR))))
    return True


def main():
    orders = fault.Fault(ORDERS)
    times = []
    for mode, kinds, error in ((fault.KILL_SELF, fault.STATE, 0),
                               (fault.FAIL, fault.SPACE, errno.ENOSPC),
                               (fault.FAIL, fault.IO, errno.EIO)):
        number = 1
        while stop(orders, number, mode, kinds, error):
            number += 1
        times.append(number - 1)
    print('%d kills, %d full disks, %d errors of the disk' % tuple(times))


main()
