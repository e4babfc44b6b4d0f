/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/spamscore.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/scratch.h"

/* The example of the site manual, all but its quotes. */
#define ALL_EXAMPLE "*@EXAMPLE.COM *@*.EXAMPLE.COM"
#define NOT_PUBLIC "*@PUBLIC.EXAMPLE.COM >JAMES@EXAMPLE.COM"

static struct spamset set[SPAM_LISTS];
static struct mailaddrs addresses;
static struct spam_score score;

static int
forget(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		spamset_free(&set[i]);
	return 0;
}

/* Fill a list with entries that stand between blanks. */
static void
list(enum spam_list which, const char *entries)
{
	struct bytes rest = bytes_z(entries), one;
	struct where w;

	spamset_free(&set[which]);
	while (rest.len) {
		one = bytes_word(&rest);
		assert_int_equal(
		    spamset_add(&set[which], one.s, one.len, &w), 0);
	}
	assert_int_equal(spamset_seal(&set[which]), 0);
}

/* The sum that a header gets. */
static int
sum_of(const char *header, unsigned bounce)
{
	struct header h;

	assert_int_equal(header_parse(&h, header, strlen(header), NULL), 0);
	assert_int_equal(
	    spamscore(&score, set, &addresses, &h, bounce, NULL, NULL), 0);
	return score.sum;
}

/* The sum for mail from an address. */
static int
from(const char *address)
{
	char header[1000];

	snprintf(header, sizeof header, "From: %s\nTo: list@lists.test\n\n",
	    address);
	return sum_of(header, 0);
}

static void
gives_a_point_for_a_whitelist_and_takes_one_for_a_blacklist(void **state)
{
	(void)state;
	list(SPAM_WHITELIST_FROM, "good@example.com");
	list(SPAM_BLACKLIST_FROM, "bad@example.com");
	assert_int_equal(from("good@example.com"), 1);
	assert_int_equal(from("bad@example.com"), -1);
	assert_int_equal(from("else@example.com"), 0);
}

static void
follows_the_example_of_the_manual(void **state)
{
	(void)state;
	list(SPAM_WHITELIST_FROM, ALL_EXAMPLE);
	list(SPAM_BLACKLIST_FROM, NOT_PUBLIC);
	/* "whitelists all EXAMPLE.COM addresses" */
	assert_int_equal(from("joe@example.com"), 1);
	assert_int_equal(from("Joe <JOE@EXAMPLE.COM>"), 1);
	assert_int_equal(from("joe@hr.example.com"), 1);
	/* "a cancellation of this whitelist for PUBLIC.EXAMPLE.COM" */
	assert_int_equal(from("joe@public.example.com"), 0);
	assert_int_equal(from("james@public.example.com"), 0);
	/* "1 point from the whitelist and -2 from the blacklist" */
	assert_int_equal(from("JAMES@EXAMPLE.COM"), -1);
	assert_int_equal(score.points[SPAM_WHITELIST_FROM], 1);
	assert_int_equal(score.points[SPAM_BLACKLIST_FROM], 2);
	assert_int_equal(from("james@example.org"), 0);
	assert_int_equal(from("joe@notexample.com"), 0);
	assert_int_equal(from("joe@example.com.evil.test"), 0);
}

static void
gives_the_points_of_a_list_once(void **state)
{
	(void)state;
	/* "if we also had JAMES@EXAMPLE.COM and JAMES@* in the whitelist, he
	 * would still get only one point" */
	list(SPAM_WHITELIST_FROM, ALL_EXAMPLE " JAMES@EXAMPLE.COM JAMES@*");
	list(SPAM_BLACKLIST_FROM, NOT_PUBLIC);
	assert_int_equal(from("james@example.com"), -1);
	assert_int_equal(score.points[SPAM_WHITELIST_FROM], 1);
	assert_int_equal(from("james@example.org"), 1);
	/* nor for several addresses */
	assert_int_equal(
	    sum_of("From: joe@example.com, james@example.org\n"
		   "Sender: ann@example.com\nResent-From: x@y.example.com\n",
		0),
	    1);
}

