/* confine.h - give away what a service does not need, before foreign bytes
 *
 * Order in main: options, directories and files opened, then confine_limits,
 * confine_privileges, confine_paths, confine_calls, confine_report, then
 * the first byte of input.  All of it is inherited by children and cannot be
 * taken back.
 */
#ifndef LSV_CONFINE_H
#define LSV_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/* struct confine - what is active, for confine_report; zeroed by main
 *
 * nofile, fsize, as, nproc  limits that were set, 0 for none
 * no_new_privs  1 when set
 * landlock      ABI version of the kernel that is in force, 0 for none
 * calls         system calls that are refused, 0 when there is no filter
 */
struct confine {
	uint64_t nofile, fsize, as, nproc;
	int no_new_privs;
	int landlock;
	unsigned calls;
};

/* struct confine_limits - limits of this process and its children
 *
 * nofile  descriptors
 * fsize   largest file that may be written, bytes
 * as      address space, bytes (maps of LMDB count)
 * nproc   processes of this uid
 * 0 leaves a limit as it is.  Core files are always switched off, and a write
 * over fsize fails with EFBIG instead of a signal.
 */
struct confine_limits {
	uint64_t nofile, fsize, as, nproc;
};

/* What may be done below a path. */
enum {
	CONFINE_READ = 1,  /* read files, list directories */
	CONFINE_WRITE = 2, /* the same, and write, make, remove, rename, link */
	CONFINE_EXEC = 4,  /* the same as CONFINE_READ, and execute */
};

/* struct confine_path - a file or directory that stays within reach
 *
 * path    NUL-terminated; one that does not exist is left out
 * rights  bits CONFINE_*
 */
struct confine_path {
	const char *path;
	unsigned rights;
};

/* What a service needs that most do not, for confine_calls. */
enum {
	CONFINE_MAY_SOCKET = 1, /* socket, connect, bind, listen, accept */
	CONFINE_MAY_EXEC = 2,   /* execve, execveat */
	CONFINE_MAY_LIMIT = 4,  /* prlimit of another process */
};

/* confine_limits - set limits, both soft and hard
 *
 * A limit above the hard limit in force becomes that hard limit.
 * c       receives what is in force
 * l       the limits
 * Returns 0; -1 with errno
 */
int confine_limits(struct confine *c, const struct confine_limits *l);

/* confine_privileges - no program that is executed gets more rights
 *
 * Returns 0; -1 with errno
 * Source  prctl(2), PR_SET_NO_NEW_PRIVS
 */
int confine_privileges(struct confine *c);

/* confine_paths - nothing outside of these paths can be opened or changed
 *
 * As far as the kernel goes: with no Landlock, or one that could not grant
 * renames between directories (ABI 1), nothing is restricted and c->landlock
 * stays 0.  Descriptors open before keep working.
 * path, n the paths that stay; confine_privileges has been called
 * Returns 0; -1 with errno when the kernel knows Landlock and refused
 * Source  landlock(7), LANDLOCK_ACCESS_FS_REFER
 */
int confine_paths(struct confine *c, const struct confine_path *path, size_t n);

/* confine_signals - no signal reaches a process outside
 *
 * Outside are all but this process and those that come of it afterwards; kill(2)
 * of -1 then means just these.  confine_privileges has been called.
 * Returns 1; 0 with a kernel that cannot do it; -1 with errno
 * Source  landlock(7), LANDLOCK_SCOPE_SIGNAL (ABI 6)
 */
int confine_signals(void);

/* confine_calls - system calls that no service of ours makes fail with EPERM
 *
 * ptrace, mount, kexec, bpf, modules, namespaces, io_uring, memory that
 * outlives or hides from its process and the like, and with them sockets, execve
 * and limits of other processes unless may says so.
 * may     bits CONFINE_MAY_*
 * Returns 0, also on a kernel without seccomp (c->calls stays 0); -1 with
 *         errno
 * Source  seccomp(2); seccomp_init(3), a list of what is denied
 */
int confine_calls(struct confine *c, unsigned may);

/* confine_report - one log line that says what is active
 *
 * - confined no_new_privs=1 landlock=4 calls_denied=57 nofile=512
 */
void confine_report(const struct confine *c);

#endif
