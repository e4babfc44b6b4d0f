#include <errno.h>

#include "cmd/lsv-list/list.h"
#include "lib/addrlist.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/suboptions.h"

/* Reads the FILE of a header. */
static void
read_header(const struct program *p, stralloc *text)
{
	if (fio_read_fd(p->opt.input, text, LISTHDR_MAX) < 0)
		msg_diesys(errno == ENOMEM ? LSV_TEMP : LSV_PERM,
		    "unable to read the header");
	if (text->len && text->s[text->len - 1] != '\n' &&
	    sa_put(text, "\n", 1) < 0)
		die_memory();
}

static void
put_line(stralloc *text, const char *a, const char *b, size_t len)
{
	if (sa_puts(text, a) < 0 || sa_put(text, b, len) < 0 ||
	    sa_puts(text, "\n") < 0)
		die_memory();
}

int
command_create(struct program *p)
{
	const char *arg = p->opt.arg[0];
	struct bytes name = bytes_z(arg);
	stralloc text = {0};
	struct where w;
	char upper[LIST_NAME_MAX + 1];
	int r;

	if (listtab_name_ok(name.s, name.len, &w) < 0)
		msg_die(LSV_PERM, shown(name.s, name.len), ": ", w.why);
	listtab_upper(upper, name.s, name.len);
	if (!p->opt.owner && !p->opt.header)
		msg_die(LSV_PERM, "a list needs --owner, --header or both");
	if (p->opt.header)
		read_header(p, &text);
	else
		put_line(&text, "* ", upper, name.len);
	if (p->opt.owner) {
		program_address(p, p->opt.owner);
		put_line(&text, "* Owner= ", p->out.s, p->out.len);
		p->out.len = 0;
	}
	program_header(p, upper, (struct bytes){text.s, text.len});
	program_open(p, 1);
	r = lists_create(&p->lists, &p->list, name,
	    (struct bytes){text.s, text.len}, today());
	if (r < 0)
		die_store("change");
	if (r == 0)
		msg_die(LSV_PERM, upper, ": there is such a list already");
	program_keep(p, 1);
	sa_free(&text);
	return LSV_OK;
}

int
command_delete(struct program *p)
{
	program_open(p, 1);
	program_list(p);
	if (lists_delete(&p->lists, &p->list) < 0)
		die_store("change");
	program_keep(p, 1);
	return LSV_OK;
}

static int
header_put(struct program *p)
{
	stralloc text = {0};

	read_header(p, &text);
	program_open(p, 1);
	program_list(p);
	program_header(p, p->list.name, (struct bytes){text.s, text.len});
	if (lists_header_put(
		&p->lists, &p->list, (struct bytes){text.s, text.len}) < 0)
		die_store("change");
	program_keep(p, 1);
	sa_free(&text);
	return LSV_OK;
}

static int
header_get(struct program *p)
{
	struct bytes text;

	program_open(p, 0);
	program_list(p);
	if (lists_header(&p->lists, &p->list, &text) < 0)
		die_store("read");
	if (sa_put(&p->out, text.s, text.len) < 0)
		die_memory();
	/* nobody waits for a slow terminal */
	if (lists_end(&p->lists, 0) < 0)
		die_store("read");
	return LSV_OK;
}

int
command_header(struct program *p)
{
	const char *what = *p->opt.arg++;

	p->opt.narg--;
	if (strcmp(what, "put") == 0)
		return header_put(p);
	if (strcmp(what, "get") == 0 && p->opt.narg == 1)
		return header_get(p);
	msg_die(LSV_PERM, "usage: lsv-list header get NAME | put NAME [FILE]");
}

/* The words of a full name as one text, checked as in a file to import. */
static void
full_name(const struct program *p, stralloc *name)
{
	stralloc line = {0}, addr = {0};
	struct where w;
	int i;

	if (sa_puts(&line, "a@b") < 0)
		die_memory();
	for (i = 2; i < p->opt.narg; i++)
		if (sa_puts(&line, " ") < 0 ||
		    sa_puts(&line, p->opt.arg[i]) < 0)
			die_memory();
	if (addr_line(&addr, name, line.s, line.len, 0, &w) < 0)
		msg_die(LSV_PERM, w.why);
	sa_free(&line);
	sa_free(&addr);
}

int
command_add(struct program *p)
{
	stralloc addr = {0}, name = {0}, room = {0};
	struct subscriber s = {.day = today()};
	int r;

	program_address(p, p->opt.arg[1]);
	addr = p->out;
	p->out = (stralloc){0};
	full_name(p, &name);
	program_open(p, 1);
	program_list(p);
	r = lists_get(&p->lists, &p->list, &s, &room, addr.s, addr.len);
	if (r < 0)
		die_store("read");
	if (r == 1)
		msg_warn(shown(addr.s, addr.len), " is subscribed to ",
		    p->list.name, " already",
		    name.len ? "; the name was changed" : "");
	else
		s = (struct subscriber){.day = today(),
		    .options = p->h.options,
		    .addr = {addr.s, addr.len}};
	if (r == 0 || name.len) {
		s.name = (struct bytes){name.s, name.len};
		if (lists_put(&p->lists, &p->list, &s, 0) < 0 ||
		    lists_save(&p->lists, &p->list) < 0)
			die_store("change");
	}
	program_keep(p, 0);
	sa_free(&addr);
	sa_free(&name);
	sa_free(&room);
	return LSV_OK;
}

_Noreturn static void
die_absent(const struct program *p)
{
	msg_die(LSV_PERM, shown(p->out.s, p->out.len), " is not subscribed to ",
	    p->list.name);
}

int
command_remove(struct program *p)
{
	int r;

	program_address(p, p->opt.arg[1]);
	program_open(p, 1);
	program_list(p);
	r = lists_remove(&p->lists, &p->list, p->out.s, p->out.len);
	if (r < 0 || (r == 1 && lists_save(&p->lists, &p->list) < 0))
		die_store("change");
	if (r == 0)
		die_absent(p);
	program_keep(p, 0);
	p->out.len = 0;
	return LSV_OK;
}

int
command_set(struct program *p)
{
	stralloc room = {0};
	struct subscriber s;
	uint32_t bits = 0;
	const char *word;
	int i, r;

	for (i = 2; i < p->opt.narg; i++) {
		word = p->opt.arg[i];
		if (!suboptions_set(&bits, word, strlen(word)))
			msg_die(LSV_PERM, shown(word, strlen(word)),
			    ": there is no such option");
	}
	program_address(p, p->opt.arg[1]);
	program_open(p, 1);
	program_list(p);
	r = lists_get(&p->lists, &p->list, &s, &room, p->out.s, p->out.len);
	if (r < 0)
		die_store("read");
	if (r == 0)
		die_absent(p);
	for (i = 2; i < p->opt.narg; i++)
		suboptions_set(
		    &s.options, p->opt.arg[i], strlen(p->opt.arg[i]));
	if (lists_put(&p->lists, &p->list, &s, 0) < 0 ||
	    lists_save(&p->lists, &p->list) < 0)
		die_store("change");
	program_keep(p, 0);
	p->out.len = 0;
	sa_free(&room);
	return LSV_OK;
}