static void
gives_the_most_points_that_matched(void **state)
{
	(void)state;
	/* "JAMES@EXAMPLE.COM and >>JAMES@* in the whitelist, he would get 3
	 * points" */
	list(SPAM_WHITELIST_FROM, "JAMES@EXAMPLE.COM >>JAMES@*");
	assert_int_equal(from("james@example.com"), 3);
	list(SPAM_WHITELIST_FROM, ">>JAMES@* JAMES@EXAMPLE.COM");
	assert_int_equal(from("james@example.com"), 3);
	assert_int_equal(from("james@example.org"), 3);
	list(SPAM_WHITELIST_FROM, ALL_EXAMPLE " >>JAMES@*");
	list(SPAM_BLACKLIST_FROM, NOT_PUBLIC);
	assert_int_equal(from("james@example.com"), 1);
	assert_int_equal(from("james@public.example.com"), 2);
	/* whichever address has them */
	assert_int_equal(
	    sum_of("From: joe@example.org\nSender: james@example.org\n", 0), 3);
	assert_int_equal(
	    sum_of("From: james@example.org\nSender: joe@example.com\n", 0), 3);
}

static void
loads_an_entry_with_up_to_254_extra_points(void **state)
{
	char entry[300];
	struct where w;

	(void)state;
	memset(entry, '>', sizeof entry);
	memcpy(entry + 254, "joe@example.com", 16);
	list(SPAM_WHITELIST_FROM, entry);
	assert_int_equal(from("joe@example.com"), 255);
	assert_string_equal(score.made[SPAM_WHITELIST_FROM].entry, entry);
	list(SPAM_BLACKLIST_FROM, entry);
	assert_int_equal(from("joe@example.com"), 0);
	forget(NULL);
	list(SPAM_BLACKLIST_FROM, entry);
	assert_int_equal(from("joe@example.com"), -255);
	forget(NULL);
	memset(entry, '>', sizeof entry);
	memcpy(entry + 255, "joe@example.com", 16);
	assert_int_equal(spamset_add(&set[0], entry, strlen(entry), &w), -1);
}

static void
adds_all_lists_up(void **state)
{
	(void)state;
	/* "all the whitelists and blacklists scores are added" */
	list(SPAM_WHITELIST_FROM, ">joe@example.com");
	list(SPAM_WHITELIST_TO, ">>>list@lists.test");
	list(SPAM_BLACKLIST_FROM, "*@example.com");
	list(SPAM_BLACKLIST_TO, ">>honey@pot.test");
	assert_int_equal(from("joe@example.com"), 2 + 4 - 1);
	assert_int_equal(sum_of("From: joe@example.com\nTo: list@lists.test\n"
				"Cc: honey@pot.test\n",
			     0),
	    2 + 4 - 1 - 3);
	assert_int_equal(
	    sum_of("From: a@example.com\nBcc: honey@pot.test\n", 0), -4);
	/* a recipient counts for nothing as an author, nor the other way */
	assert_int_equal(
	    sum_of("From: honey@pot.test\nTo: joe@example.com\n", 0), 0);
}

static void
looks_at_origin_fields_but_not_at_the_envelope(void **state)
{
	static const char *const fields[] = {
	    "From", "Sender", "Resent-From", "Resent-Sender", "fRoM"};
	char header[100];

	(void)state;
	list(SPAM_BLACKLIST_FROM, "*@evil.test");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(header, sizeof header, "%s: a@evil.test\n", fields[i]);
		assert_int_equal(sum_of(header, 0), -1);
		assert_string_equal(
		    score.made[SPAM_BLACKLIST_FROM].field, fields[i]);
	}
	assert_int_equal(
	    sum_of("Return-Path: <a@evil.test>\nReply-To: a@evil.test\n"
		   "To: a@evil.test\nX-From: a@evil.test\n",
		0),
	    0);
}

static void
looks_at_recipient_fields(void **state)
{
	static const char *const fields[] = {
	    "To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"};
	char header[100];

	(void)state;
	list(SPAM_BLACKLIST_TO, "gone@example.com");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		snprintf(header, sizeof header,
		    "From: a@x\n%s: ok@example.com, gone@example.com\n",
		    fields[i]);
		assert_int_equal(sum_of(header, 0), -1);
	}
	assert_int_equal(
	    sum_of(
		"From: gone@example.com\nDelivered-To: gone@example.com\n", 0),
	    0);
}

