/* A message and the full name of a recipient: "name LF message".  What DISTRIBUTE
 * makes of its header becomes a personal copy that has every byte of the message but
 * for To and Bcc, and names nobody else. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/distmail.h"
#include "lib/merge.h"
#include "lib/wire.h"
#include "tests/fuzz/fuzz.h"

static const struct distmail mail = {.node = {"n.example", 9},
    .id = {"1.2", 3},
    .from = {"joe@example.com", 15},
    .name = {"Joe", 3},
    .now_us = UINT64_C(1700000000000000)};

/* The message as its copies are made of it; 0 when it cannot be sent. */
static int
make(stralloc *out, struct bytes message)
{
	struct wire wire = {0};
	struct header h;
	struct where w;
	stralloc text = {0};
	int ok = wire_put(&wire, &text, message.s, message.len, &w) == 0 &&
	    wire_end(&wire, &text) == 0 && text.len > 0 &&
	    header_parse(&h, text.s, text.len, &w) == 0 && h.from == 0;

	if (ok)
		must(distmail_personal(out, &h, &mail) == 0 &&
		    sa_put(out, text.s + h.body, text.len - h.body) == 0);
	sa_free(&text);
	return ok;
}

/* One To, the recipient's; no Bcc; and the body of the message. */
static void
check(const stralloc *copy, const struct merge *m)
{
	size_t rest = m->len - m->body;
	struct header h;
	struct field f;
	struct where w;

	must(copy->s && header_parse(&h, copy->s, copy->len, &w) == 0);
	must(header_find(&h, "To", 0, &f) && !header_find(&h, "To", 1, &f));
	must(!header_find(&h, "Bcc", 0, &f));
	must(header_find(&h, "From", 0, &f) && header_find(&h, "Date", 0, &f));
	must(copy->len - h.body == rest &&
	    memcmp(copy->s + h.body, m->s + m->body, rest) == 0);
}

static void
merge(const stralloc *message, struct bytes name)
{
	struct merge m;
	struct merge_copy c = {.at = 0};
	struct merge_row row = {.to = {"a@b.example", 11},
	    .value = {name},
	    .n = 1,
	    .date = {"D", 1},
	    .id = {"i@d", 3}};
	stralloc copy = {0};
	const char *why;
	struct bytes b;
	struct where w;
	int field;

	if (merge_compile(&m, bytes_z(DISTMAIL_FIELDS), message->s,
		message->len, &w) == 0 &&
	    merge_check(&c, &m, &row, &field, &why) == 0) {
		merge_begin(&c, &m, &row);
		while (merge_next(&c, &b) == 1)
			must(sa_put(&copy, b.s, b.len) == 0);
		check(&copy, &m);
	}
	merge_done(&c);
	merge_free(&m);
	sa_free(&copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes all = {(const char *)data, size};
	const char *nl = size ? memchr(all.s, '\n', size) : NULL;
	size_t used = nl ? (size_t)(nl - all.s) + 1 : 0;
	stralloc message = {0}, file = {0};

	if (nl && make(&message, (struct bytes){all.s + used, size - used}))
		merge(&message, (struct bytes){all.s, used - 1});
	must(distmail_file(&file, &mail, all, all) == 0);
	sa_free(&message);
	sa_free(&file);
	return 0;
}
