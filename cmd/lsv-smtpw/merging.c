#include "cmd/lsv-smtpw/merging.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/merge.h"

/* struct merging - a file whose copies differ
 *
 * map     what was mapped: all of the file that has the body
 * copy, sent  the copy that goes out, and its recipient's values
 * rest    of it, what found no room in the queue yet
 * probe, next  a copy that is measured
 * of      whose it is; UINT32_MAX: nobody's
 * date, id  what is built in
 */
struct merging {
	struct merge merge;
	char *map;
	size_t map_len;
	struct merge_copy copy, probe;
	struct merge_row sent, next;
	struct bytes rest;
	uint32_t of;
	char date[CLOCK_RFC5322_MAX];
	stralloc sent_id, next_id;
};

/* A body that is not as long as its head says would end us with a signal. */
static int
map(struct merging *g, const struct slot *s, struct where *why)
{
	size_t len = (size_t)s->body_at + (size_t)s->claim.head.size;
	struct stat st;
	void *p;

	if (fstat(s->body, &st) < 0)
		return -1;
	if ((uint64_t)st.st_size < len || s->claim.head.size == 0) {
		where_set(why, 0, "its body was cut");
		errno = EBADMSG;
		return -1;
	}
	p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, s->body, 0);
	if (p == MAP_FAILED)
		return -1;
	g->map = p;
	g->map_len = len;
	return 0;
}

static int
compile(struct merging *g, const struct slot *s, struct where *why)
{
	if (merge_compile(&g->merge, s->claim.head.fields, g->map + s->body_at,
		(size_t)s->claim.head.size, why) == 0)
		return 0;
	if (errno == EINVAL)
		errno = EBADMSG;
	return -1;
}

/* Whoever wrote the file has looked at the rows; what would stop us in the middle
 * is seen to again. */
static int
check_rows(const struct slot *s, struct where *why)
{
	uint64_t n = 0;
	size_t used;

	if (mail_rows_ok(&s->claim.head, s->claim.head.rcpts, &n, &used))
		return 0;
	where_set(why, 0, "it has bad rows");
	errno = EBADMSG;
	return -1;
}

int
merging_open(struct slot *s, struct where *why)
{
	struct merging *g;

	s->bytes = s->claim.head.size;
	s->eightbit = s->claim.head.eightbit;
	if (!s->claim.head.merged)
		return 0;
	g = calloc(1, sizeof *g);
	if (!g)
		return -1;
	g->of = UINT32_MAX;
	s->merging = g;
	if (check_rows(s, why) < 0 || map(g, s, why) < 0 ||
	    compile(g, s, why) < 0)
		return -1;
	clock_rfc5322(g->date, s->claim.head.created_us);
	return 0;
}

void
merging_close(struct slot *s)
{
	struct merging *g = s->merging;

	if (!g)
		return;
	merge_free(&g->merge);
	merge_done(&g->copy);
	merge_done(&g->probe);
	sa_free(&g->sent_id);
	sa_free(&g->next_id);
	if (g->map)
		munmap(g->map, g->map_len);
	free(g);
	s->merging = NULL;
}

/* A Message-ID is the same in every try: it is made of the file's name and the
 * place of the recipient in it. */
static int
take_row(const struct worker *w, const struct slot *s, uint32_t i,
    struct merge_row *row, stralloc *id)
{
	const struct merging *g = s->merging;

	if (merge_row(row, claim_row(&s->claim, i)) < 0) {
		errno = EINVAL;
		return -1;
	}
	id->len = 0;
	if (sa_puts(id, s->claim.head.name) < 0 || sa_put(id, ".", 1) < 0 ||
	    sa_addu(id, i + 1) < 0 || sa_put(id, "@", 1) < 0 ||
	    sa_puts(id, w->site->node) < 0)
		return -1;
	row->id = (struct bytes){id->s, id->len};
	row->date = bytes_z(g->date);
	return 0;
}

int
merging_measure(const struct worker *w, struct slot *s, uint32_t i)
{
	struct merging *g = s->merging;

	if (!g || g->of == i)
		return 0;
	if (take_row(w, s, i, &g->next, &g->next_id) < 0 ||
	    merge_measure(
		&g->probe, &g->merge, &g->next, &s->bytes, &s->eightbit) < 0)
		return -1;
	g->of = i;
	return 0;
}

int
merging_begin(struct worker *w, struct slot *s, uint32_t i, int raw)
{
	struct merging *g = s->merging;

	if (take_row(w, s, i, &g->sent, &g->sent_id) < 0)
		return -1;
	merge_begin(&g->copy, &g->merge, &g->sent);
	g->rest.len = 0;
	conn_pieces(&w->conn, raw ? CONN_RAW : CONN_DOTS);
	return 0;
}

int
merging_fill(struct worker *w, struct slot *s)
{
	struct merging *g = s->merging;
	size_t n;
	int r;

	for (;;) {
		if (g->rest.len == 0) {
			r = merge_next(&g->copy, &g->rest);
			if (r <= 0)
				return r < 0 ? -1 : 1;
		}
		n = conn_piece(&w->conn, g->rest.s, g->rest.len);
		g->rest.s += n;
		g->rest.len -= n;
		if (g->rest.len)
			return 0;
	}
}
