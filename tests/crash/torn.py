"""Is every file whole in the places where programs take files from?"""
import os

import spool


class Torn(Exception):
    pass


def fields(data):
    """The head of a file: its fields, and the bytes from its recipients on."""
    head = {}
    at = 0
    while True:
        end = data.find(b'\n', at)
        if end < 0:
            raise Torn('no end line')
        line = data[at:end].decode('utf-8', 'replace')
        at = end + 1
        if line == 'end':
            return head, at
        key, colon, value = line.partition(':')
        if not colon:
            raise Torn('line %r in the head' % line[:40])
        head[key] = value.strip()
        if key == 'bytes' or (key == 'rcpts' and 'lsv-file' in head):
            at = recipients(head, data, at)


def recipients(head, data, at):
    """Skips the recipients, one a line."""
    n = int(head['rcpts'])
    for _ in range(n):
        end = data.find(b'\n', at)
        if end <= at:
            raise Torn('recipients are missing')
        at = end + 1
    return at


def inbox_file(name, data):
    head, at = fields(data)
    if head.get('id') != name:
        raise Torn('its ID is %r' % head.get('id'))
    if at + int(head['size']) != len(data):
        raise Torn('%d bytes instead of %d' % (
            len(data), at + int(head['size'])))


def mail_file(name, data):
    head, at = fields(data)
    if head.get('name') != name:
        raise Torn('its name is %r' % head.get('name'))
    if head['body'] == 'inline' and at + int(head['size']) > len(data):
        raise Torn('the body is cut short')


def read(path):
    with open(path, 'rb') as f:
        data = f.read()
    if not data:
        raise Torn('empty')
    return data


def where(site, job):
    """How often each chunk of a job is somewhere."""
    count = {}
    places = ['jobs/' + job, 'pool/finished'] + [
        'pool/%s/%s' % (p, s) for p in spool.POOLS
        for s in ('now', 'later', 'held')]
    for place in places:
        for n in spool.names(site.path(place)):
            if n.startswith(job + '.') and n[len(job) + 1:].isdigit():
                k = int(n[len(job) + 1:])
                count[k] = count.get(k, 0) + 1
    return count


def job_directory(site, job):
    path = site.path('jobs/' + job)
    chunks = 0
    for line in read(path + '/plan').decode().split('\n')[:-1]:
        word = line.split(' ')
        if word[0] in 'WE':
            chunks = int(word[1])
    there = where(site, job)
    for k in range(1, chunks + 1):
        if there.get(k, 0) != 1:
            raise Torn('chunk %d is there %d times' % (k, there.get(k, 0)))
    home = [n for n in os.listdir(path) if n.startswith(job)]
    for n in home:
        if int(n.rsplit('.', 1)[1]) <= chunks:
            mail_file(n, read(path + '/' + n))
    head, _ = fields(read(path + '/job'))
    if not os.path.exists(path + '/body') and len(home) == chunks:
        return    # the job is just being put away
    if len(read(path + '/body')) != int(head['size']):
        raise Torn('the body is cut short')


def look(site):
    """Says what is wrong, a line for each file."""
    wrong = []
    places = [('score/new', inbox_file), ('score/wait', inbox_file),
              ('route/new', inbox_file), ('pool/finished', mail_file)]
    places += [('pool/%s/%s' % (p, s), mail_file) for p in spool.POOLS
               for s in ('now', 'later')]
    for place, check in places:
        for n in spool.names(site.path(place)):
            try:
                check(n, read(site.path(place + '/' + n)))
            except (Torn, KeyError, ValueError) as e:
                wrong.append('%s/%s: %s' % (place, n, e))
    for job in spool.names(site.path('jobs')):
        try:
            job_directory(site, job)
        except (Torn, KeyError, ValueError, OSError) as e:
            wrong.append('jobs/%s: %s' % (job, e))
    return wrong
