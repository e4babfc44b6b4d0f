"""Names for the places in the programs at which something was done."""
import subprocess

# where bytes go out; what matters is who sent them
PLUMBING = {'fio_write', 'fio_pwrite', 'fio_close', 'fio_read_fd', 'fio_read',
            'lock_file', 'read_at', 'names_read', 'read_all'}


# what changes something and has to be known to the preload when it is used
CHANGING = set("""
    chmod chown copy_file_range creat fallocate fallocate64 fchmod fchmodat
    fchown fchownat fdatasync fopen fopen64 fork fsync ftruncate ftruncate64
    futimens fwrite lchown link linkat mkdir mkdirat mkfifo mkfifoat mknod
    mknodat mkostemp mkstemp msync open open64 openat openat64 __open_2
    __open64_2 __openat_2 __openat64_2 posix_fallocate posix_spawn pwrite
    pwrite64 pwritev pwritev2 remove rename renameat renameat2 rmdir send
    sendfile sendmmsg sendmsg sendto splice symlink symlinkat sync
    sync_file_range syncfs tmpfile truncate unlink unlinkat utime utimensat
    utimes vfork write writev connect
""".split())


def symbols(path, which):
    out = subprocess.run(['nm', '-D', which, path], text=True, check=True,
                         capture_output=True).stdout
    return {line.split()[-1].split('@')[0] for line in out.splitlines()}


def unknown(build, programs):
    """Calls that the programs and LMDB use and the preload does not know."""
    known = symbols(build + '/tests/lib/preload_fault.so', '--defined-only')
    files = [build + '/bin/' + p for p in programs]
    out = subprocess.run(['ldd', build + '/bin/lsv-score'], text=True,
                         check=True, capture_output=True).stdout
    files += [w for line in out.splitlines() if 'liblmdb' in line
              for w in line.split() if w.startswith('/')]
    used = set().union(*(symbols(f, '--undefined-only') for f in files))
    return sorted((used & CHANGING) - known)


class Names:
    """Resolves addresses of the programs by addr2line, each only once."""

    def __init__(self, build):
        self.build = build
        self.known = {}

    def load(self, records):
        wanted = {}
        for r in records:
            for a in r.frames:
                if (r.program, a) not in self.known:
                    wanted.setdefault(r.program, set()).add(a)
        for program, addresses in wanted.items():
            self.resolve(program, sorted(addresses))

    def resolve(self, program, addresses):
        # a return address is behind the call
        out = subprocess.run(
            ['addr2line', '-a', '-f', '-i', '-s', '-e',
             '%s/bin/%s' % (self.build, program)],
            input=''.join('%#x\n' % (a - 1) for a in addresses), text=True,
            check=True, capture_output=True).stdout.splitlines()
        at = None
        for line in out:
            if line.startswith('0x'):
                at = int(line, 16) + 1
                self.known[program, at] = []
                function = None
            elif function is None:
                function = line
            else:
                place = line.split(' ')[0]
                if '.h:' not in place:    # a wrapper of the C library
                    self.known[program, at].append((function, place))
                function = None

    def site(self, record):
        """'fsync in ho_commit handover.c:115'"""
        last = ('?', '?')
        for a in record.frames:
            for function, line in self.known.get((record.program, a), ()):
                last = (function, line)
                if function not in PLUMBING:
                    return '%s in %s %s' % (record.call, function, line)
        return '%s in %s %s' % (record.call, last[0], last[1])