static void
adds_the_points_of_a_bounce(void **state)
{
	(void)state;
	list(SPAM_BLACKLIST_FROM, "mailer-daemon@*");
	/* "defaulting to 1 ... Set to 0 to disable. You can also use a higher
	 * value." */
	assert_int_equal(sum_of("From: mailer-daemon@example.com\n", 1), 0);
	assert_int_equal(score.bounce, 1);
	assert_int_equal(sum_of("From: mailer-daemon@example.com\n", 0), -1);
	assert_int_equal(sum_of("From: mailer-daemon@example.com\n", 5), 4);
	assert_int_equal(sum_of("From: postmaster@example.com\n", 1), 1);
	forget(NULL);
	assert_int_equal(sum_of("From: postmaster@example.com\n", 1), 1);
}

static void
knows_a_bounce_by_its_sender_or_its_type(void **state)
{
	struct header_facts f = {.report = 0};

	(void)state;
	assert_int_equal(spamscore_is_bounce(&f, bytes_z("")), 1);
	assert_int_equal(spamscore_is_bounce(&f, bytes_z("a@b")), 0);
	assert_int_equal(spamscore_is_bounce(&f, (struct bytes){NULL, 0}), 0);
	f.report = 1;
	assert_int_equal(spamscore_is_bounce(&f, bytes_z("a@b")), 1);
}

static void
tells_what_made_the_score(void **state)
{
	const struct spam_made *made = score.made;

	(void)state;
	list(SPAM_WHITELIST_FROM, "*@EXAMPLE.com");
	list(SPAM_BLACKLIST_TO, "pot@test >Honey@*");
	assert_int_equal(
	    sum_of("From: Joe@Example.Com\nTo: pot@test, HONEY@pot.test\n", 0),
	    -1);
	assert_string_equal(made[SPAM_WHITELIST_FROM].entry, "*@EXAMPLE.com");
	assert_string_equal(
	    made[SPAM_WHITELIST_FROM].address, "joe@example.com");
	assert_string_equal(made[SPAM_BLACKLIST_TO].entry, ">Honey@*");
	assert_string_equal(made[SPAM_BLACKLIST_TO].address, "honey@pot.test");
	assert_string_equal(made[SPAM_BLACKLIST_TO].field, "To");
	assert_int_equal(made[SPAM_BLACKLIST_TO].line, 0);
	assert_string_equal(made[SPAM_BLACKLIST_FROM].entry, "");
	assert_int_equal(score.looked, 3);
	assert_int_equal(spamscore_reason(&score), SPAM_BLACKLIST_TO);
	/* and nothing of it remains for the next message */
	assert_int_equal(from("else@example.org"), 0);
	assert_string_equal(made[SPAM_WHITELIST_FROM].entry, "");
	assert_string_equal(made[SPAM_BLACKLIST_TO].address, "");
	assert_int_equal(spamscore_reason(&score), SPAM_LISTS);
}

static void
names_the_list_that_decided(void **state)
{
	struct spam_score s = {.sum = 2};

	(void)state;
	s.bounce = 2;
	assert_int_equal(spamscore_reason(&s), SPAM_LISTS);
	s.points[SPAM_WHITELIST_TO] = 1;
	assert_int_equal(spamscore_reason(&s), SPAM_WHITELIST_TO);
	s.points[SPAM_WHITELIST_FROM] = 1;
	assert_int_equal(spamscore_reason(&s), SPAM_WHITELIST_FROM);
	s.sum = -1;
	s.points[SPAM_BLACKLIST_FROM] = 2;
	s.points[SPAM_BLACKLIST_TO] = 3;
	assert_int_equal(spamscore_reason(&s), SPAM_BLACKLIST_TO);
	s.sum = 0;
	assert_int_equal(spamscore_reason(&s), SPAM_LISTS);
}

