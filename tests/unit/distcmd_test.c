#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "lib/cjli.h"
#include "lib/distcmd.h"

static struct distcmd
parsed(const char *command)
{
	struct distcmd d;
	struct where w = {0, NULL};

	if (distcmd_parse(&d, bytes_z(command), &w) < 0)
		fail_msg("%s: %s", command, w.why);
	return d;
}

static void
assert_bytes(struct bytes b, const char *want)
{
	assert_int_equal(b.len, strlen(want));
	if (b.len > 0)
		assert_memory_equal(b.s, want, b.len);
}

static void
assert_wrong(const char *command, const char *want)
{
	struct distcmd d;
	struct where w;
	stralloc out = {0};

	assert_int_equal(distcmd_parse(&d, bytes_z(command), &w), -1);
	assert_true(w.at <= strlen(command));
	assert_int_equal(distcmd_error(&out, bytes_z(command), &w), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
}

static void
knows_the_two_commands(void **state)
{
	static const char *const yes[] = {"DIST", "dist x", "DistRibute MAIL",
	    "DISTRIB", "  DIST2 MAIL", "dist2"};
	static const char *const no[] = {
	    "", "DIS", "DISTRIBUTES", "DISTX", "DIST22", "MAIL", "DIST="};

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_int_equal(distcmd_is(bytes_z(yes[i])), 1);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_int_equal(distcmd_is(bytes_z(no[i])), 0);
}

static void
says_nothing_where_nothing_is_said(void **state)
{
	struct distcmd d = parsed("DISTRIBUTE MAIL");

	(void)state;
	assert_int_equal(d.dist2, 0);
	assert_int_equal(d.type, DISTCMD_MAIL);
	assert_bytes(d.dd, "DATA");
	assert_bytes(d.to_dd, "TO");
	assert_bytes(d.to, "");
	assert_int_equal(d.ack, DISTCMD_NONE);
	assert_int_equal(d.inform, DISTCMD_NONE);
	assert_int_equal(d.debug | d.trace | d.canon | d.i | d.forw, 0);
	assert_int_equal(d.dkim, -1);
	assert_int_equal(d.prime, -1);
	assert_int_equal(d.prior, -1);
	assert_int_equal(d.pool, 0);
	assert_bytes(d.from, "");
	assert_bytes(d.pw, "");
}

static void
knows_every_type(void **state)
{
	(void)state;
	assert_int_equal(parsed("DIST mail").type, DISTCMD_MAIL);
	assert_int_equal(parsed("DIST MAIL-MERGE").type, DISTCMD_MERGE);
	assert_int_equal(parsed("DIST post").type, DISTCMD_POST);
	assert_int_equal(parsed("DIST RFC822").type, DISTCMD_RFC822);
	assert_int_equal(parsed("DIST FILE").type, DISTCMD_FILE);
	assert_bytes(
	    parsed("DIST FILE \"X-SUPD JOB\" ACK=MAIL").file, "X-SUPD JOB");
	assert_bytes(parsed("DIST RFC822").to_dd, "");
	assert_bytes(parsed("DIST RFC822 TO DD=X").to_dd, "X");
}

static void
knows_every_option(void **state)
{
	struct distcmd d = parsed("distribute mail-merge dd=Msg to dd=Rcpt "
				  "ack=msg debug=yes trace=no from=Joe@x.org "
				  "pool=n prior=7 prime=no inform=mail "
				  "pw=a(b\"c dbms=no dkim=yes canon=y");

	(void)state;
	assert_bytes(d.dd, "Msg");
	assert_bytes(d.to_dd, "Rcpt");
	assert_int_equal(d.ack, DISTCMD_BY_MSG);
	assert_int_equal(d.debug, 1);
	assert_int_equal(d.trace, 0);
	assert_bytes(d.from, "Joe@x.org");
	assert_int_equal(d.pool, 'N');
	assert_int_equal(d.prior, 7);
	assert_int_equal(d.prime, 0);
	assert_int_equal(d.inform, DISTCMD_BY_MAIL);
	assert_bytes(d.pw, "a(b\"c");
	assert_int_equal(d.dkim, 1);
	assert_int_equal(d.canon, 1);
	assert_bytes(parsed("DIST MAIL FROM=DD=Who").from_dd, "Who");
	assert_int_equal(parsed("DIST MAIL POOL=-").pool, '-');
	assert_int_equal(parsed("DIST MAIL DEB=Y TRAC=Y").debug, 1);
	assert_int_equal(parsed("DIST ACK=MAIL MAIL").ack, DISTCMD_BY_MAIL);
	assert_bytes(parsed("DIST MAIL FROM=\"a\\\" b\"@x.org ACK=MAIL").from,
	    "\"a\\\" b\"@x.org");
	assert_bytes(parsed("DIST MAIL FROM=\"a b\"@x.org ACK=MAIL").from,
	    "\"a b\"@x.org");
}

static void
takes_recipients_from_the_command(void **state)
{
	struct distcmd d = parsed("DIST MAIL TO a@b.c \"x y\"@d.e ACK=MAIL");

	(void)state;
	assert_bytes(d.to, "a@b.c \"x y\"@d.e");
	assert_bytes(d.to_dd, "");
	assert_bytes(parsed("DIST MAIL a@b.c").to, "a@b.c");
	assert_bytes(parsed("DIST MAIL joe=doe@b.c").to, "joe=doe@b.c");
	assert_bytes(parsed("DIST MAIL DD=A DD=B").to_dd, "B");
	assert_bytes(parsed("DIST MAIL TO DD=B").to_dd, "B");
	assert_bytes(parsed("DIST MAIL TO DD=B").dd, "DATA");
	assert_bytes(parsed("DIST MAIL TO DD=B DD=A").dd, "A");
}

static void
says_what_is_wrong_and_where(void **state)
{
	static const char *const cases[][2] = {
	    {"HELP", "the command is not DISTRIBUTE: HELP"},
	    {"DIST",
		"the type is missing: MAIL, MAIL-MERGE, POST, RFC822 or "
		"FILE"},
	    {"DIST LETTER",
		"the word is no type, no option and no address: LETTER"},
	    {"DIST MAIL FILE", "the type is given twice: FILE"},
	    {"DIST MAIL ACKN=MAIL", "there is no such option: ACKN=MAIL"},
	    {"DIST MAIL AC=MAIL", "there is no such option: AC=MAIL"},
	    {"DIST MAIL ACK=BOTH",
		"ACK=BOTH is not known, take ACK=MAIL: ACK=BOTH"},
	    {"DIST MAIL ACK=", "ACK= is NONE, MAIL or MSG: ACK="},
	    {"DIST MAIL ACK=NONE ack=MAIL",
		"the option is given twice: ack=MAIL"},
	    {"DIST MAIL DEBUG=1", "DEBUG= is YES or NO: DEBUG=1"},
	    {"DIST MAIL TRACE=", "TRACE= is YES or NO: TRACE="},
	    {"DIST MAIL FROM=joe", "FROM= is an address, user@host: FROM=joe"},
	    {"DIST MAIL FROM=@x", "FROM= is an address, user@host: FROM=@x"},
	    {"DIST MAIL FROM=<>", "FROM= is an address, user@host: FROM=<>"},
	    {"DIST MAIL FROM=DD=", "FROM=DD= lacks a dataset's name: FROM=DD="},
	    {"DIST MAIL POOL=AB",
		"POOL= is a letter from A to Z, or -: POOL=AB"},
	    {"DIST MAIL POOL=1", "POOL= is a letter from A to Z, or -: POOL=1"},
	    {"DIST MAIL PRIOR=100",
		"PRIOR= is a number from 0 to 99: PRIOR=100"},
	    {"DIST MAIL PRIOR=-1", "PRIOR= is a number from 0 to 99: PRIOR=-1"},
	    {"DIST MAIL PRIME=x", "PRIME= is YES or NO: PRIME=x"},
	    {"DIST MAIL INFORM=x", "INFORM= is NONE, MAIL or MSG: INFORM=x"},
	    {"DIST MAIL PW=", "PW= lacks the password: PW="},
	    {"DIST MAIL PW=a PW=b", "the option is given twice: PW=********"},
	    {"DIST MAIL DBMS=YES",
		"this server has no database to take recipients from: "
		"DBMS=YES"},
	    {"DIST MAIL DKIM=x", "DKIM= is YES or NO: DKIM=x"},
	    {"DIST MAIL CANON=x", "CANON= is YES or NO: CANON=x"},
	    {"DIST MAIL DD=", "DD= lacks the name of a dataset: DD="},
	    {"DIST MAIL DD=a/b", "DD= lacks the name of a dataset: DD=a/b"},
	    {"DIST MAIL TO", "behind TO addresses or DD= have to stand"},
	    {"DIST MAIL TO ACK=MAIL",
		"behind TO addresses or DD= have to stand: ACK=MAIL"},
	    {"DIST MAIL TO a@b TO c@d", "there are recipients already: TO"},
	    {"DIST MAIL TO a@b DD=X DD=Y",
		"there are recipients already: DD=Y"},
	    {"DIST MAIL DD=X DD=Y a@b", "there are recipients already: a@b"},
	    {"DIST MAIL a@b ACK=MAIL c@d",
		"the addresses have to stand together: c@d"},
	    {"DIST FILE \"a",
		"the name of the file is not closed by a quote: "
		"\"a"},
	    {"DIST FILE \"\"",
		"the name of the file is not closed by a quote: "
		"\"\""},
	    {"DIST MAIL HOPS=1",
		"only DIST2, between servers, has this option: HOPS=1"},
	    {"DIST MAIL HOST(1)",
		"only DIST2, between servers, has this option: HOST(1)"},
	    {"DIST MAIL X(1 2", "a quote or bracket is not closed: X(1 2"},
	    {"DIST2 POST", "the type of DIST2 is MAIL or FILE: POST"},
	    {"DIST2 MAIL PW=secret", "DIST2 has no such option: PW=********"},
	    {"DIST2 MAIL I=X", "I= is Y or N: I=X"},
	    {"DIST2 MAIL FORW(MD5)", "FORW() knows only CRC: FORW(MD5)"},
	    {"DIST2 MAIL FORW(CRC",
		"a quote or bracket is not closed: FORW(CRC"},
	    {"DIST2 MAIL CRC=123",
		"CRC= is a number of 8 hexadecimal digits: CRC=123"},
	    {"DIST2 MAIL CRC=1234567g",
		"CRC= is a number of 8 hexadecimal digits: CRC=1234567g"},
	    {"DIST2 MAIL ID=",
		"ID= is a name of printable characters, at most "
		"255: ID="},
	    {"DIST2 MAIL HOPS=100", "HOPS= is a number from 0 to 99: HOPS=100"},
	    {"DIST2 MAIL TAB=1",
		"TAB= is the version of a table, 4 digits: TAB=1"},
	    {"DIST2 MAIL VIS(a \xff)",
		"VIS() holds names of servers: VIS(a "
		"\xff)"},
	    {"DIST2 MAIL HOST(1 x)",
		"HOST() holds numbers of servers: HOST(1 "
		"x)"},
	    {"DIST2 MAIL HOST(1)x", "text stands behind the bracket: HOST(1)x"},
	    {"DIST2 MAIL HOST()", "HOST() holds numbers of servers: HOST()"},
	    {"DIST2 MAIL HOST(1234567890)",
		"HOST() holds numbers of servers: HOST(1234567890)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_wrong(cases[i][0], cases[i][1]);
}

static void
reads_the_line_of_the_log(void **state)
{
	struct distcmd d =
	    parsed("DIST2 I=Y FROM=LISTSERV@XXX.MONTGOMERYCOUNTYTN.ORG POOL=N "
		   "FORW(CRC) HOST(726 6  47)");
	uint32_t number[4] = {0};
	size_t n = 0;

	(void)state;
	assert_int_equal(d.dist2, 1);
	assert_int_equal(d.type, DISTCMD_MAIL);
	assert_int_equal(d.i, 1);
	assert_int_equal(d.forw, 1);
	assert_int_equal(d.crc_said, 0);
	assert_int_equal(d.pool, 'N');
	while (n < 4 && distcmd_host(&d.host, number + n))
		n++;
	assert_int_equal(n, 3);
	assert_int_equal(number[0], 726);
	assert_int_equal(number[1], 6);
	assert_int_equal(number[2], 47);
}

static void
reads_every_option_between_servers(void **state)
{
	struct distcmd d = parsed("dist2 FILE \"X-SUPD JOB\" i=n from=<> "
				  "crc=1c291ca3 id=A.B/2024-1 hops=2 tab=2401 "
				  "vis( SEARN  UGA ) prior=0 dkim=no");
	struct bytes name;

	(void)state;
	assert_bytes(d.file, "X-SUPD JOB");
	assert_int_equal(d.from_null, 1);
	assert_int_equal(d.crc_said, 1);
	assert_int_equal(d.crc, 0x1c291ca3);
	assert_bytes(d.id, "A.B/2024-1");
	assert_int_equal(d.hops, 2);
	assert_int_equal(d.table, 2401);
	assert_int_equal(d.prior, 0);
	assert_int_equal(d.dkim, 0);
	assert_bytes(d.to_dd, "TO");
	assert_int_equal(distcmd_visited(&d.visited, &name), 1);
	assert_bytes(name, "SEARN");
	assert_int_equal(distcmd_visited(&d.visited, &name), 1);
	assert_bytes(name, "UGA");
	assert_int_equal(distcmd_visited(&d.visited, &name), 0);
}

static void
writes_the_job_of_the_manual(void **state)
{
	struct distcmd d = {.type = DISTCMD_MAIL,
	    .i = 1,
	    .from = bytes_z("owner-test-l@LISTS.EXAMPLE.ORG"),
	    .pool = 'A',
	    .forw = 1,
	    .crc_said = 1,
	    .crc = 0x1c291ca3,
	    .id = bytes_z("LISTS.EXAMPLE.ORG/20240105-4711"),
	    .hops = 1,
	    .visited = bytes_z("LISTS.EXAMPLE.ORG"),
	    .host = bytes_z("12 726"),
	    .prior = -1,
	    .dkim = -1,
	    .prime = -1};
	stralloc out = {0};

	(void)state;
	assert_int_equal(distcmd_format(&out, &d, bytes_z("D0004711"),
			     bytes_z("joe@h1.example BSMTP\n")),
	    0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s,
	    "//D0004711 JOB Echo=No,Reply-to=None\n"
	    "// DIST2 MAIL I=Y FROM=owner-test-l@LISTS.EXAMPLE.ORG POOL=A "
	    "FORW(CRC) ,\n"
	    "//+ CRC=1C291CA3 ID=LISTS.EXAMPLE.ORG/20240105-4711 HOPS=1 ,\n"
	    "//+ VIS(LISTS.EXAMPLE.ORG) HOST(12 726)\n"
	    "//TO DD *\n"
	    "joe@h1.example BSMTP\n"
	    "/*\n"
	    "//DATA DD *,EOF\n");
	sa_free(&out);
}

/* A number below n that is the same in every run. */
static unsigned
any(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static struct bytes
any_text(uint32_t *seed, stralloc *room, const char *of, unsigned max)
{
	size_t was = room->len;

	for (unsigned n = any(seed, max); n > 0; n--)
		assert_int_equal(
		    sa_put(room, of + any(seed, (unsigned)strlen(of)), 1), 0);
	return (struct bytes){room->s + was, room->len - was};
}

static struct bytes
any_numbers(uint32_t *seed, stralloc *room)
{
	size_t was = room->len;

	for (unsigned n = any(seed, 60); n > 0; n--) {
		assert_int_equal(sa_addu(room, 1 + any(seed, 9999)), 0);
		assert_int_equal(sa_puts(room, n > 1 ? " " : ""), 0);
	}
	return (struct bytes){room->s + was, room->len - was};
}

static void
make_any(struct distcmd *d, uint32_t *seed, stralloc *room)
{
	static const char name[] = "ABCxyz019-./_+,";

	/* room never moves: what it holds is pointed to */
	assert_int_equal(stralloc_ready(room, 4000), 1);
	room->len = 0;
	*d =
	    (struct distcmd){.type = any(seed, 2) ? DISTCMD_MAIL : DISTCMD_FILE,
		.i = (int)any(seed, 2),
		.forw = (int)any(seed, 2),
		.crc_said = (int)any(seed, 2),
		.hops = any(seed, 100),
		.table = any(seed, 2) ? any(seed, 9999) : 0,
		.pool = any(seed, 2) ? (char)('A' + any(seed, 26)) : 0,
		.prior = (int)any(seed, 101) - 1,
		.dkim = (int)any(seed, 3) - 1,
		.prime = -1};
	d->crc = d->crc_said ? any(seed, 65535) * 65537U : 0;
	if (d->type == DISTCMD_FILE)
		d->file = any_text(seed, room, "X-SUPD JOB", 30);
	d->from_null = (int)any(seed, 2);
	if (!d->from_null && any(seed, 2)) {
		d->from = any_text(seed, room, name, 120);
		assert_int_equal(sa_puts(room, "@x,"), 0);
		d->from.len += 3;
	}
	d->id = any_text(seed, room, name, 250);
	d->visited = any_text(seed, room, "AB. ,c", 300);
	d->host = any_numbers(seed, room);
}

static void
assert_same(struct bytes a, struct bytes b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.s, b.s, a.len);
}

static void
assert_cards(const stralloc *text)
{
	for (size_t at = 0, n; at < text->len; at += n + 1) {
		const char *lf = memchr(text->s + at, '\n', text->len - at);

		assert_non_null(lf);
		n = (size_t)(lf - text->s) - at;
		assert_true(n <= DISTCMD_COLUMNS);
	}
}

/* What is written is read again as it was; what cannot be written is refused. */
static int
round_trip(const struct distcmd *d)
{
	stralloc text = {0};
	struct cjli c;
	struct cjli_job job;
	struct distcmd back;
	struct where w;
	int r = distcmd_format(
	    &text, d, bytes_z("D1"), bytes_z("a@b.c BSMTP\nd@e.f BSMTP\n"));

	if (r < 0) {
		assert_int_equal(errno, EINVAL);
		assert_int_equal(text.len, 0);
		sa_free(&text);
		return 0;
	}
	assert_cards(&text);
	cjli_begin(&c, (struct bytes){text.s, text.len});
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_int_equal(job.nerrors, 0);
	assert_int_equal(job.ncommands, 1);
	assert_int_equal(job.ndatasets, 2);
	assert_int_equal(job.reply, CJLI_REPLY_NONE);
	assert_bytes(job.dataset[0].data, "a@b.c BSMTP\nd@e.f BSMTP\n");
	assert_int_equal(job.dataset[1].form, CJLI_EOF);
	assert_int_equal(distcmd_parse(&back, job.command[0].text, &w), 0);
	assert_int_equal(back.dist2, 1);
	assert_int_equal(back.type, d->type);
	assert_same(back.file, d->file);
	assert_same(back.from, d->from);
	assert_same(back.id, d->id);
	assert_same(back.visited, d->visited);
	assert_same(back.host, d->host);
	assert_int_equal(back.from_null, d->from_null);
	assert_int_equal(back.pool, d->pool);
	assert_int_equal(back.i, d->i);
	assert_int_equal(back.forw, d->forw);
	assert_int_equal(back.crc_said, d->crc_said);
	assert_int_equal(back.crc, d->crc);
	assert_int_equal(back.hops, d->hops);
	assert_int_equal(back.table, d->table);
	assert_int_equal(back.prior, d->prior);
	assert_int_equal(back.dkim, d->dkim);
	cjli_job_free(&job);
	sa_free(&text);
	return 1;
}

static void
reads_back_whatever_it_writes(void **state)
{
	stralloc room = {0};
	uint32_t seed = 1;
	unsigned written = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct distcmd d;

		make_any(&d, &seed, &room);
		written += (unsigned)round_trip(&d);
	}
	assert_true(written > 15000);
	sa_free(&room);
}

static void
refuses_to_write_what_cannot_be_read(void **state)
{
	static const char *const from[] = {
	    "a b@c", "a\"b@c", "a", "a\n@c", "a\r@c"};
	struct distcmd d = {
	    .id = bytes_z("X"), .prior = -1, .dkim = -1, .prime = -1};
	struct distcmd e;
	stralloc out = {0};

	(void)state;
	assert_int_equal(round_trip(&d), 1);
	for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
		e = d;
		e.from = bytes_z(from[i]);
		assert_int_equal(round_trip(&e), 0);
	}
	e = d;
	e.type = DISTCMD_POST;
	assert_int_equal(round_trip(&e), 0);
	e = d;
	e.visited = bytes_z("a) PW=(b");
	assert_int_equal(round_trip(&e), 0);
	e = d;
	e.type = DISTCMD_FILE;
	e.file = bytes_z("a\" b");
	assert_int_equal(round_trip(&e), 0);
	assert_int_equal(
	    distcmd_format(&out, &d, bytes_z("a b"), bytes_z("")), -1);
	assert_int_equal(
	    distcmd_format(&out, &d, bytes_z(""), bytes_z("")), -1);
	assert_int_equal(
	    distcmd_format(&out, &d, bytes_z("a"), bytes_z("a@b")), -1);
	assert_int_equal(out.len, 0);
	assert_int_equal(
	    distcmd_format(&out, &d, bytes_z("a"), bytes_z("")), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s,
	    "//a JOB Echo=No,Reply-to=None\n"
	    "// DIST2 MAIL ID=X\n//DATA DD *,EOF\n");
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_the_two_commands),
	    cmocka_unit_test(says_nothing_where_nothing_is_said),
	    cmocka_unit_test(knows_every_type),
	    cmocka_unit_test(knows_every_option),
	    cmocka_unit_test(takes_recipients_from_the_command),
	    cmocka_unit_test(says_what_is_wrong_and_where),
	    cmocka_unit_test(reads_the_line_of_the_log),
	    cmocka_unit_test(reads_every_option_between_servers),
	    cmocka_unit_test(writes_the_job_of_the_manual),
	    cmocka_unit_test(reads_back_whatever_it_writes),
	    cmocka_unit_test(refuses_to_write_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
