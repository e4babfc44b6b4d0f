/* Any mail: its text, the jobs in it, and who it is from. */
#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/carrier.h"
#include "lib/cjli.h"
#include "tests/fuzz/fuzz.h"

static void
check_origin(const struct carrier *c)
{
	stralloc again = {0};

	if (c->origin.len > 0)
		must(addr_spec(&again, c->origin.s, c->origin.len, ADDR_UTF8,
			 NULL) == 0);
	sa_free(&again);
	for (size_t i = 0; i < c->name.len; i++)
		must((unsigned char)c->name.s[i] >= 32);
}

static void
check_text(const struct carrier *c, struct bytes mail)
{
	struct cjli jobs;
	struct cjli_job job;
	stralloc out = {0};

	must(c->text.len <= CARRIER_MAX);
	if (!c->decoded && c->text.len > 0)
		must(c->text.s >= mail.s &&
		    c->text.s + c->text.len <= mail.s + mail.len);
	cjli_begin(&jobs, c->text);
	while (cjli_next(&jobs, &job) > 0) {
		for (size_t i = 0; i < job.ncommands; i++) {
			out.len = 0;
			must(carrier_utf8(&out, c, job.command[i].text) == 0);
		}
		cjli_job_free(&job);
	}
	sa_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct carrier c;
	struct bytes mail = {(const char *)data, size};
	struct where w = {0, NULL};

	carrier_start();
	if (carrier_read(&c, mail, &w) == 0) {
		must(c.origin.len > 0);
		check_text(&c, mail);
	} else {
		must(errno == EINVAL && w.why && c.text.len == 0);
	}
	check_origin(&c);
	return 0;
}
