/* Any text: its jobs, each with all that it points to, and no secret shown. */
#include <string.h>

#include "lib/cjli.h"
#include "tests/fuzz/fuzz.h"

static void
must_be_clean(const stralloc *out)
{
	for (size_t i = 0; i < out->len; i++)
		must((unsigned char)out->s[i] >= 32 && out->s[i] != 127);
}

/* What is pointed to can be read. */
static unsigned
touch(struct bytes b)
{
	unsigned sum = 0;

	for (size_t i = 0; i < b.len; i++)
		sum += (unsigned char)b.s[i];
	return sum;
}

static void
must_be_inside(struct bytes b, struct bytes all)
{
	must(b.len == 0 || (b.s >= all.s && b.s + b.len <= all.s + all.len));
}

static void
check_commands(const struct cjli_job *j, stralloc *out)
{
	size_t line = j->line;

	must(j->ncommands <= CJLI_COMMANDS_MAX);
	for (size_t i = 0; i < j->ncommands; i++) {
		struct bytes t = j->command[i].text;

		must(t.len > 0 && t.len <= CJLI_COMMAND_MAX);
		must(!memchr(t.s, '\n', t.len));
		must(j->command[i].line >= line);
		line = j->command[i].line;
		out->len = 0;
		must(cjli_echo(out, t) == 0);
		must_be_clean(out);
	}
}

static void
check_datasets(const struct cjli_job *j, struct bytes text)
{
	size_t line;

	must(j->ndatasets <= CJLI_DATASETS_MAX);
	for (size_t i = 0; i < j->ndatasets; i++) {
		const struct cjli_dataset *d = j->dataset + i;

		must(d->name.len > 0 && d->line >= d->card);
		if (d->form != CJLI_CONSTANT)
			must_be_inside(d->data, text);
		(void)touch(d->data);
		must(cjli_find(j, d->name) != NULL);
		must(j->refused || cjli_find(j, d->name) == d);
		(void)cjli_hidden(j, d->name, &line);
	}
}

static void
check_errors(const struct cjli_job *j, stralloc *out)
{
	must(j->nerrors <= CJLI_ERRORS_MAX);
	must(!j->refused || j->nerrors > 0);
	for (size_t i = 0; i < j->nerrors; i++) {
		out->len = 0;
		must(cjli_error_put(out, j->error + i) == 0);
		must_be_clean(out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data, size};
	stralloc out = {0};
	struct cjli c;
	struct cjli_job job;
	unsigned jobs = 0;

	cjli_begin(&c, text);
	while (cjli_next(&c, &job) > 0) {
		must(++jobs <= CJLI_JOBS_MAX + 1);
		must(!job.outer || jobs == 1);
		(void)touch(job.name);
		(void)touch(job.addresses);
		check_commands(&job, &out);
		check_datasets(&job, text);
		check_errors(&job, &out);
		cjli_job_free(&job);
	}
	must(jobs > 0);
	sa_free(&out);
	return 0;
}
