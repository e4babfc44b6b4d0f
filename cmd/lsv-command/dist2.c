/* dist2.c - DIST2: a job that another server passes on
 *
 * Executed when its mail is From LISTSERV at a host that the site named
 * (DIST2_UNSIGNED), and the envelope has that address or the FROM= of the job as
 * its sender.  Both can be forged by whoever can send mail here: that is for the
 * site to prevent.  Nobody is answered; what is wrong is in the log.
 */
#include <errno.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "cmd/lsv-command/dist.h"
#include "lib/addr.h"
#include "lib/cjli.h"
#include "lib/crc32.h"
#include "lib/logline.h"
#include "lib/trail.h"

enum {
	HASH_LEN = 32,
	NOTICES_MAX = 10, /* a day and server, of jobs that came damaged */
	PEOPLE_MAX = 20,
};

static int
refuse(const struct dist *j, const char *why)
{
	struct logline l;

	log_begin(&l, j->c->id, "dist2-refused");
	log_s(&l, "by", j->c->sender.s, j->c->sender.len);
	log_s(&l, "id", j->d.id.s, j->d.id.len);
	log_z(&l, "why", why);
	log_end(&l);
	return 0;
}

/* --- who sent it ------------------------------------------------------------------ */

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	    (a.len == 0 || addr_same(a.s, a.len, b.s, b.len));
}

/* 1; 0 when it is not to be believed; -1. */
static int
check_sender(const struct dist *j)
{
	const struct command_context *c = j->c;
	struct bytes from = {j->from.s, j->from.len};

	if (!same(c->head.from, c->sender) && !same(c->head.from, from))
		return refuse(
		    j, "the envelope sender is neither the server nor FROM=");
	return 1;
}

static int
find_from(struct dist *j)
{
	struct where w;

	if (j->d.from_null)
		return 1;
	if (j->d.from.len == 0)
		return refuse(j, "there is no FROM=");
	if (addr_spec(&j->from, j->d.from.s, j->d.from.len, ADDR_UTF8, &w) == 0)
		return 1;
	return refuse(j, w.why);
}

/* --- is it whole ------------------------------------------------------------------- */

/* The postmasters, one on a line. */
static int
put_people(stralloc *to, const struct command_context *c, uint32_t *n)
{
	const struct site_person *p = c->site->postmaster;

	for (size_t i = 0; i < c->site->npostmaster && *n < PEOPLE_MAX; i++) {
		if (p[i].quiet)
			continue;
		if (sa_puts(to, p[i].address) < 0 || sa_puts(to, "\n") < 0)
			return -1;
		++*n;
	}
	return 0;
}

static int
put_notice(stralloc *text, const struct dist *j)
{
	if (sa_put(text, j->c->sender.s, j->c->sender.len) < 0 ||
	    sa_puts(text,
		"\nsent a job to this server that was changed on its "
		"way: its checksum does not agree.\nIt was not "
		"distributed.  Its identification is\n\n    ") < 0 ||
	    sa_put(text, j->d.id.s, j->d.id.len) < 0)
		return -1;
	return sa_puts(text,
	    "\n\nPlease have it sent again, and find out what "
	    "changes mail on that way.\n");
}

static int
tell_damaged(struct dist *j)
{
	struct out_mail m = {.pool = '-',
	    .reason = "damaged",
	    .subject = bytes_z("A job came damaged")};
	stralloc to = {0}, text = {0};
	uint64_t told;
	int r = -1;

	if (memory_count(j->c->memory, MEMORY_DAMAGED, j->c->sender,
		j->c->now_us, &told) < 0)
		return -1;
	if (told > NOTICES_MAX)
		return 0;
	if (put_people(&to, j->c, &m.n) == 0 && put_notice(&text, j) == 0) {
		m.to = (struct bytes){to.s, to.len};
		m.text = (struct bytes){text.s, text.len};
		r = m.n && out_mail(j->c, &m, NULL) < 0 ? -1 : 0;
	}
	sa_free(&to);
	sa_free(&text);
	return r;
}

static int
check_crc(struct dist *j)
{
	struct crc32 crc = {.sum = 0};

	if (!j->d.crc_said)
		return j->d.forw ? refuse(j, "FORW(CRC) without a CRC=") : 1;
	crc32_put(&crc, j->data);
	if (crc32_end(&crc) == j->d.crc)
		return 1;
	refuse(j, "the CRC does not agree");
	return tell_damaged(j);
}

/* --- whom it is for ------------------------------------------------------------------ */

/* The servers of HOST(), by their index; only the same tables know the same. */
static int
add_servers(struct dist *j)
{
	const struct nettable *t = network_table(j->c);
	struct bytes left = j->d.host;
	struct netserver s;
	uint32_t index;
	int r = 0;

	while (r == 0 && distcmd_host(&left, &index)) {
		struct bytes row;

		if (nettable_indexed(t, index, &s) != 1) {
			r = dist_bad(j, index, bytes_z("HOST()"),
			    "no server has this index");
			continue;
		}
		j->merged.len = 0;
		if (sa_put(&j->merged, s.userid.s, s.userid.len) < 0 ||
		    sa_put(&j->merged, "@", 1) < 0 ||
		    sa_put(&j->merged, s.host.s, s.host.len) < 0)
			return -1;
		row = (struct bytes){j->merged.s, j->merged.len};
		r = dist_add(j, index, row, row, DIST_SHARED);
	}
	return r;
}

