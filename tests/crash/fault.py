"""The orders for preload_fault.so, and its report: tests/lib/fault.h."""
import mmap
import os
import struct

COUNT, KILL_SELF, KILL_PARENT, KILL_ALL, FAIL, SHORT, NOSYNC = range(7)
STATE, FD, SPACE, IO, INTR, HALF = (1 << i for i in range(6))

MAGIC = 0x6c737666
HEAD = struct.Struct('=IIiI16sQQQQQQQIIII')
RECORD = struct.Struct('=16s16sII6Q')
RECORDS = 16384
SIZE = HEAD.size + RECORDS * RECORD.size


def text(field):
    return field.split(b'\0')[0].decode()


class Record:
    """A call: its program, name and callers (innermost first)."""

    def __init__(self, fields):
        self.program, self.call = text(fields[0]), text(fields[1])
        self.number, self.child = fields[2], bool(fields[3])
        self.frames = tuple(a for a in fields[4:] if a)

    def key(self):
        return (self.program, self.call, self.frames)


class Fault:
    """The file that one run of the programs shares with us."""

    def __init__(self, path):
        self.path = path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        os.ftruncate(fd, SIZE)
        self.map = mmap.mmap(fd, SIZE)
        os.close(fd)

    def order(self, program, mode, first=0, span=0, second=0,
              kinds=STATE, error=0, every=False):
        self.map[:HEAD.size] = HEAD.pack(
            MAGIC, mode, error, kinds, program.encode(), first, span,
            second, every, 0, 0, 0, 0, 0, 0, 0)
        # records are told by their number in the head: old ones may stay,
        # but not the ends of their names
        used = HEAD.size + RECORD.size * (64 if not every else RECORDS)
        self.map[HEAD.size:used] = bytes(used - HEAD.size)

    def head(self):
        return HEAD.unpack(self.map[:HEAD.size])

    def count(self):
        return self.head()[9]

    def phase(self):
        return self.head()[12]

    def records(self):
        n = min(self.head()[14], RECORDS)
        at = HEAD.size
        return [Record(RECORD.unpack_from(self.map, at + i * RECORD.size))
                for i in range(n)]
