/* review.c - REVIEW, LISTS and INFO: what can be known about lists */
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/suboptions.h"

enum { TITLE_COLUMN = 20 };

/* --- REVIEW ------------------------------------------------------------------------ */

/* Which subscribers may he see: 2 all; 1 all but those that are concealed; 0
 * none; -1 with errno. */
static int
may_review(struct command_context *c, const struct the_list *l)
{
	struct subscriber s;
	stralloc room = {0};
	int r;

	if (c->postmaster || who_is_owner(c, &l->hdr))
		return 2;
	if (l->hdr.review == REVIEW_PUBLIC)
		return 1;
	if (l->hdr.review > REVIEW_PRIVATE)
		return 0;
	r = list_member(c, l, &s, &room);
	sa_free(&room);
	return r;
}

static int
is_secret(struct bytes line)
{
	for (size_t i = 0; i + 3 <= line.len; i++)
		if (bytes_starts((struct bytes){line.s + i, 3}, "PW="))
			return 1;
	return 0;
}

/* A line .HH ON or .HH OFF: 1, 0; another one: -1. */
static int
hiding(struct bytes line)
{
	line = cmd_trim((struct bytes){line.s + 1, line.len - 1});
	if (!bytes_starts(line, ".HH"))
		return -1;
	return bytes_ends(line, "ON");
}

/* The header without what is hidden, and never a password. */
static int
say_header(struct command_context *c, const struct the_list *l, int all)
{
	struct bytes rest = l->text;
	int hidden = 0, r = 0;

	while (rest.len && r == 0) {
		const char *end = memchr(rest.s, '\n', rest.len);
		struct bytes line = {
		    rest.s, end ? (size_t)(end - rest.s) : rest.len};
		size_t used = line.len + (end != NULL);
		int now = line.len ? hiding(line) : -1;

		rest.s += used;
		rest.len -= used;
		if (now >= 0)
			hidden = now;
		else if ((all || !hidden) && !is_secret(line))
			r = say_s(c, cmd_trim(line)) < 0 ? -1 : say(c, "\n");
	}
	return r;
}

static int
say_subscriber(struct command_context *c, const struct subscriber *s)
{
	if (say_s(c, s->addr) < 0)
		return -1;
	if (s->name.len && (say(c, "  ") < 0 || say_s(c, s->name) < 0))
		return -1;
	return say(c, "\n");
}

static int
say_subscribers(struct command_context *c, const struct the_list *l, int all)
{
	struct lists_walk w;
	struct subscriber s;
	uint64_t shown = 0, concealed = 0;
	int r = 0;

	if (lists_walk_begin(&w, c->lists, &l->list, (struct bytes){"", 0}, 1) <
	    0)
		return -1;
	while (!c->full && (r = lists_walk_next(&w, &s)) == 1) {
		c->work++;
		if (s.options & SUB_CONCEAL && !all) {
			concealed++;
			continue;
		}
		shown++;
		if (say_subscriber(c, &s) < 0) {
			r = -1;
			break;
		}
	}
	lists_walk_end(&w);
	if (r < 0)
		return -1;
	return say(c,
	    "\nTotal number of subscribers shown: %llu\n"
	    "Total number of concealed subscribers: %llu\n",
	    (unsigned long long)shown, (unsigned long long)concealed);
}

int
command_review(struct command_context *c, struct bytes args)
{
	struct the_list l;
	int r = list_take(c, &args, &l), may;

	if (r != 1)
		return r;
	may = may_review(c, &l);
	if (may == 0)
		r = say(c, "You may not see the subscribers of the %s list.\n",
		    l.list.name);
	else if (may < 0 || say_header(c, &l, may == 2) < 0 ||
	    say(c, "*\n") < 0 || say_subscribers(c, &l, may == 2) < 0)
		r = -1;
	else
		r = 0;
	list_free(&l);
	return r;
}

/* --- LISTS -------------------------------------------------------------------------- */

static int
say_title(struct command_context *c, const struct the_list *l)
{
	return say(c, "%-*s ", TITLE_COLUMN, l->list.name) < 0 ||
		say_s(c, (struct bytes){l->hdr.title.s, l->hdr.title.len}) < 0
	    ? -1
	    : say(c, "\n");
}

/* 1 when it was shown; 0; -1. */
static int
show_list(struct command_context *c, const char *name)
{
	struct the_list l;
	int r = list_open(c, bytes_z(name), &l);

	if (r != 1)
		return r;
	r = list_visible(c, &l);
	if (r == 1 && say_title(c, &l) < 0)
		r = -1;
	list_free(&l);
	return r;
}

int
command_lists(struct command_context *c, struct bytes args)
{
	struct list at = {.name = ""};
	unsigned n = 0;
	int r = 0;

	if (bytes_same(cmd_word(&args), "GLOBAL"))
		return say(c, "This server knows only its own lists.\n");
	while (!c->full && (r = lists_after(c->lists, &at)) == 1) {
		r = show_list(c, at.name);
		if (r < 0)
			return -1;
		n += (unsigned)r;
	}
	if (r < 0)
		return -1;
	return say(c, "%s%u list%s at %s.\n", n ? "\n" : "", n,
	    n == 1 ? "" : "s", c->site->node);
}

/* --- INFO --------------------------------------------------------------------------- */

static int
info_list(struct command_context *c, const struct the_list *l)
{
	const char *name = l->list.name;
	const char *host = l->hdr.host.len ? l->hdr.host.s : c->site->node;

	if (say_title(c, l) < 0 || say(c, "\n") < 0 ||
	    (l->hdr.text.len &&
		(sa_put(&c->out, l->hdr.text.s, l->hdr.text.len) < 0 ||
		    say(c, "\n") < 0)) ||
	    say(c,
		"To post, write to           %s@%s\n"
		"To join, send               SUBSCRIBE %s Your Name\n"
		"To leave, send              SIGNOFF %s\n"
		"For help, write to          %s-request@%s\n\n"
		"Commands go to LISTSERV@%s, in the text of a message.\n",
		name, host, name, name, name, host, c->site->node) < 0)
		return -1;
	return 0;
}

static int
info_nothing(struct command_context *c, struct bytes topic)
{
	if (topic.len &&
	    (say(c, "There is no information about \"") < 0 ||
		say_s(c, topic) < 0 || say(c, "\".\n") < 0))
		return -1;
	return say(c,
	    "INFO listname    tells about a list; LISTS prints their names\n"
	    "INFO REFcard     prints all commands\n"
	    "HELP command     tells about one of them\n");
}

int
command_info(struct command_context *c, struct bytes args)
{
	struct bytes topic = cmd_word(&args);
	struct the_list l;
	int r;

	if (topic.len >= 3 && topic.len <= 7 &&
	    strncasecmp(topic.s, "refcard", topic.len) == 0)
		return command_help(c, (struct bytes){"", 0});
	if (topic.len == 0 && c->head.list.len)
		topic = c->head.list;
	r = topic.len ? list_open(c, topic, &l) : 0;
	if (r != 1)
		return r < 0 ? -1 : info_nothing(c, topic);
	r = info_list(c, &l);
	list_free(&l);
	return r;
}
