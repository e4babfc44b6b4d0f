#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-merge/program.h"
#include "lib/addrlist.h"
#include "lib/fio.h"
#include "lib/header.h"
#include "lib/mergetable.h"
#include "lib/msg.h"
#include "lib/wire.h"

/* What is wrong with the message, and in which of its lines. */
static _Noreturn void
die_at(const struct program *p, const stralloc *text, const struct where *w)
{
	char line[24];

	snprintf(line, sizeof line, "%zu",
	    header_line(text->s, w->at < text->len ? w->at : text->len));
	msg_die(LSV_PERM, p->opt.file, ":", line, ": ", w->why);
}

void
message_read(struct program *p)
{
	stralloc raw = {0};
	struct header h;
	struct field from;
	struct where w = {0, ""};
	struct wire wire = {0};

	if (fio_read_fd(p->opt.message, &raw, (size_t)p->site.sizelim) < 0)
		msg_diesys(errno == EFBIG ? LSV_PERM : LSV_TEMP,
		    "unable to read ", p->opt.file);
	if (header_parse(&h, raw.s ? raw.s : "", raw.len, &w) < 0)
		die_at(p, &raw, &w);
	if (!header_find(&h, "From", 0, &from))
		msg_die(LSV_PERM, p->opt.file, ": it has no From field");
	if (mergetable_head(&p->text, &h) < 0)
		die_memory();
	if (wire_put(&wire, &p->text, raw.s + h.from, raw.len - h.from, &w) <
		0 ||
	    wire_end(&wire, &p->text) < 0) {
		char line[24];

		snprintf(line, sizeof line, "%zu", w.at);
		msg_die(LSV_PERM, p->opt.file, ":", line, ": ", w.why);
	}
	sa_free(&raw);
}

void
message_from(struct program *p)
{
	struct addr_list a = {0};
	stralloc name = {0};
	struct field f = {.at = 0};
	struct header h;
	struct where w;

	if (header_parse(&h, p->text.s, p->text.len, &w) < 0 ||
	    header_find(&h, "From", 0, &f) <= 0)
		return;
	a.s = f.value.s;
	a.len = f.value.len;
	if (addr_list_next(&a, &p->from, &name, &w) != 1)
		msg_die(LSV_PERM, p->opt.file,
		    ": From has no address to send from: use --from");
	sa_free(&name);
}

void
message_compile(struct program *p)
{
	struct where w = {0, ""};

	if (merge_compile(&p->merge,
		(struct bytes){p->names.s ? p->names.s : "", p->names.len},
		p->text.s, p->text.len, &w) == 0)
		return;
	if (errno == ENOMEM)
		die_memory();
	die_at(p, &p->text, &w);
}
