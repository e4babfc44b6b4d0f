#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "cmd/lsv-merge/program.h"
#include "lib/fio.h"
#include "lib/msg.h"

/* What a signal that ends us has to remove; no name, nothing. */
static struct {
	int dir;
	char name[ID_NAME_MAX];
} begun;

static void
on_signal(int sig)
{
	unlinkat(begun.dir, begun.name, 0);
	raise(sig); /* with SA_RESETHAND it ends us */
}

static void
signals(int how)
{
	static const int those[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction a = {
	    .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof those / sizeof those[0]; i++) {
		sigaddset(&set, those[i]);
		if (how == SIG_UNBLOCK &&
		    sigaction(those[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN) /* as nohup(1) wants it */
			sigaction(those[i], &a, NULL);
	}
	sigprocmask(how, &set, NULL);
}

static _Noreturn void
die_write(struct program *p)
{
	int err = errno;

	hand_drop(p);
	errno = err;
	msg_diesys(LSV_TEMP, "unable to write into the spool");
}

static void
put_head(struct program *p)
{
	stralloc head = {0};

	if (spoolhead_format(&head, &p->head, NULL) < 0 ||
	    fio_pwrite(p->fd, head.s, head.len, 0) < 0)
		die_write(p);
	p->head.table_at = head.len;
	sa_free(&head);
}

void
hand_begin(struct program *p)
{
	begun.dir = p->route.tmp;
	id_copy(begun.name, p->head.id);
	signals(SIG_UNBLOCK);
	p->fd = ho_create(&p->route, p->head.id);
	if (p->fd < 0)
		msg_diesys(LSV_TEMP, "unable to make a file in route/tmp");
	put_head(p);
}

void
hand_rows(struct program *p)
{
	if (p->fd >= 0 &&
	    fio_pwrite(p->fd, p->out.s, p->out.len,
		(off_t)(p->head.table_at + p->head.table)) < 0)
		die_write(p);
	p->head.table += p->out.len;
	p->out.len = 0;
}

void
hand_end(struct program *p)
{
	p->head.size = p->text.len;
	if (fio_pwrite(p->fd, p->text.s, p->text.len,
		(off_t)(p->head.table_at + p->head.table)) < 0)
		die_write(p);
	put_head(p);
	signals(SIG_BLOCK); /* from here on it is submitted, and we say so */
	if (ho_commit(&p->route, p->fd, p->head.id) < 0)
		msg_diesys(LSV_TEMP, "unable to hand the message over");
	p->fd = -1;
}

void
hand_drop(struct program *p)
{
	if (p->fd >= 0)
		ho_drop(&p->route, p->fd, p->head.id);
	p->fd = -1;
}
