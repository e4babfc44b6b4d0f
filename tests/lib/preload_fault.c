/* preload_fault - kills a program, or lets a call fail, at the N-th call that
 * changes something
 *
 * LSV_FAULT names the file that says what to do (tests/lib/fault.h). Counted
 * are calls of the program and of its libraries but the C library itself, over
 * all processes of the program; nothing is counted of other programs and of
 * what goes to standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/fault.h"
#include "tests/lib/preload.h"

enum { STACK_MAX = 32 };

/* What fault() answers. */
enum verdict { GO_ON, FAILED, HALF };

static struct fault *shared;   /* NULL: no orders, or none for this program */
static uintptr_t exe, exe_end; /* where the program itself lies */

static int
find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	exe = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t end = exe + p->p_vaddr + p->p_memsz;

		if (p->p_type == PT_LOAD && end > exe_end)
			exe_end = end;
	}
	return 1; /* the program comes first */
}

static struct fault *
map(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0)
		p = mmap(NULL, sizeof(struct fault), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (fd >= 0)
		syscall(SYS_close, fd);
	return p == MAP_FAILED ? NULL : p;
}

/* Before main, and before the program locks itself in. */
__attribute__((constructor)) static void
prepare(void)
{
	const char *path = getenv("LSV_FAULT");
	struct fault *f = path ? map(path) : NULL;
	uint32_t killed = 1;
	void *stack[1];

	if (!f || f->magic != FAULT_MAGIC ||
	    strcmp(f->program, program_invocation_short_name) != 0)
		return;
	backtrace(stack, 1); /* loads what it needs */
	dl_iterate_phdr(find_program, NULL);
	f->main = (uint32_t)getpid();
	atomic_compare_exchange_strong(&f->phase, &killed, 2);
	shared = f;
}

static void
record(const char *call, uint64_t number)
{
	uint32_t at = atomic_fetch_add(&shared->records, 1);
	struct fault_record *r;
	void *stack[STACK_MAX];
	int n, k = 0;

	if (at >= FAULT_RECORDS)
		return;
	r = &shared->record[at];
	n = backtrace(stack, STACK_MAX);
	for (int i = 0; i < n && k < FAULT_FRAMES; i++) {
		uintptr_t p = (uintptr_t)stack[i];

		if (p >= exe && p < exe_end)
			r->frame[k++] = p - exe;
	}
	memcpy(r->program, shared->program, sizeof r->program);
	strncpy(r->call, call, sizeof r->call - 1);
	r->child = shared->main != (uint32_t)getpid();
	r->number = (uint32_t)number;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (pid == 0 || pid == getpid())
		pause(); /* no further step of ours */
}

static void
do_kill(void)
{
	switch (shared->mode) {
	case FAULT_KILL_SELF:
		end(getpid());
		break;
	case FAULT_KILL_PARENT:
		end((pid_t)shared->main);
		break;
	case FAULT_KILL_ALL:
		end(0);
		break;
	}
}

/* A child of the program is restarted by the program, not by a new start. */
static int
is_child(void)
{
	return shared->mode == FAULT_KILL_SELF &&
	    (pid_t)shared->main != getpid();
}

