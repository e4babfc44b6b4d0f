/* Any text: tags are where they say, and CR LF changes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/nettag.h"
#include "tests/fuzz/fuzz.h"

static const struct nettag_known known[] = {
    {"type", NETTAG_ONE},
    {"links", NETTAG_LIST},
    {"p_", NETTAG_LIST},
    {"cks", NETTAG_SEAL},
};

/* struct sum - what was read, to be compared */
struct sum {
	uint64_t hash, entries, tags;
	uint64_t said[2];
};

static void
add(struct sum *s, struct bytes b, uint64_t n)
{
	s->hash = (s->hash ^ bytes_hash(b) ^ n) * UINT64_C(0x100000001b3);
}

static void
check_tag(const struct netsource *from, const struct nettag *t, uint32_t line)
{
	const char *s = t->data.s, *end = s + t->data.len;

	must(t->name.len > 0 && t->name.len <= NETTAG_NAME_MAX);
	must(t->data.len > 0 && s > from->text.s &&
	    end <= from->text.s + from->text.len);
	must(*s != ' ' && *s != '\t' && end[-1] != ' ' && end[-1] != '\t');
	must(!memchr(s, '\n', t->data.len) && !memchr(s, 0, t->data.len));
	must(t->line >= line);
}

static void
check_words(struct bytes data)
{
	struct bytes w;
	size_t words = 0;

	while ((w = nettag_word(&data)).len) {
		must(!memchr(w.s, ' ', w.len) && !memchr(w.s, '\t', w.len));
		words++;
	}
	must(words > 0 && data.len == 0);
}

static void
read_all(struct sum *s, struct bytes text, unsigned starts, int comments)
{
	const struct netsource from = {"f", 0, 1, text};
	struct nettag_reader r;
	struct nettag_entry e = {0};
	struct netdiag d = {0};

	*s = (struct sum){0};
	nettag_begin(&r, &from, known, sizeof known / sizeof *known, starts,
	    comments, &d);
	while (nettag_next(&r, &e) > 0) {
		must((starts & e.start) == e.start);
		must(!e.bad || d.count[NETDIAG_ERROR]);
		add(s, e.name, e.line);
		for (size_t i = 0; i < e.ntags; i++) {
			check_tag(&from, &e.tag[i], e.line);
			check_words(e.tag[i].data);
			add(s, e.tag[i].name, e.tag[i].id);
			add(s, e.tag[i].data, e.tag[i].line);
		}
		s->entries++;
		s->tags += e.ntags;
	}
	must(r.at == text.len && r.entries == s->entries);
	s->said[0] = d.count[0];
	s->said[1] = d.count[1];
	nettag_free(&e);
	netdiag_free(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data + 1, size - 1};
	struct sum a, b;
	stralloc crlf = {0};
	unsigned starts;

	if (size == 0)
		return 0;
	starts = data[0] % 3 + 1;
	read_all(&a, text, starts, data[0] & 4);
	for (size_t i = 0; i < text.len; i++)
		must((text.s[i] != '\n' || sa_put(&crlf, "\r", 1) == 0) &&
		    sa_put(&crlf, text.s + i, 1) == 0);
	text = (struct bytes){crlf.len ? crlf.s : "", crlf.len};
	read_all(&b, text, starts, data[0] & 4);
	if (!memchr(data, '\r', size))
		must(memcmp(&a, &b, sizeof a) == 0);
	sa_free(&crlf);
	return 0;
}
