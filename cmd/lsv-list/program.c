#include <errno.h>
#include <unistd.h>

#include "cmd/lsv-list/arena.h"
#include "cmd/lsv-list/list.h"
#include "lib/addrlist.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/idn.h"
#include "lib/listpub.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/site.h"

enum { SHOWN_MAX = 80 };

_Noreturn void
die_memory(void)
{
	errno = ENOMEM;
	msg_diesys(LSV_TEMP, "unable to go on");
}

_Noreturn void
die_store(const char *what)
{
	int person = errno == EACCES || errno == EPERM || errno == ENOENT ||
	    errno == EROFS || errno == ENOTDIR;

	msg_diesys(person ? LSV_PERM : LSV_TEMP, "unable to ", what,
	    " the lists in ", root_lib(), "/", LISTS_DIR);
}

const char *
shown(const char *s, size_t len)
{
	static char text[SHOWN_MAX + 1];
	size_t i, n = len < SHOWN_MAX ? len : SHOWN_MAX;

	for (i = 0; i < n; i++)
		text[i] = (unsigned char)s[i] < 32 || s[i] == 127 ? '?' : s[i];
	if (n < len)
		memcpy(text + n - 3, "...", 3);
	text[n] = 0;
	return text;
}

uint32_t
today(void)
{
	char text[CLOCK_DAY_LEN + 1];
	uint64_t day = 0;

	clock_day(text, clock_wall_us());
	if (num_u64(&day, text, CLOCK_DAY_LEN, UINT32_MAX) < 0)
		msg_die(LSV_TEMP, "the clock has no date: ", text);
	return (uint32_t)day;
}

void
program_print(struct program *p)
{
	if (p->out.len && fio_write(STDOUT_FILENO, p->out.s, p->out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	p->out.len = 0;
}

/* Returns 0 when there is no store to read, or 1. */
static int
open_lists(struct program *p, int mode)
{
	stralloc dir = {0};
	int r;

	if (root_path(&dir, root_lib(), LISTS_DIR) < 0)
		die_memory();
	r = lists_open(&p->lists, dir.s, mode);
	if (r < 0 && errno == ENOENT && mode == STORE_READ &&
	    access(dir.s, X_OK) == 0) {
		sa_free(&dir);
		return 0;
	}
	/* what an import that was killed left beside the store */
	if (r < 0 || (mode != STORE_READ && arena_sweep(dir.s) < 0))
		die_store("open");
	sa_free(&dir);
	return 1;
}

static void
begin_write(struct program *p)
{
	/* an earlier run may have died between its change and the table; with
	 * --dry-run the table is left as it is like all else */
	if (!p->opt.dry_run && listpub_update(&p->lists) < 0)
		die_store("publish");
	if (lists_begin(&p->lists, 1) < 0)
		die_store("read");
}

int
program_open(struct program *p, int write)
{
	if (!open_lists(p, write ? STORE_WRITE : STORE_READ))
		return 0;
	if (write)
		begin_write(p);
	else if (lists_begin(&p->lists, 0) < 0)
		die_store("read");
	return 1;
}

void
program_open_bulk(struct program *p, uint64_t subscribers, uint64_t bytes)
{
	open_lists(p, STORE_BULK);
	lists_expect(&p->lists, subscribers, bytes);
	begin_write(p);
}

void
program_list(struct program *p)
{
	const char *name = p->opt.arg[0];
	struct bytes text;
	struct where w;
	int r = 0;

	if (p->lists.dir)
		r = lists_find(&p->lists, &p->list, name, strlen(name));
	if (r < 0)
		die_store("read");
	if (r == 0)
		msg_die(LSV_PERM, shown(name, strlen(name)),
		    ": there is no such list");
	if (lists_header(&p->lists, &p->list, &text) < 0)
		die_store("read");
	if (listhdr_parse(&p->h, text.s, text.len, &w) < 0)
		msg_warn(p->list.name,
		    ": its header is not valid any more: ", w.why);
}

void
program_keep(struct program *p, int publish)
{
	if (lists_end(&p->lists, !p->opt.dry_run) < 0)
		die_store("change");
	if (p->opt.dry_run)
		msg_say("dry run, nothing was changed");
	if (publish && !p->opt.dry_run && listpub_update(&p->lists) < 0)
		msg_diesys(LSV_TEMP,
		    "done, but the table of addresses is not written yet (the "
		    "next lsv-list that changes something writes it)");
}

/* Is this the address of the list itself, on one of the site's names? Before
 * the site has names every host counts. */
static int
is_list(const struct site *site, const char *list, struct bytes addr)
{
	size_t at = addr_at(addr.s, addr.len);
	struct bytes host = {addr.s + at + 1, addr.len - at - 1};

	return bytes_same((struct bytes){addr.s, at}, list) &&
	    (site->nmydomain == 0 || site_serves(site, host));
}

static void
check_errors_to(struct program *p, const char *name)
{
	struct site site = {0};
	struct bytes addr;
	size_t at = 0;

	if (site_read(&site, root_etc()) < 0 && errno != ENOENT)
		msg_diesys(
		    LSV_TEMP, "unable to read ", root_etc(), "/", SITE_TABLE);
	while (listhdr_next(&p->h.errors_to, &at, &addr))
		if (is_list(&site, name, addr))
			msg_die(LSV_PERM,
			    "Errors-To= is the list itself: "
			    "that would be a loop");
	site_free(&site);
}

static void
say_notes(const stralloc *notes)
{
	stralloc line = {0};
	size_t i, n;

	for (i = 0; i < notes->len; i += n + 1) {
		n = byte_chr(notes->s + i, notes->len - i, '\n');
		line.len = 0;
		if (sa_put(&line, notes->s + i, n) < 0 || sa_0(&line) < 0)
			die_memory();
		msg_warn(line.s);
	}
	sa_free(&line);
}

void
program_header(struct program *p, const char *name, struct bytes text)
{
	stralloc line = {0};
	struct where w;

	if (listhdr_parse(&p->h, text.s, text.len, &w) < 0) {
		if (sa_addu(&line, w.at) < 0 || sa_0(&line) < 0)
			die_memory();
		msg_die(LSV_PERM, "header: line ", line.s, ": ", w.why);
	}
	check_errors_to(p, name);
	say_notes(&p->h.notes);
}

void
program_address(struct program *p, const char *text)
{
	stralloc ascii = {0};
	struct where w;

	p->out.len = 0;
	if (idn_addr(&ascii, text, strlen(text), &w) < 0 ||
	    addr_spec(&p->out, ascii.s, ascii.len, 0, &w) < 0)
		msg_die(LSV_PERM, shown(text, strlen(text)), ": ", w.why);
	sa_free(&ascii);
}
