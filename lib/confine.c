#include "lib/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/logline.h"

/* Rights that came after the first two versions; older headers lack them. */
#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_IOCTL_DEV = 5, ABI_SCOPE = 6 };

/* struct landlock_ruleset_attr of ABI 6, which older headers lack, too. */
struct scope_attr {
	uint64_t fs, net, scoped;
};
#define SCOPE_SIGNAL (1ULL << 1)

/* The address sanitizer maps terabytes, and looks for leaks with ptrace and
 * /proc. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int
limit(int what, uint64_t wanted, uint64_t *done)
{
	struct rlimit r;

	if (getrlimit((__rlimit_resource_t)what, &r) < 0)
		return -1;
	if (r.rlim_max != RLIM_INFINITY && wanted > r.rlim_max)
		wanted = r.rlim_max;
	r.rlim_cur = r.rlim_max = wanted;
	if (setrlimit((__rlimit_resource_t)what, &r) < 0)
		return -1;
	if (done)
		*done = wanted;
	return 0;
}

int
confine_limits(struct confine *c, const struct confine_limits *l)
{
	if (limit(RLIMIT_CORE, 0, NULL) < 0 ||
	    (l->nofile && limit(RLIMIT_NOFILE, l->nofile, &c->nofile) < 0) ||
	    (l->nproc && limit(RLIMIT_NPROC, l->nproc, &c->nproc) < 0) ||
	    (l->as && !SANITIZED && limit(RLIMIT_AS, l->as, &c->as) < 0))
		return -1;
	if (l->fsize &&
	    (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
		limit(RLIMIT_FSIZE, l->fsize, &c->fsize) < 0))
		return -1;
	return 0;
}

int
confine_privileges(struct confine *c)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	c->no_new_privs = 1;
	return 0;
}

/* --- Landlock ------------------------------------------------------------- */

static const uint64_t rights_read =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t rights_write = LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE;
static const uint64_t rights_never = LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | FS_IOCTL_DEV;
static const uint64_t rights_of_file = LANDLOCK_ACCESS_FS_EXECUTE |
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE;

static uint64_t
handled(long abi)
{
	uint64_t all = rights_read | rights_write | rights_never |
	    LANDLOCK_ACCESS_FS_EXECUTE;

	if (abi < ABI_IOCTL_DEV)
		all &= ~FS_IOCTL_DEV;
	if (abi < ABI_TRUNCATE)
		all &= ~FS_TRUNCATE;
	return all;
}

