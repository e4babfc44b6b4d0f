/* Any command: a complaint without secrets, or values inside it; and what is
 * understood of a DIST2 is written so that it is understood again. */
#include <errno.h>
#include <string.h>

#include "lib/cjli.h"
#include "lib/distcmd.h"
#include "tests/fuzz/fuzz.h"

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

static void
must_be_same(const struct distcmd *a, const struct distcmd *b)
{
	must(a->type == b->type && same(a->file, b->file));
	must(same(a->from, b->from) && a->from_null == b->from_null);
	must(a->pool == b->pool && a->prior == b->prior && a->dkim == b->dkim);
	must(a->i == b->i && a->forw == b->forw);
	must(a->crc_said == b->crc_said && a->crc == b->crc);
	must(same(a->id, b->id) && a->hops == b->hops && a->table == b->table);
	must(same(a->visited, b->visited) && same(a->host, b->host));
}

static void
write_again(const struct distcmd *d)
{
	stralloc out = {0};
	struct cjli c;
	struct cjli_job job;
	struct distcmd back;
	struct where w;

	if (distcmd_format(&out, d, bytes_z("J"), bytes_z("a@b.c\n")) < 0) {
		must(errno == EINVAL);
		sa_free(&out);
		return;
	}
	cjli_begin(&c, (struct bytes){out.s, out.len});
	must(cjli_next(&c, &job) == 1);
	must(job.nerrors == 0 && job.ncommands == 1 && job.ndatasets == 2);
	must(distcmd_parse(&back, job.command[0].text, &w) == 0);
	must_be_same(d, &back);
	cjli_job_free(&job);
	sa_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes command = {(const char *)data, size}, name;
	stralloc out = {0};
	struct distcmd d;
	struct where w = {SIZE_MAX, NULL};
	uint32_t number;

	if (distcmd_parse(&d, command, &w) < 0) {
		must(w.why && w.at <= size);
		must(distcmd_error(&out, command, &w) == 0);
		must(!memchr(out.s, '\n', out.len));
		sa_free(&out);
		return 0;
	}
	must(distcmd_is(command));
	if (d.dist2)
		write_again(&d);
	while (distcmd_host(&d.host, &number))
		;
	must(d.host.len == 0 || d.host.s[0] == ' ' || d.host.s[0] == '\t');
	while (distcmd_visited(&d.visited, &name))
		must(name.len > 0);
	return 0;
}