static void
write_down(void *arg, enum spam_list which, const struct spam_match *match)
{
	stralloc *out = arg;

	assert_int_equal(sa_puts(out, spam_list_name(which)), 0);
	assert_int_equal(sa_puts(out, " "), 0);
	assert_int_equal(
	    sa_put(out, match->hit.entry.s, match->hit.entry.len), 0);
	assert_int_equal(sa_puts(out, " "), 0);
	assert_int_equal(sa_put(out, match->address.s, match->address.len), 0);
	assert_int_equal(sa_puts(out, " "), 0);
	assert_int_equal(sa_put(out, match->field.s, match->field.len), 0);
	assert_int_equal(sa_puts(out, "\n"), 0);
}

static void
shows_every_entry_that_matches(void **state)
{
	static const char mail[] =
	    "From: james@example.com\nSender: james@example.com\n";
	stralloc seen = {0};
	struct header h;

	(void)state;
	list(SPAM_WHITELIST_FROM, "*@example.com");
	list(SPAM_BLACKLIST_FROM, ">>james@*");
	assert_int_equal(header_parse(&h, mail, sizeof mail - 1, NULL), 0);
	assert_int_equal(
	    spamscore(&score, set, &addresses, &h, 0, write_down, &seen), 0);
	assert_int_equal(sa_0(&seen), 0);
	assert_string_equal(seen.s,
	    "whitelist_from *@example.com james@example.com From\n"
	    "blacklist_from >>james@* james@example.com From\n"
	    "whitelist_from *@example.com james@example.com Sender\n"
	    "blacklist_from >>james@* james@example.com Sender\n");
	assert_int_equal(score.sum, -2);
	seen.len = 0;
	list(SPAM_WHITELIST_FROM, "*@example.com >james@example.com j*@*");
	assert_int_equal(
	    spamscore(&score, set, &addresses, &h, 0, write_down, &seen), 0);
	assert_int_equal(score.sum, -1);
	assert_int_equal(sa_0(&seen), 0);
	assert_non_null(strstr(seen.s, "_from *@example.com james"));
	assert_non_null(strstr(seen.s, "_from >james@example.com james"));
	assert_non_null(strstr(seen.s, "_from j*@* james"));
	sa_free(&seen);
}

static void
remembers_only_addresses_that_were_looked_up(void **state)
{
	stralloc s = {0};

	(void)state;
	list(SPAM_BLACKLIST_TO, ">z9@x");
	list(SPAM_WHITELIST_FROM, "a@x");
	assert_int_equal(sa_puts(&s, "From: a@x\nTo: a@x"), 0);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(sa_puts(&s, ", z"), 0);
		assert_int_equal(sa_addu(&s, (uint64_t)(i % 11)), 0);
		assert_int_equal(sa_puts(&s, "@x"), 0);
	}
	assert_int_equal(sa_puts(&s, "\n"), 0);
	assert_int_equal(sa_0(&s), 0);
	assert_int_equal(sum_of(s.s, 0), 1 - 2);
	assert_int_equal(score.looked, 42);
	sa_free(&s);
}

static void
does_not_look_where_no_list_does(void **state)
{
	(void)state;
	assert_int_equal(from("joe@example.com"), 0);
	assert_int_equal(score.looked, 0);
	list(SPAM_WHITELIST_TO, "x@y");
	assert_int_equal(from("joe@example.com"), 0);
	assert_int_equal(score.looked, 1);
}

static void
counts_addresses_that_are_too_many(void **state)
{
	stralloc s = {0};

	(void)state;
	list(SPAM_BLACKLIST_TO, "last@x");
	assert_int_equal(sa_puts(&s, "To:"), 0);
	for (int i = 0; i < MAILADDRS_MAX; i++)
		assert_int_equal(sa_puts(&s, " a@x,"), 0);
	assert_int_equal(sa_puts(&s, " last@x, last@x\n"), 0);
	assert_int_equal(sa_0(&s), 0);
	assert_int_equal(sum_of(s.s, 0), 0);
	assert_int_equal(score.looked, MAILADDRS_MAX);
	assert_int_equal(score.more, 2);
	sa_free(&s);
}

