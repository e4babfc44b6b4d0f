#include <stdarg.h>
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/clean.h"

enum { LINE_MAX_BYTES = 2048, CONTACTS_MAX = 10 };

/* Is there room for so many bytes: 1; 0, and the reply will say so. */
static int
room(struct command_context *c, size_t len)
{
	if (c->full || c->out.len + len > COMMAND_SAY_MAX)
		c->full = 1;
	return !c->full;
}

int
say(struct command_context *c, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n >= (int)sizeof line)
		n = sizeof line - 1;
	if (n <= 0 || !room(c, (size_t)n))
		return 0;
	return sa_put(&c->out, line, (size_t)n);
}

int
say_s(struct command_context *c, struct bytes text)
{
	return room(c, text.len) ? clean_put(&c->out, text) : 0;
}

int
say_you(struct command_context *c, const char *you, const char *other)
{
	if (!c->approved)
		return say(c, "%s", you);
	return say_s(c, c->sender) < 0 ? -1 : say(c, " %s", other);
}

static int
say_owners(struct command_context *c, const struct listhdr *h)
{
	struct bytes item;
	size_t at = 0;

	if (say(c, "The owners of the list will help you:\n\n") < 0)
		return -1;
	for (int n = 0;
	     n < CONTACTS_MAX && listhdr_next(&h->owners, &at, &item); n++)
		if (say(c, "    ") < 0 || say_s(c, item) < 0 ||
		    say(c, "\n") < 0)
			return -1;
	return 0;
}

static int
say_postmaster(struct command_context *c)
{
	const struct site_person *p = c->site->postmaster;
	size_t shown = 0;

	if (say(c, "The postmaster of %s will help you:\n\n", c->site->node) <
	    0)
		return -1;
	for (size_t i = 0; i < c->site->npostmaster && shown < CONTACTS_MAX;
	     i++) {
		if (p[i].hidden || p[i].quiet)
			continue;
		if (say(c, "    %s\n", p[i].address) < 0)
			return -1;
		shown++;
	}
	return shown ? 0 : say(c, "    postmaster@%s\n", c->site->node);
}

int
say_contacts(struct command_context *c, const struct listhdr *h)
{
	return h && !h->confidential && h->owners.len ? say_owners(c, h)
						      : say_postmaster(c);
}
