/* text.c - a text of spam entries: one a line, comments, blank lines */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-table/table.h"
#include "lib/fio.h"
#include "lib/msg.h"

enum {
	READ_STEP = 262144, /* bytes */
	BAR_STEP = 4096,    /* lines between looks at the clock */
	SHOWN_MAX = 80,     /* bytes of a bad line */
};

static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF, from some editors */

/* "FILE:LINE: why: entry", over the bar when there is one. */
static void
complain(struct spamtext *t, const char *why, struct bytes entry)
{
	char shown[SHOWN_MAX + 1];
	stralloc out = {0};
	size_t i;

	for (i = 0; i < entry.len && i < SHOWN_MAX; i++)
		shown[i] = (unsigned char)entry.s[i] < ' ' || entry.s[i] == 127
		    ? '?'
		    : entry.s[i];
	shown[i] = 0;
	if ((t->bar.live && sa_puts(&out, "\r\033[K") < 0) ||
	    sa_puts(&out, t->file) < 0 || sa_puts(&out, ":") < 0 ||
	    sa_addu(&out, t->line) < 0 || sa_puts(&out, ": ") < 0 ||
	    sa_puts(&out, why) < 0 || sa_puts(&out, ": ") < 0 ||
	    sa_puts(&out, shown) < 0 || sa_puts(&out, "\n") < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (fio_write(STDERR_FILENO, out.s, out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	sa_free(&out);
}

static void
take_line(struct spamtext *t, const char *s, size_t len)
{
	struct where w = {0, SPAM_LINE_WHY};
	struct bytes entry;
	int r = -1;

	if (t->line++ == UINT32_MAX)
		msg_die(LSV_PERM, t->file, ": more than 4294967295 lines");
	if (t->line % BAR_STEP == 0)
		progress_at(&t->bar, t->bytes);
	if (t->line == 1 && len >= sizeof mark - 1 &&
	    memcmp(s, mark, sizeof mark - 1) == 0) {
		s += sizeof mark - 1;
		len -= sizeof mark - 1;
	}
	entry = spam_entry_of_line(s, len);
	if (entry.len == 0 && len <= SPAM_LINE_MAX)
		return;
	errno = 0; /* to tell a bad line from one that finds no memory */
	if (len <= SPAM_LINE_MAX)
		r = spamtab_add(&t->tab, entry.s, entry.len, t->line, &w);
	if (r == 0)
		return;
	if (errno == ENOMEM)
		msg_die(LSV_TEMP, "out of memory");
	if (t->bad++ < TABLE_BAD_SHOWN)
		complain(t, w.why, entry);
}

/* Takes the whole lines at the start of a buffer; returns their length. Of a
 * line that does not end, only so much is kept as shows that it is too long. */
static size_t
take_lines(struct spamtext *t, const char *s, size_t *len)
{
	const char *end;
	size_t i = 0, n;

	while ((end = memchr(s + i, '\n', *len - i)) != NULL) {
		n = (size_t)(end - s) - i;
		take_line(t, s + i, n);
		i += n + 1;
	}
	if (*len - i > SPAM_LINE_MAX + 1)
		*len = i + SPAM_LINE_MAX + 1;
	return i;
}

static int
read_lines(struct spamtext *t, int fd)
{
	static char buf[READ_STEP + SPAM_LINE_MAX + 1];
	size_t len = 0, used;
	ssize_t n;

	for (;;) {
		n = read(fd, buf + len, READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		t->bytes += (uint64_t)n;
		len += (size_t)n;
		used = take_lines(t, buf, &len);
		len -= used;
		memmove(buf, buf + used, len);
	}
	if (len)
		take_line(t, buf, len);
	return 0;
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
