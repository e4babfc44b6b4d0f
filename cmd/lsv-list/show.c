#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-list/list.h"
#include "cmd/lsv-list/subfile.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/suboptions.h"

enum { EXPORT_STEP = 4096 }; /* subscribers in one short transaction */

static void
put(struct program *p, const char *s, size_t len)
{
	if (sa_put(&p->out, s, len) < 0)
		die_memory();
}

static void
putz(struct program *p, const char *s)
{
	put(p, s, strlen(s));
}

static void
putu(struct program *p, uint64_t n)
{
	if (sa_addu(&p->out, n) < 0)
		die_memory();
}

static const char *
send_word(const struct listhdr *h)
{
	switch (h->send) {
	case LISTTAB_PUBLIC:
		return "Public";
	case LISTTAB_PRIVATE:
		return "Private";
	case LISTTAB_OWNER:
		return "Owner";
	case LISTTAB_CLOSED:
		return "Closed";
	}
	return "?";
}

static const char *
subscription_word(const struct listhdr *h)
{
	static const char *const word[] = {[SUBSCRIPTION_BY_OWNER] = "By_Owner",
	    [SUBSCRIPTION_OPEN] = "Open",
	    [SUBSCRIPTION_CLOSED] = "Closed"};

	return word[h->subscription];
}

/* The words of an enum listhdr_reply; an address stands for itself. */
static struct bytes
reply_word(const struct listhdr *h)
{
	static const char *const word[] = {[REPLY_LIST] = "List",
	    [REPLY_SENDER] = "Sender",
	    [REPLY_BOTH] = "Both",
	    [REPLY_NONE] = "None"};

	if (h->reply == REPLY_ADDRESS)
		return (struct bytes){h->reply_address.s, h->reply_address.len};
	return bytes_z(word[h->reply]);
}

static void
json_strings(struct json *j, const char *key, const stralloc *sa)
{
	struct bytes one;
	size_t at = 0;

	json_open(j, key, '[');
	while (listhdr_next(sa, &at, &one))
		json_s(j, NULL, one.s, one.len);
	json_close(j, ']');
}

static void
json_list(struct program *p, struct json *j, const struct list *list)
{
	const struct listhdr *h = &p->h;
	struct bytes reply = reply_word(h);

	json_open(j, NULL, '{');
	json_z(j, "name", list->name);
	json_s(j, "title", h->title.s, h->title.len);
	json_u(j, "subscribers", list->subscribers);
	json_u(j, "mail", list->mail);
	json_u(j, "created", list->created);
	json_strings(j, "owners", &h->owners);
	json_strings(j, "quiet_owners", &h->quiet_owners);
	json_z(j, "send", send_word(h));
	json_z(j, "subscription", subscription_word(h));
	json_s(j, "reply_to", reply.s, reply.len);
	json_b(j, "reply_to_respect", !h->reply_ignore);
	json_strings(j, "errors_to", &h->errors_to);
	json_u(j, "sizelim_bytes", h->bytes);
	json_u(j, "sizelim_lines", h->lines);
	json_b(j, "confidential", h->confidential);
	json_b(j, "verp", h->verp);
	json_close(j, '}');
}

static void
read_header(struct program *p, const struct list *list)
{
	struct bytes text;
	struct where w;

	if (lists_header(&p->lists, list, &text) < 0)
		die_store("read");
	if (listhdr_parse(&p->h, text.s, text.len, &w) < 0)
		msg_warn(
		    list->name, ": its header is not valid any more: ", w.why);
}

static void
show_all(struct program *p, int have)
{
	struct json j = {.out = &p->out};
	struct list list = {0};
	char line[160];
	int r = 0;

	if (p->opt.json)
		json_open(&j, NULL, '[');
	while (have && (r = lists_after(&p->lists, &list)) == 1) {
		read_header(p, &list);
		if (p->opt.json) {
			json_list(p, &j, &list);
			continue;
		}
		snprintf(line, sizeof line, "%-24s %9" PRIu64 " %9" PRIu64 "  ",
		    list.name, list.subscribers, list.mail);
		putz(p, line);
		put(p, p->h.title.s, p->h.title.len);
		putz(p, "\n");
	}
	if (r < 0)
		die_store("read");
	if (p->opt.json) {
		json_close(&j, ']');
		putz(p, "\n");
	}
	if (j.failed)
		die_memory();
}

static void
put_strings(struct program *p, const char *label, const stralloc *sa)
{
	struct bytes one;
	size_t at = 0;

	while (listhdr_next(sa, &at, &one)) {
		putz(p, label);
		put(p, one.s, one.len);
		putz(p, "\n");
	}
}