static void
maybe_kill(const char *call)
{
	uint64_t n;

	if (shared->phase == 0) {
		n = ++shared->count;
		if (n != shared->first)
			return;
		record(call, n);
		shared->phase = is_child() ? 2 : 1;
		do_kill();
	} else if (shared->phase == 2 && shared->second) {
		n = ++shared->again;
		if (n != shared->second)
			return;
		record(call, n);
		shared->phase = 3;
		do_kill();
	}
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

/* fault - called before every call that can be met by something
 *
 * kinds   by what: of enum fault_kind
 */
static enum verdict
fault(unsigned kinds, const char *call)
{
	int err = errno;
	uint64_t n;

	if (!shared || !(kinds & shared->kinds) || shared->mode == FAULT_NOSYNC)
		return GO_ON;
	if (shared->mode >= FAULT_KILL_SELF && shared->mode <= FAULT_KILL_ALL) {
		maybe_kill(call);
		errno = err;
		return GO_ON;
	}
	n = ++shared->count;
	if (shared->every ||
	    (shared->mode != FAULT_COUNT && n == shared->first))
		record(call, n);
	errno = err;
	if (shared->mode == FAULT_COUNT || n < shared->first)
		return GO_ON;
	if (n == shared->first)
		shared->until = now_ms() + shared->span_ms;
	else if (now_ms() >= shared->until)
		return GO_ON;
	if (shared->mode == FAULT_SHORT)
		return HALF;
	errno = shared->error;
	return FAILED;
}

static int
is_file(int fd)
{
	struct stat st;

	return syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* What a write can meet: nothing is counted of standard error. */
static unsigned
of_write(int fd)
{
	if (fd == STDERR_FILENO || !shared)
		return 0;
	return FAULT_STATE | FAULT_INTR |
	    (is_file(fd) ? FAULT_SPACE | FAULT_IO | FAULT_HALF : 0U);
}

static unsigned
of_open(int flags)
{
	unsigned kinds = FAULT_FD | FAULT_IO;

	if (flags & (O_CREAT | O_TRUNC))
		kinds |= FAULT_STATE | FAULT_SPACE;
	if ((flags & O_ACCMODE) == O_WRONLY)
		kinds |= FAULT_STATE; /* a FIFO's reader wakes */
	return kinds;
}

/* The whole of most functions: the call itself, unless it is to fail. */
#define PASS(name, kinds, bad, ...)                                            \
	NEXT(name);                                                            \
	return fault(kinds, #name) == FAILED ? (bad) : real(__VA_ARGS__)

/* The same of calls that make something durable, unless they are a lie. */
#define SYNC(name, ...)                                                        \
	NEXT(name);                                                            \
	if (shared && shared->mode == FAULT_NOSYNC)                            \
		return 0;                                                      \
	return fault(FAULT_STATE | FAULT_IO | FAULT_SPACE, #name) == FAILED    \
	    ? -1                                                               \
	    : real(__VA_ARGS__)

static mode_t
mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	PASS(open, of_open(flags), -1, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	PASS(openat, of_open(flags), -1, dir, path, flags, mode);
}

/* What the C library's headers make of openat when flags are not constant. */
int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);

int
__open_2(const char *path, int flags)
{
	PASS(__open_2, of_open(flags), -1, path, flags);
}

int
__openat_2(int dir, const char *path, int flags)
{
	PASS(__openat_2, of_open(flags), -1, dir, path, flags);
}

ssize_t
write(int fd, const void *p, size_t len)
{
	enum verdict v;
	NEXT(write);

	v = fault(of_write(fd), "write");
	return v == FAILED ? -1 : real(fd, p, v == HALF ? (len + 1) / 2 : len);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	enum verdict v;
	NEXT(pwrite);

	v = fault(of_write(fd), "pwrite");
	return v == FAILED ? -1
			   : real(fd, p, v == HALF ? (len + 1) / 2 : len, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	PASS(writev, of_write(fd), -1, fd, v, n);
}

ssize_t
send(int fd, const void *p, size_t len, int flags)
{
	enum verdict v;
	NEXT(send);

	v = fault(FAULT_STATE | FAULT_IO | FAULT_INTR | FAULT_HALF, "send");
	return v == FAILED
	    ? -1
	    : real(fd, p, v == HALF ? (len + 1) / 2 : len, flags);
}

ssize_t
read(int fd, void *p, size_t len)
{
	PASS(read, FAULT_INTR | (is_file(fd) ? FAULT_IO : 0U), -1, fd, p, len);
}

ssize_t
pread(int fd, void *p, size_t len, off_t at)
{
	PASS(pread, FAULT_INTR | FAULT_IO, -1, fd, p, len, at);
}

ssize_t
recv(int fd, void *p, size_t len, int flags)
{
	PASS(recv, FAULT_IO | FAULT_INTR, -1, fd, p, len, flags);
}

int
fsync(int fd)
{
	SYNC(fsync, fd);
}

int
fdatasync(int fd)
{
	SYNC(fdatasync, fd);
}

int
syncfs(int fd)
{
	SYNC(syncfs, fd);
}

int
msync(void *p, size_t len, int flags)
{
	SYNC(msync, p, len, flags);
}

int
sync_file_range(int fd, off64_t at, off64_t len, unsigned flags)
{
	SYNC(sync_file_range, fd, at, len, flags);
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	PASS(fallocate, FAULT_STATE | FAULT_IO | FAULT_SPACE | FAULT_INTR, -1,
	    fd, mode, at, len);
}

/* This one returns the error. */
int
posix_fallocate(int fd, off_t at, off_t len)
{
	PASS(posix_fallocate, FAULT_STATE | FAULT_IO | FAULT_SPACE | FAULT_INTR,
	    errno, fd, at, len);
}

int
ftruncate(int fd, off_t len)
{
	PASS(ftruncate, FAULT_STATE | FAULT_IO | FAULT_INTR, -1, fd, len);
}

int
fchmod(int fd, mode_t mode)
{
	PASS(fchmod, FAULT_STATE | FAULT_IO, -1, fd, mode);
}

int
fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	PASS(fchmodat, FAULT_STATE | FAULT_IO, -1, dir, path, mode, flags);
}

int
futimens(int fd, const struct timespec t[2])
{
	PASS(futimens, FAULT_STATE | FAULT_IO, -1, fd, t);
}

int
renameat(int d, const char *from, int e, const char *to)
{
	PASS(
	    renameat, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, d, from, e, to);
}

int
renameat2(int d, const char *from, int e, const char *to, unsigned flags)
{
	PASS(renameat2, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, d, from, e,
	    to, flags);
}

int
rename(const char *from, const char *to)
{
	PASS(rename, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, from, to);
}

int
linkat(int d, const char *from, int e, const char *to, int flags)
{
	PASS(linkat, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, d, from, e, to,
	    flags);
}

int
link(const char *from, const char *to)
{
	PASS(link, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, from, to);
}

int
unlinkat(int dir, const char *path, int flags)
{
	PASS(unlinkat, FAULT_STATE | FAULT_IO, -1, dir, path, flags);
}

int
unlink(const char *path)
{
	PASS(unlink, FAULT_STATE | FAULT_IO, -1, path);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	PASS(
	    mkdirat, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, dir, path, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	PASS(mkdir, FAULT_STATE | FAULT_IO | FAULT_SPACE, -1, path, mode);
}

int
connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	PASS(connect, FAULT_STATE | FAULT_IO | FAULT_INTR, -1, fd, to, len);
}

int
socket(int family, int type, int protocol)
{
	PASS(socket, FAULT_FD, -1, family, type, protocol);
}

int
socketpair(int family, int type, int protocol, int pair[2])
{
	PASS(socketpair, FAULT_FD, -1, family, type, protocol, pair);
}

int
pipe2(int p[2], int flags)
{
	PASS(pipe2, FAULT_FD, -1, p, flags);
}

DIR *
fdopendir(int fd)
{
	PASS(fdopendir, FAULT_FD | FAULT_IO, NULL, fd);
}

struct dirent *
readdir(DIR *d)
{
	PASS(readdir, FAULT_IO, NULL, d);
}

int
fstat(int fd, struct stat *st)
{
	PASS(fstat, FAULT_IO, -1, fd, st);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	PASS(fstatat, FAULT_IO, -1, dir, path, st, flags);
}

int
stat(const char *path, struct stat *st)
{
	PASS(stat, FAULT_IO, -1, path, st);
}

int
lstat(const char *path, struct stat *st)
{
	PASS(lstat, FAULT_IO, -1, path, st);
}

int
fstatvfs(int fd, struct statvfs *v)
{
	PASS(fstatvfs, FAULT_IO, -1, fd, v);
}

int
faccessat(int dir, const char *path, int mode, int flags)
{
	PASS(faccessat, FAULT_IO, -1, dir, path, mode, flags);
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	PASS(poll, FAULT_INTR, -1, p, n, ms);
}

int
ppoll(
    struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	PASS(ppoll, FAULT_INTR, -1, p, n, t, mask);
}

pid_t
waitpid(pid_t pid, int *status, int flags)
{
	PASS(waitpid, flags & WNOHANG ? 0 : FAULT_INTR, -1, pid, status, flags);
}

/* A process too many is what a descriptor too many is elsewhere. */
pid_t
fork(void)
{
	NEXT(fork);

	if (fault(FAULT_STATE | FAULT_FD, "fork") != FAILED)
		return real();
	errno = EAGAIN;
	return -1;
}

/* It is closed in any case. */
int
close(int fd)
{
	int r;
	NEXT(close);

	r = real(fd);
	return fault(FAULT_IO, "close") == FAILED ? -1 : r;
}
