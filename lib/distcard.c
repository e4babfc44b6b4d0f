#include "lib/distcmd.h"

#include <errno.h>
#include <stdio.h>

static int
put(stralloc *out, const char *before, struct bytes b, const char *after)
{
	return sa_puts(out, before) < 0 || sa_put(out, b.s, b.len) < 0 ||
		sa_puts(out, after) < 0
	    ? -1
	    : 0;
}

static int
put_number(stralloc *out, const char *before, uint64_t n)
{
	return sa_puts(out, before) < 0 ? -1 : sa_addu(out, n);
}

static int
put_head(stralloc *out, const struct distcmd *d)
{
	if (sa_puts(out, "DIST2 ") < 0)
		return -1;
	if (d->type != DISTCMD_FILE) {
		if (sa_puts(out, "MAIL") < 0)
			return -1;
	} else if (sa_puts(out, "FILE") < 0 ||
	    (d->file.len > 0 && put(out, " \"", d->file, "\"") < 0)) {
		return -1;
	}
	if (d->i && sa_puts(out, " I=Y") < 0)
		return -1;
	if (d->from_null)
		return sa_puts(out, " FROM=<>");
	return d->from.len > 0 ? put(out, " FROM=", d->from, "") : 0;
}

/* What the servers on the way look at. */
static int
put_way(stralloc *out, const struct distcmd *d)
{
	char crc[16];

	if (d->forw && sa_puts(out, " FORW(CRC)") < 0)
		return -1;
	if (d->crc_said) {
		snprintf(crc, sizeof crc, " CRC=%08lX", (unsigned long)d->crc);
		if (sa_puts(out, crc) < 0)
			return -1;
	}
	if ((d->id.len > 0 && put(out, " ID=", d->id, "") < 0) ||
	    (d->hops > 0 && put_number(out, " HOPS=", d->hops) < 0))
		return -1;
	if (d->table > 0) {
		snprintf(crc, sizeof crc, " TAB=%04u", d->table);
		if (sa_puts(out, crc) < 0)
			return -1;
	}
	if (d->visited.len > 0 && put(out, " VIS(", d->visited, ")") < 0)
		return -1;
	return d->host.len > 0 ? put(out, " HOST(", d->host, ")") : 0;
}

static int
put_command(stralloc *out, const struct distcmd *d)
{
	if (put_head(out, d) < 0)
		return -1;
	if (d->pool &&
	    (put(out, " POOL=", (struct bytes){&d->pool, 1}, "") < 0))
		return -1;
	if (d->prior >= 0 && put_number(out, " PRIOR=", (uint64_t)d->prior) < 0)
		return -1;
	if (d->dkim >= 0 &&
	    sa_puts(out, d->dkim ? " DKIM=YES" : " DKIM=NO") < 0)
		return -1;
	return put_way(out, d);
}

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

/* Does the command say what it was made from?  What it cannot say, such as a
 * name with a quote in it, is found here. */
static int
says(struct bytes command, const struct distcmd *d)
{
	struct distcmd back;
	struct where w;

	if (memchr(command.s, '\n', command.len) ||
	    memchr(command.s, '\r', command.len) ||
	    distcmd_parse(&back, command, &w) < 0)
		return 0;
	return back.type == d->type && same(back.file, d->file) &&
	    same(back.from, d->from) && back.from_null == d->from_null &&
	    back.pool == d->pool && back.prior == d->prior &&
	    back.dkim == d->dkim && back.i == d->i && back.forw == d->forw &&
	    back.crc_said == d->crc_said &&
	    (!d->crc_said || back.crc == d->crc) && same(back.id, d->id) &&
	    back.hops == d->hops && back.table == d->table &&
	    same(back.visited, d->visited) && same(back.host, d->host) &&
	    back.to.len == 0;
}

/* How much of the rest goes on a card that has room bytes: up to a blank when
 * there is one, which stays in front of the comma. */
static size_t
cut(struct bytes rest, size_t room)
{
	size_t n = room - 1;

	if (rest.len <= room)
		return rest.len;
	while (n > 0 && rest.s[n - 1] != ' ')
		n--;
	return n > 0 ? n : room - 1;
}

static int
put_cards(stralloc *out, struct bytes command)
{
	const char *start = "// ";
	size_t n;

	while (command.len > 0) {
		n = cut(command, DISTCMD_COLUMNS - strlen(start));
		if (put(out, start, (struct bytes){command.s, n},
			n < command.len ? ",\n" : "\n") < 0)
			return -1;
		command.s += n;
		command.len -= n;
		start = "//+ ";
	}
	return 0;
}

static int
put_job(stralloc *out, struct bytes command, struct bytes job,
    struct bytes recipients)
{
	if (put(out, "//", job, " JOB Echo=No,Reply-to=None\n") < 0 ||
	    put_cards(out, command) < 0)
		return -1;
	if (recipients.len > 0 &&
	    put(out, "//TO DD *\n", recipients, "/*\n") < 0)
		return -1;
	return sa_puts(out, "//DATA DD *,EOF\n");
}

static int
job_ok(struct bytes job)
{
	for (size_t i = 0; i < job.len; i++)
		if ((unsigned char)job.s[i] <= 32 || job.s[i] == 127 ||
		    job.s[i] == '/')
			return 0;
	return job.len > 0 && job.s[0] != '*' && job.s[0] != '+';
}

int
distcmd_format(stralloc *out, const struct distcmd *d, struct bytes job,
    struct bytes recipients)
{
	stralloc command = {0};
	size_t was = out->len;
	int r = -1;

	if (put_command(&command, d) < 0)
		goto done;
	errno = EINVAL;
	if (!job_ok(job) ||
	    (recipients.len > 0 && recipients.s[recipients.len - 1] != '\n') ||
	    !says((struct bytes){command.s, command.len}, d))
		goto done;
	r = put_job(
	    out, (struct bytes){command.s, command.len}, job, recipients);
	if (r < 0) {
		out->len = was;
		errno = ENOMEM;
	}
done:
	sa_free(&command);
	return r;
}
