/* text.c - a text of spam entries: one a line, comments, blank lines */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-table/table.h"
#include "lib/clean.h"
#include "lib/fio.h"
#include "lib/lines.h"
#include "lib/msg.h"

enum {
	BAR_STEP = 4096, /* lines between looks at the clock */
	SHOWN_MAX = 80,  /* bytes of a bad line */
};

/* "FILE:LINE: why: entry", over the bar when there is one. */
static void
complain(struct spamtext *t, const char *why, struct bytes entry)
{
	stralloc out = {0};

	if (entry.len > SHOWN_MAX)
		entry.len = SHOWN_MAX;
	if ((t->bar.live && sa_puts(&out, "\r\033[K") < 0) ||
	    sa_puts(&out, t->file) < 0 || sa_puts(&out, ":") < 0 ||
	    sa_addu(&out, t->line) < 0 || sa_puts(&out, ": ") < 0 ||
	    sa_puts(&out, why) < 0 || sa_puts(&out, ": ") < 0 ||
	    clean_put(&out, entry) < 0 || sa_puts(&out, "\n") < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (fio_write(STDERR_FILENO, out.s, out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	sa_free(&out);
}

static void
take_line(struct spamtext *t, const char *s, size_t len)
{
	struct where w = {0, LINES_WHY};
	struct bytes entry = spam_entry_of_line(s, len);
	int r = -1;

	if (t->line++ == UINT32_MAX)
		msg_die(LSV_PERM, t->file, ": more than 4294967295 lines");
	if (t->line % BAR_STEP == 0)
		progress_at(&t->bar, t->bytes);
	if (entry.len == 0 && len <= LINES_MAX)
		return;
	errno = 0; /* to tell a bad line from one that finds no memory */
	if (len <= LINES_MAX)
		r = spamtab_add(&t->tab, entry.s, entry.len, t->line, &w);
	if (r == 0)
		return;
	if (errno == ENOMEM)
		msg_die(LSV_TEMP, "out of memory");
	if (t->bad++ < TABLE_BAD_SHOWN)
		complain(t, w.why, entry);
}

static int
read_lines(struct spamtext *t, int fd)
{
	static struct lines l;
	const char *s;
	size_t len;
	int r;

	memset(&l, 0, offsetof(struct lines, buf));
	l.fd = fd;
	while ((r = lines_next(&l, &s, &len)) > 0) {
		t->bytes = l.bytes;
		take_line(t, s, len);
	}
	return r;
}

static void
summary_of_bad(const struct spamtext *t)
{
	char n[32];

	if (t->bad <= TABLE_BAD_SHOWN)
		return;
	snprintf(n, sizeof n, "%llu",
	    (unsigned long long)(t->bad - TABLE_BAD_SHOWN));
	msg_warn(t->file, ": ", n, " more bad lines are not shown");
}

int
spamtext_read(struct spamtext *t, const char *what)
{
	struct stat st;
	int fd, r = -1;

	fd = open(t->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		goto done;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto done;
	}
	progress_begin(&t->bar, what, (uint64_t)st.st_size);
	r = read_lines(t, fd);
	progress_end(&t->bar, t->bytes);
	summary_of_bad(t);
done:
	fio_close(fd);
	return r;
}

void
spamtext_free(struct spamtext *t)
{
	spamtab_free(&t->tab);
}
