/* relaytell - what relaytrace found out, as text and as JSON */
#include <stdio.h>
#include <stdlib.h>

#include "lib/relaytrace.h"

enum {
	HOST_WIDTH = 25,  /* columns of a host */
	SERVER_WIDTH = 8, /* columns of a server */
	HOPS_MAX = 1024,  /* servers on one way that are shown */
};

/* Text, with blanks behind it up to a width. */
static int
put_padded(stralloc *out, struct bytes text, size_t width)
{
	if (sa_put(out, text.s, text.len) < 0)
		return -1;
	for (size_t i = text.len; i < width; i++)
		if (sa_put(out, " ", 1) < 0)
			return -1;
	return 0;
}

static int
put_host(
    const struct relaytrace *t, stralloc *out, const struct relaytrace_host *h)
{
	struct bytes server, name = {t->names.s + h->at, h->len};
	char text[64];
	uint32_t index;

	if (relaytrace_name(t->config, h->nearest, &server, &index) < 0)
		return -1;
	if (put_padded(out, name, HOST_WIDTH) < 0 ||
	    sa_puts(out, " goes to ") < 0 ||
	    put_padded(out, server, SERVER_WIDTH) < 0)
		return -1;
	if (h->n == 1)
		snprintf(text, sizeof text,
		    " (%03" PRIu32 ") - single recipient\n", index);
	else
		snprintf(text, sizeof text,
		    " (%03" PRIu32 ") - %" PRIu64 " recipients\n", index, h->n);
	return sa_puts(out, text);
}

/* The numbers of the servers on the way to one; the gate is a way of its own.
 * How many there are, or -1. */
static ssize_t
way_to(const struct relaytrace *t, uint32_t number, uint32_t *hop)
{
	ssize_t n;

	hop[0] = number;
	if (number == RELAY_GATE || !t->config->table)
		return 1;
	n = nettable_path(t->config->table, number, hop, HOPS_MAX);
	return n > HOPS_MAX ? HOPS_MAX : n;
}

static int
put_path(const struct relaytrace *t, stralloc *out, uint32_t number)
{
	uint32_t hop[HOPS_MAX];
	ssize_t n = way_to(t, number, hop);
	struct bytes name;

	if (n < 0 || relaytrace_name(t->config, number, &name, NULL) < 0)
		return -1;
	if (sa_puts(out, " ") < 0 || put_padded(out, name, SERVER_WIDTH) < 0 ||
	    sa_puts(out, ":") < 0)
		return -1;
	for (ssize_t i = 0; i < n; i++)
		if (relaytrace_name(t->config, hop[i], &name, NULL) < 0 ||
		    sa_puts(out, " ") < 0 ||
		    put_padded(out, name, i + 1 < n ? SERVER_WIDTH : 0) < 0)
			return -1;
	return sa_puts(out, "\n");
}

int
relaytrace_table(const struct relaytrace *t, stralloc *out)
{
	if (sa_puts(out, "Debug trace information:\n\n") < 0)
		return -1;
	for (size_t i = 0; i < t->hosts; i++)
		if (put_host(t, out, &t->host[i]) < 0)
			return -1;
	if (sa_puts(out, "\n") < 0)
		return -1;
	if (t->paths == 0)
		return 0;
	if (sa_puts(out, "Path information:\n\n") < 0)
		return -1;
	for (size_t i = 0; i < t->paths; i++)
		if (put_path(t, out, t->path[i].number) < 0)
			return -1;
	return sa_puts(out, "\n");
}

static int
put_forward(const struct relaytrace *t, stralloc *out,
    const struct relaytrace_server *f)
{
	struct bytes name;
	char text[48];

	if (relaytrace_name(t->config, f->number, &name, NULL) < 0)
		return -1;
	snprintf(text, sizeof text, " for %3" PRIu64 " recipient%s.\n", f->n,
	    f->n == 1 ? "" : "s");
	return sa_puts(out, " forwarded to LISTSERV@") < 0 ||
		put_padded(out, name, SERVER_WIDTH) < 0 ||
		sa_puts(out, text) < 0
	    ? -1
	    : 0;
}

/* The address with its host in upper case, the user as it is. */
static int
put_address(stralloc *out, struct bytes address)
{
	struct bytes domain = relay_domain(address);

	if (sa_put(out, address.s, address.len - domain.len) < 0)
		return -1;
	return relaytrace_upper(out, domain);
}

/* "Mail", or the word for a file, which has its name where it is handed out. */
static int
put_what(stralloc *out, const char *prefix, struct bytes file, int named)
{
	if (sa_puts(out, prefix) < 0)
		return -1;
	if (file.len == 0)
		return sa_puts(out, "Mail");
	if (!named)
		return sa_puts(out, "File");
	return sa_puts(out, "File \"") < 0 ||
		sa_put(out, file.s, file.len) < 0 || sa_puts(out, "\"") < 0
	    ? -1
	    : 0;
}

static int
put_posted(stralloc *out, struct bytes file)
{
	return sa_puts(
	    out, file.len ? " distributed to " : " posted via BSMTP to ");
}

int
relaytrace_moves(const struct relaytrace *t, stralloc *out, const char *prefix,
    struct bytes file, uint64_t most)
{
	uint64_t shown = 0, others = 0;
	char text[64];

