#include "lib/suboptions.h"

#include "lib/bytes.h"

static const struct {
	uint32_t bit;
	const char *clear, *set;
} options[] = {
    {SUB_NOMAIL, "MAIL", "NOMAIL"},
    {SUB_REPRO, "NOREPRO", "REPRO"},
    {SUB_CONCEAL, "NOCONCEAL", "CONCEAL"},
    {SUB_NOACK, "ACK", "NOACK"},
    {SUB_NOPOST, "POST", "NOPOST"},
    {SUB_REVIEW, "NOREVIEW", "REVIEW"},
    {SUB_EDITOR, "NOEDITOR", "EDITOR"},
    {SUB_NORENEW, "RENEW", "NORENEW"},
};
enum { OPTIONS = sizeof options / sizeof *options };

int
suboptions_set(uint32_t *bits, const char *s, size_t len)
{
	const struct bytes word = {s, len};
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (bytes_same(word, options[i].clear)) {
			*bits &= ~options[i].bit;
			return 1;
		}
		if (bytes_same(word, options[i].set)) {
			*bits |= options[i].bit;
			return 1;
		}
	}
	return 0;
}

int
suboptions_text(stralloc *out, uint32_t bits, uint32_t from)
{
	size_t was = out->len, i;
	const char *word;

	for (i = 0; i < OPTIONS; i++) {
		if (!((bits ^ from) & options[i].bit))
			continue;
		word =
		    bits & options[i].bit ? options[i].set : options[i].clear;
		if ((out->len > was && sa_put(out, " ", 1) < 0) ||
		    sa_puts(out, word) < 0) {
			out->len = was;
			return -1;
		}
	}
	return 0;
}