static int
same_tables(struct dist *j)
{
	const struct nettable *t = network_table(j->c);
	char version[16];

	if (!t || j->d.table == 0)
		return 0;
	snprintf(version, sizeof version, "%04u", j->d.table);
	return bytes_eq(nettable_facts(t)->version, version);
}

static int
find_recipients(struct dist *j)
{
	const struct cjli_dataset *set = NULL;
	int r;

	if (j->d.host.len && !same_tables(j))
		return refuse(j, "HOST() counts servers of another table");
	if (j->d.to.len || j->d.to_dd.len)
		set = cjli_find(
		    j->c->job, j->d.to_dd.len ? j->d.to_dd : bytes_z("TO"));
	if (!set && !j->d.host.len && !j->d.to.len)
		return refuse(j, "there are no recipients");
	j->extra = j->d.host.len ? add_servers : NULL;
	r = dist_recipients(j);
	return r == 0 ? refuse(j, "there are no recipients") : r;
}

/* --- the way it took ------------------------------------------------------------------ */

static int
put_visited(stralloc *out, struct bytes visited)
{
	struct bytes name;

	while (distcmd_visited(&visited, &name))
		if ((out->len && sa_put(out, " ", 1) < 0) ||
		    sa_put(out, name.s, name.len) < 0)
			return -1;
	return 0;
}

/* Without ID= it began with the server it comes from, and has our number. */
static struct trail
trail_of(const struct dist *j)
{
	const char *slash =
	    j->d.id.len ? memrchr(j->d.id.s, '/', j->d.id.len) : NULL;
	size_t at = addr_at(j->c->sender.s, j->c->sender.len) + 1;

	if (slash)
		return (struct trail){
		    .origin = {j->d.id.s, (size_t)(slash - j->d.id.s)},
		    .number = {slash + 1,
			(size_t)(j->d.id.s + j->d.id.len - slash - 1)}};
	return (struct trail){
	    .origin = {j->c->sender.s + at, j->c->sender.len - at},
	    .number = j->d.id.len ? j->d.id : bytes_z(j->c->id)};
}

static int
find_trail(struct dist *j)
{
	struct trail t = trail_of(j);
	stralloc visited = {0};
	int r = put_visited(&visited, j->d.visited);

	if (r == 0) {
		t.hops = j->d.hops;
		t.visited = (struct bytes){visited.s, visited.len};
		r = trail_format(&j->trail, &t);
	}
	sa_free(&visited);
	if (r == 0)
		return 1;
	return errno == ENOMEM ? -1 : refuse(j, "ID= or VIS() is none");
}

/* --- did it come before ----------------------------------------------------------------- */

static int
hash_all(EVP_MD_CTX *x, const struct dist *j, unsigned char *hash)
{
	if (EVP_DigestInit_ex(x, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(x, j->d.id.s, j->d.id.len) != 1 ||
	    EVP_DigestUpdate(x, "\n", 1) != 1 ||
	    EVP_DigestUpdate(x, &j->d.crc, sizeof j->d.crc) != 1)
		return -1;
	for (size_t i = 0; i < j->set.n; i++) {
		struct bytes row = rcptset_row(&j->set, i, NULL);

		if (EVP_DigestUpdate(x, row.s, row.len) != 1 ||
		    EVP_DigestUpdate(x, "\n", 1) != 1)
			return -1;
	}
	return EVP_DigestFinal_ex(x, hash, NULL) == 1 ? 0 : -1;
}

/* 1 it is new, and now it is known; 0 it came before; -1. */
static int
remember(struct dist *j)
{
	unsigned char hash[HASH_LEN];
	struct bytes key = {(const char *)hash, sizeof hash}, value;
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	int r = x ? hash_all(x, j, hash) : -1;

	EVP_MD_CTX_free(x);
	if (r < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (j->d.id.len == 0 || !j->d.crc_said)
		return 1; /* it cannot be told from one that is like it */
	r = memory_get(j->c->memory, MEMORY_JOBS, key, j->c->now_us, &value);
	if (r != 0)
		return r < 0 ? -1 : refuse(j, "it came before");
	return memory_put(j->c->memory, MEMORY_JOBS, key,
		   j->c->now_us + DIST_SEEN_US, (struct bytes){"", 0}) < 0
	    ? -1
	    : 1;
}

/* --- the job ------------------------------------------------------------------------------ */

static int
message(struct dist *j)
{
	int r = dist_message(j);

	return r == 0 ? refuse(j, "its message cannot be sent") : r;
}

static int
execute(struct dist *j)
{
	static int (*const steps[])(struct dist *) = {
	    message, check_crc, find_recipients, find_trail, remember};
	int r = find_from(j);

	if (r == 1)
		r = check_sender(j);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && r == 1; i++)
		r = steps[i](j);
	if (r != 1)
		return r;
	j->file = j->d.file;
	r = dist_hand(j, 0);
	if (r == 1)
		dist_log(j, "job-accepted");
	return r;
}

int
command_dist2(struct command_context *c, struct bytes args)
{
	struct dist j = {.c = c, .set = {.fd = -1}};
	int r;

	if (!c->peer) {
		refuse(&j, "not from a server named in DIST2_UNSIGNED");
		return say(c,
		    "DIST2 is what servers send to each other.  Use "
		    "DISTRIBUTE.\n");
	}
	r = dist_parse(&j, "DIST2", args);
	if (r == 0)
		refuse(&j, "the command cannot be read");
	if (r == 1)
		r = execute(&j);
	dist_free(&j);
	return r < 0 ? -1 : 0;
}