static void
show_list(struct program *p)
{
	const struct list *list = &p->list;
	const struct listhdr *h = &p->h;
	struct bytes reply = reply_word(h);

	putz(p, "name:         ");
	putz(p, list->name);
	putz(p, "\ntitle:        ");
	put(p, h->title.s, h->title.len);
	putz(p, "\nsubscribers:  ");
	putu(p, list->subscribers);
	putz(p, "\nmail:         ");
	putu(p, list->mail);
	putz(p, "\ncreated:      ");
	putu(p, list->created);
	putz(p, "\n");
	put_strings(p, "owner:        ", &h->owners);
	put_strings(p, "quiet owner:  ", &h->quiet_owners);
	putz(p, "send:         ");
	putz(p, send_word(h));
	putz(p, h->send_less ? " (Send= asks for more, see lsv-list(5))" : "");
	putz(p, "\nsubscription: ");
	putz(p, subscription_word(h));
	putz(p, "\nreply to:     ");
	put(p, reply.s, reply.len);
	putz(p, h->reply_ignore ? ", Ignore\n" : ", Respect\n");
	if (h->errors & ERRORS_OWNERS)
		putz(p, "errors to:    owners\n");
	if (h->errors & ERRORS_POSTMASTER)
		putz(p, "errors to:    postmaster\n");
	put_strings(p, "errors to:    ", &h->errors_to);
	if (h->bytes) {
		putz(p, "size limit:   ");
		putu(p, h->bytes);
		putz(p, " bytes\n");
	}
	if (h->lines) {
		putz(p, "size limit:   ");
		putu(p, h->lines);
		putz(p, " lines\n");
	}
	if (h->verp)
		putz(p, "verp:         yes\n");
}

static void
show_subscriber(struct program *p)
{
	struct json j = {.out = &p->out};
	stralloc room = {0}, options = {0};
	struct subscriber s;
	int r;

	program_address(p, p->opt.arg[1]);
	r = lists_get(&p->lists, &p->list, &s, &room, p->out.s, p->out.len);
	if (r < 0)
		die_store("read");
	if (r == 0)
		msg_die(LSV_PERM, shown(p->out.s, p->out.len),
		    " is not subscribed to ", p->list.name);
	p->out.len = 0;
	if (suboptions_text(&options, s.options, ~s.options) < 0)
		die_memory();
	if (p->opt.json) {
		json_open(&j, NULL, '{');
		json_s(&j, "address", s.addr.s, s.addr.len);
		json_s(&j, "name", s.name.s, s.name.len);
		json_u(&j, "since", s.day);
		json_s(&j, "options", options.s, options.len);
		json_close(&j, '}');
		putz(p, "\n");
	} else {
		putz(p, "address: ");
		put(p, s.addr.s, s.addr.len);
		putz(p, "\nname:    ");
		put(p, s.name.s, s.name.len);
		putz(p, "\nsince:   ");
		putu(p, s.day);
		putz(p, "\noptions: ");
		put(p, options.s, options.len);
		putz(p, "\n");
	}
	if (j.failed)
		die_memory();
	sa_free(&room);
	sa_free(&options);
}

int
command_show(struct program *p)
{
	struct json j = {.out = &p->out};
	int have = program_open(p, 0);

	if (p->opt.narg == 0) {
		show_all(p, have);
	} else {
		program_list(p);
		if (p->opt.narg == 2) {
			show_subscriber(p);
		} else if (p->opt.json) {
			json_list(p, &j, &p->list);
			putz(p, "\n");
			if (j.failed)
				die_memory();
		} else {
			show_list(p);
		}
	}
	if (have && lists_end(&p->lists, 0) < 0)
		die_store("read");
	return LSV_OK;
}

/* One short transaction of an export, from behind key on.
 *
 * Returns how many subscribers; fewer than EXPORT_STEP at the end */
static size_t
export_some(struct program *p, stralloc *key)
{
	struct bytes after = {key->s, key->len};
	struct lists_walk w;
	struct subscriber s;
	size_t n = 0;
	int r = 1;

	if (lists_walk_begin(&w, &p->lists, &p->list, after, 1) < 0)
		die_store("read");
	while (n < EXPORT_STEP && (r = lists_walk_next(&w, &s)) == 1) {
		if (subfile_format(&p->out, &s, p->opt.plain) < 0)
			die_memory();
		key->len = 0;
		if (sa_put(key, s.key.s, s.key.len) < 0)
			die_memory();
		n++;
	}
	if (r < 0)
		die_store("read");
	lists_walk_end(&w);
	return n;
}

int
command_export(struct program *p)
{
	stralloc key = {0};
	struct progress bar = {0};
	uint64_t done = 0;
	size_t n;
	int quiet = isatty(STDOUT_FILENO);

	program_open(p, 0);
	program_list(p);
	if (!quiet)
		progress_begin(&bar, "exporting", p->list.subscribers);
	for (;;) {
		n = export_some(p, &key);
		if (lists_end(&p->lists, 0) < 0)
			die_store("read");
		program_print(p); /* outside: who reads it may be slow */
		done += n;
		if (n < EXPORT_STEP)
			break;
		if (!quiet)
			progress_at(&bar, done);
		if (lists_begin(&p->lists, 0) < 0)
			die_store("read");
		program_list(p);
	}
	if (!quiet)
		progress_end(&bar, done);
	sa_free(&key);
	return LSV_OK;
}