static long
landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static int
grant(int rules, const struct confine_path *p, uint64_t all)
{
	struct landlock_path_beneath_attr a = {
	    .allowed_access = rights_read,
	    .parent_fd = open(p->path, O_PATH | O_CLOEXEC),
	};
	struct stat st;
	long r = -1;

	if (a.parent_fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (p->rights & CONFINE_WRITE)
		a.allowed_access |= rights_write;
	if (p->rights & CONFINE_EXEC)
		a.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
	a.allowed_access &= all;
	if (fstat(a.parent_fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			a.allowed_access &= rights_of_file;
		r = syscall(SYS_landlock_add_rule, rules,
		    LANDLOCK_RULE_PATH_BENEATH, &a, 0);
	}
	fio_close(a.parent_fd);
	return (int)r;
}

int
confine_paths(struct confine *c, const struct confine_path *path, size_t n)
{
	static const struct confine_path threads = {"/proc", CONFINE_READ};
	long abi = landlock_abi();
	struct landlock_ruleset_attr a = {0};
	int rules, r = 0;

	if (abi < ABI_REFER)
		return 0;
	a.handled_access_fs = handled(abi);
	rules = (int)syscall(
	    SYS_landlock_create_ruleset, &a, sizeof a.handled_access_fs, 0);
	if (rules < 0)
		return -1;
	if (fcntl(rules, F_SETFD, FD_CLOEXEC) < 0)
		r = -1;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = grant(rules, path + i, a.handled_access_fs);
	if (r == 0 && SANITIZED)
		r = grant(rules, &threads, a.handled_access_fs);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	fio_close(rules);
	if (r == 0)
		c->landlock = (int)abi;
	return r;
}

/* Renames from one directory to another are refused by every set of rules that
 * does not allow them. */
static int
allow_renames(int rules)
{
	struct landlock_path_beneath_attr a = {
	    .allowed_access = LANDLOCK_ACCESS_FS_REFER,
	    .parent_fd = open("/", O_PATH | O_CLOEXEC),
	};
	long r;

	if (a.parent_fd < 0)
		return -1;
	r = syscall(
	    SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
	fio_close(a.parent_fd);
	return (int)r;
}

int
confine_signals(void)
{
	struct scope_attr a = {
	    .fs = LANDLOCK_ACCESS_FS_REFER, .scoped = SCOPE_SIGNAL};
	int rules, r;

	if (landlock_abi() < ABI_SCOPE)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
	if (rules < 0)
		return -1;
	r = allow_renames(rules);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	fio_close(rules);
	return r < 0 ? -1 : 1;
}

/* --- seccomp -------------------------------------------------------------- */

static const int never[] = {SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(mount), SCMP_SYS(umount2),
    SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
    SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(add_key),
    SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(swapon),
    SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(iopl),
    SCMP_SYS(ioperm), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(syslog), SCMP_SYS(vhangup),
    SCMP_SYS(mknod), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
    SCMP_SYS(personality), SCMP_SYS(fanotify_init), SCMP_SYS(modify_ldt),
    SCMP_SYS(lookup_dcookie), SCMP_SYS(memfd_create), SCMP_SYS(shmget),
    SCMP_SYS(semget), SCMP_SYS(msgget)};

static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect),
    SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)};

static const int executing[] = {SCMP_SYS(execve), SCMP_SYS(execveat)};

static int
refuse(scmp_filter_ctx f, struct confine *c, const int *call, size_t n)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call[i], 0);
		/* EDOM: this architecture has no such call */
		if (r < 0 && r != -EDOM)
			return r;
		c->calls += r == 0;
	}
	return 0;
}

static int
fill(scmp_filter_ctx f, struct confine *c, unsigned may)
{
	static const int trace[] = {SCMP_SYS(ptrace)};
	static const struct scmp_arg_cmp another = {
	    .arg = 0, .op = SCMP_CMP_NE, .datum_a = 0};
	int r = refuse(f, c, never, sizeof never / sizeof never[0]);

	if (r == 0 && !SANITIZED)
		r = refuse(f, c, trace, 1);
	if (r == 0 && !(may & CONFINE_MAY_LIMIT)) /* those of another process */
		r = seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1, another);
	if (r == 0 && !(may & CONFINE_MAY_SOCKET))
		r = refuse(f, c, network, sizeof network / sizeof network[0]);
	if (r == 0 && !(may & CONFINE_MAY_EXEC))
		r = refuse(
		    f, c, executing, sizeof executing / sizeof executing[0]);
	return r;
}

int
confine_calls(struct confine *c, unsigned may)
{
	scmp_filter_ctx f;
	int r;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL)
		return 0;
	f = seccomp_init(SCMP_ACT_ALLOW);
	if (!f) {
		errno = ENOMEM;
		return -1;
	}
	c->calls = 0;
	r = fill(f, c, may);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r == 0)
		return 0;
	c->calls = 0;
	errno = -r;
	return -1;
}

void
confine_report(const struct confine *c)
{
	struct logline l;

	log_begin(&l, NULL, "confined");
	log_u(&l, "no_new_privs", (uint64_t)c->no_new_privs);
	log_u(&l, "landlock", (uint64_t)c->landlock);
	log_u(&l, "calls_denied", c->calls);
	if (c->nofile)
		log_u(&l, "nofile", c->nofile);
	if (c->fsize)
		log_u(&l, "fsize", c->fsize);
	if (c->as)
		log_u(&l, "as", c->as);
	if (c->nproc)
		log_u(&l, "nproc", c->nproc);
	log_end(&l);
}