	for (size_t i = 0; i < t->forwards; i++)
		if (put_what(out, prefix, file, 0) < 0 ||
		    put_forward(t, out, &t->forward[i]) < 0)
			return -1;
	for (uint64_t n = 0; n < t->count; n++) {
		if (t->went[n] != RELAYTRACE_DIRECT &&
		    t->went[n] != RELAYTRACE_LOCAL)
			continue;
		if (most && shown == most) {
			others++;
			continue;
		}
		shown++;
		if (put_what(out, prefix, file, 1) < 0 ||
		    put_posted(out, file) < 0 ||
		    put_address(out, t->get(t->arg, n)) < 0 ||
		    sa_puts(out, file.len ? "\n" : ".\n") < 0)
			return -1;
	}
	if (others == 0)
		return 0;
	snprintf(text, sizeof text, "%" PRIu64 " more recipient%s.\n", others,
	    others == 1 ? "" : "s");
	if (put_what(out, prefix, file, 1) < 0 || put_posted(out, file) < 0)
		return -1;
	return sa_puts(out, text);
}

/* --- JSON --------------------------------------------------------------- */

static void
json_recipients(
    const struct relaytrace *t, struct json *j, const char *key, uint32_t went)
{
	struct bytes b;

	json_open(j, key, '[');
	for (uint64_t n = 0; n < t->count; n++)
		if (t->went[n] == went) {
			b = t->get(t->arg, n);
			json_s(j, NULL, b.s, b.len);
		}
	json_close(j, ']');
}

static int
json_server(const struct relaytrace *t, struct json *j, uint32_t number)
{
	struct bytes name;

	if (relaytrace_name(t->config, number, &name, NULL) < 0)
		return -1;
	json_s(j, "server", name.s, name.len);
	return 0;
}

/* The recipients that were left to servers, those of each server together and in
 * their order; where those of server i end is in end[i]. */
static uint64_t *
forward_order(const struct relaytrace *t, uint64_t *end)
{
	uint64_t *order = reallocarray(NULL, t->count + 1, sizeof *order);
	uint64_t at = 0;
	size_t i;

	if (!order)
		return NULL;
	for (i = 0; i < t->forwards; i++) {
		end[i] = at;
		at += t->forward[i].n;
	}
	for (uint64_t n = 0; n < t->count; n++)
		if ((i = relaytrace_forward(t, t->went[n])) < t->forwards)
			order[end[i]++] = n;
	return order;
}

static int
json_forward(const struct relaytrace *t, struct json *j,
    const struct relaytrace_server *f, const uint64_t *order)
{
	struct bytes b;

	json_open(j, NULL, '{');
	if (json_server(t, j, f->number) < 0)
		return -1;
	json_open(j, "recipients", '[');
	for (uint64_t n = 0; n < f->n; n++) {
		b = t->get(t->arg, order[n]);
		json_s(j, NULL, b.s, b.len);
	}
	json_close(j, ']');
	json_close(j, '}');
	return 0;
}

static int
json_forwards(const struct relaytrace *t, struct json *j)
{
	uint64_t *end = reallocarray(NULL, t->forwards + 1, sizeof *end);
	uint64_t *order = end ? forward_order(t, end) : NULL;
	int r = order ? 0 : -1;

	json_open(j, "forward", '[');
	for (size_t i = 0; r == 0 && i < t->forwards; i++)
		r = json_forward(
		    t, j, &t->forward[i], order + end[i] - t->forward[i].n);
	json_close(j, ']');
	free(order);
	free(end);
	return r;
}

static int
json_host(
    const struct relaytrace *t, struct json *j, const struct relaytrace_host *h)
{
	struct bytes name;
	uint32_t index;

	if (relaytrace_name(t->config, h->nearest, &name, &index) < 0)
		return -1;
	json_open(j, NULL, '{');
	json_s(j, "host", t->names.s + h->at, h->len);
	json_s(j, "server", name.s, name.len);
	json_u(j, "index", index);
	json_u(j, "recipients", h->n);
	json_b(j, "single", h->n == 1);
	json_z(j, "rule", h->rule);
	json_close(j, '}');
	return 0;
}

static int
json_path(const struct relaytrace *t, struct json *j, uint32_t number)
{
	uint32_t hop[HOPS_MAX];
	ssize_t n = way_to(t, number, hop);
	struct bytes name;

	json_open(j, NULL, '{');
	if (n < 0 || json_server(t, j, number) < 0)
		return -1;
	json_open(j, "via", '[');
	for (ssize_t i = 0; i < n; i++) {
		if (relaytrace_name(t->config, hop[i], &name, NULL) < 0)
			return -1;
		json_s(j, NULL, name.s, name.len);
	}
	json_close(j, ']');
	json_close(j, '}');
	return 0;
}

int
relaytrace_json(const struct relaytrace *t, struct json *j)
{
	json_recipients(t, j, "local", RELAYTRACE_LOCAL);
	json_recipients(t, j, "direct", RELAYTRACE_DIRECT);
	if (json_forwards(t, j) < 0)
		return -1;
	json_open(j, "hosts", '[');
	for (size_t i = 0; i < t->hosts; i++)
		if (json_host(t, j, &t->host[i]) < 0)
			return -1;
	json_close(j, ']');
	json_open(j, "paths", '[');
	for (size_t i = 0; i < t->paths; i++)
		if (json_path(t, j, t->path[i].number) < 0)
			return -1;
	json_close(j, ']');
	return 0;
}