/* A table of one entry, from line 77 of its file, for a list. */
static void
table(enum spam_list which, const char *entry)
{
	struct spamtab tab = {.n = 0};
	struct spamtab_written done;
	struct where w;
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	assert_int_equal(spamtab_add(&tab, entry, strlen(entry), 77, &w), 0);
	assert_int_equal(spamtab_write(&tab, dir, "t.cdb", 0600, &done), 0);
	assert_int_equal(close(dir), 0);
	spamtab_free(&tab);
	assert_int_equal(spamset_table(&set[which], "t.cdb"), 0);
}

static void
tells_the_line_of_a_table(void **state)
{
	(void)state;
	table(SPAM_BLACKLIST_FROM, ">Evil.Test");
	assert_int_equal(from("a@evil.test"), -2);
	assert_int_equal(score.made[SPAM_BLACKLIST_FROM].line, 77);
	assert_string_equal(
	    score.made[SPAM_BLACKLIST_FROM].entry, ">Evil.Test");
}

static void
goes_on_without_a_damaged_table_and_says_so(void **state)
{
	static const char mail[] = "From: joe@example.com, a@evil.test\n"
				   "To: honey@pot.test\n";
	static char bytes[65536];
	struct header h;
	ssize_t n;
	char *at;
	int fd;

	(void)state;
	list(SPAM_WHITELIST_FROM, "joe@example.com");
	list(SPAM_BLACKLIST_FROM, ">>a@evil.test");
	list(SPAM_BLACKLIST_TO, "honey@pot.test");
	table(SPAM_BLACKLIST_FROM, ">Evil.Test");
	/* the length of its text, which now is more than there is */
	fd = open("t.cdb", O_RDWR | O_CLOEXEC);
	n = read(fd, bytes, sizeof bytes);
	assert_true(n > 0);
	at = memmem(bytes, (size_t)n, ">Evil.Test", 10);
	assert_non_null(at);
	assert_int_equal(pwrite(fd, "\xff\xff", 2, at - bytes - 2), 2);
	assert_int_equal(close(fd), 0);

	assert_int_equal(header_parse(&h, mail, sizeof mail - 1, NULL), 0);
	errno = 0;
	assert_int_equal(
	    spamscore(&score, set, &addresses, &h, 0, NULL, NULL), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(score.sum, 1 - 3 - 1);
	assert_int_equal(score.points[SPAM_BLACKLIST_FROM], 3);
}

static int
score_once(void)
{
	static const char mail[] = "From: <spam er@b\xc3\xbc"
				   "cher.example>\n";
	struct header h;
	int r;

	if (header_parse(&h, mail, sizeof mail - 1, NULL) < 0)
		return 0;
	r = spamscore(&score, set, &addresses, &h, 0, NULL, NULL);
	mailaddrs_free(&addresses);
	return r;
}

static void
says_that_memory_ran_out(void **state)
{
	(void)state;
	list(SPAM_BLACKLIST_FROM,
	    "*@b\xc3\xbc"
	    "cher.example");
	nomemory_each(score_once, 3);
	assert_int_equal(score.sum, -1);
}

#define IN(f) cmocka_unit_test_setup(f, forget)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN(gives_a_point_for_a_whitelist_and_takes_one_for_a_blacklist),
	    IN(follows_the_example_of_the_manual),
	    IN(gives_the_points_of_a_list_once),
	    IN(gives_the_most_points_that_matched),
	    IN(loads_an_entry_with_up_to_254_extra_points),
	    IN(adds_all_lists_up),
	    IN(looks_at_origin_fields_but_not_at_the_envelope),
	    IN(looks_at_recipient_fields),
	    IN(adds_the_points_of_a_bounce),
	    IN(knows_a_bounce_by_its_sender_or_its_type),
	    IN(tells_what_made_the_score),
	    IN(names_the_list_that_decided),
	    IN(shows_every_entry_that_matches),
	    IN(remembers_only_addresses_that_were_looked_up),
	    IN(does_not_look_where_no_list_does),
	    IN(counts_addresses_that_are_too_many),
	    IN(tells_the_line_of_a_table),
	    IN(goes_on_without_a_damaged_table_and_says_so),
	    IN(says_that_memory_ran_out),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
