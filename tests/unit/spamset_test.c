#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/spamset.h"
#include "tests/unit/scratch.h"

enum { ROUNDS = 300, ENTRIES = 40, LOOKUPS = 200, TEXT_MAX = 64 };

static void
add(struct spamset *set, const char *entry)
{
	struct where w = {0, ""};

	if (spamset_add(set, entry, strlen(entry), &w) < 0)
		fail_msg("%s: %s", entry, w.why);
}

/* A table of entries, each in the line of its number. */
static void
make(const char *name, const char *const *entry, size_t n)
{
	struct spamtab t = {.n = 0};
	struct spamtab_written out;
	uint32_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(
		    spamtab_add(&t, entry[i], strlen(entry[i]), i + 1, NULL),
		    0);
	assert_int_equal(spamtab_write(&t, AT_FDCWD, name, 0644, &out), 0);
	spamtab_free(&t);
}

/* A table as older programs made it. */
static int
make_old_pair(void *arg, struct bytes key, struct bytes value)
{
	if (bytes_eq(key, "i") || bytes_eq(key, "x"))
		return 0;
	return table_make_add(arg, key.s, key.len, value.s, value.len);
}

static void
make_old(const char *name, const char *const *entry, size_t n)
{
	struct spamtab t = {.n = 0};
	struct table_make m = {0};
	uint32_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(
		    spamtab_add(&t, entry[i], strlen(entry[i]), i + 1, NULL),
		    0);
	assert_int_equal(table_make_begin(&m, AT_FDCWD, name), 0);
	assert_int_equal(spamtab_each(&t, make_old_pair, &m), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	spamtab_free(&t);
}

static void
assert_hit(const struct spamset *set, const char *address, const char *entry,
    uint32_t line)
{
	struct spam_hit hit;
	size_t points = strspn(entry, ">") + 1;

	if (spamset_find(set, bytes_z(address), &hit) != 1)
		fail_msg("%s is not found", address);
	assert_true(bytes_eq(hit.entry, entry));
	assert_int_equal(hit.points, points);
	assert_int_equal(hit.line, line);
}

static void
assert_none(const struct spamset *set, const char *address)
{
	struct spam_hit hit;

	assert_int_equal(spamset_find(set, bytes_z(address), &hit), 0);
	assert_int_equal(hit.points, 0);
}

static void
an_empty_set_has_nothing(void **state)
{
	struct spamset set = {.npair = 0};

	(void)state;
	assert_true(spamset_is_empty(&set));
	assert_none(&set, "james@example.com");
	assert_int_equal(spamset_refresh(&set), 0);
	assert_int_equal(spamset_seal(&set), 0);
	assert_true(spamset_is_empty(&set));
	assert_none(&set, "james@example.com");
	assert_none(&set, "");
	spamset_free(&set);
	spamset_free(&set);
}

static void
finds_entries_of_every_kind(void **state)
{
	struct spamset set = {.npair = 0};

	(void)state;
	add(&set, "James@EXAMPLE.COM");
	add(&set, "*@example.org");
	add(&set, "*@*.example.net");
	add(&set, "root@*");
	add(&set, "*spam*@*");
	add(&set, "*x*@a*");
	assert_int_equal(spamset_seal(&set), 0);
	assert_false(spamset_is_empty(&set));
	assert_hit(&set, "james@example.com", "James@EXAMPLE.COM", 0);
	assert_none(&set, "jame@example.com");
	assert_none(&set, "james@mail.example.com");
	assert_hit(&set, "a@example.org", "*@example.org", 0);
	assert_none(&set, "a@mail.example.org");
	assert_hit(&set, "a@b.c.example.net", "*@*.example.net", 0);
	assert_none(&set, "a@example.net");
	assert_none(&set, "a@notexample.net");
	assert_hit(&set, "root@localhost", "root@*", 0);
	assert_hit(&set, "no-spam@b.c", "*spam*@*", 0);
	assert_hit(&set, "spam@b.c", "*spam*@*", 0);
	assert_none(&set, "b@spam.c");
	assert_hit(&set, "axb@abc", "*x*@a*", 0);
	assert_none(&set, "spam");
	assert_none(&set, "james");
	spamset_free(&set);
}

static void
the_most_points_win(void **state)
{
	static const char *const table[] = {
	    ">>>*@example.org", "*ames@*", ">>>>*ames*@*.com"};
	struct spamset set = {.npair = 0};

	(void)state;
	add(&set, "JAMES@EXAMPLE.COM");
	add(&set, ">>JAMES@*");
	assert_int_equal(spamset_seal(&set), 0);
	assert_hit(&set, "james@example.com", ">>JAMES@*", 0);
	make("t", table, 3);
	assert_int_equal(spamset_table(&set, "t"), 0);
	assert_hit(&set, "james@example.net", ">>JAMES@*", 0);
	assert_hit(&set, "james@example.org", ">>>*@example.org", 1);
	assert_hit(&set, "james@example.com", ">>>>*ames*@*.com", 3);
	assert_hit(&set, "ames@example.net", "*ames@*", 2);
	spamset_free(&set);
}

static int
count(void *arg, const struct spam_hit *hit)
{
	unsigned *points = arg;

	points[0]++;
	points[1] += hit->points;
	return points[0] == points[2] ? 7 : 0;
}

static void
each_gives_all_that_match_once(void **state)
{
	static const char *const table[] = {"*@a.example", "j@*", "*@*.example",
	    ">*aaaa*@*", "*a*@*", "other@b"};
	struct spamset set = {.npair = 0};
	unsigned got[3] = {0, 0, 0};

	(void)state;
	add(&set, "j@a.example");
	add(&set, "x*@*");
	assert_int_equal(spamset_seal(&set), 0);
	make("t", table, 6);
	assert_int_equal(spamset_table(&set, "t"), 0);
	assert_int_equal(
	    spamset_each(&set, bytes_z("j@a.example"), count, got), 0);
	assert_int_equal(got[0], 4);
	got[0] = got[1] = 0;
	/* the same four bytes at several places, and in several forms */
	assert_int_equal(
	    spamset_each(&set, bytes_z("xaaaaaaaa@a.example"), count, got), 0);
	assert_int_equal(got[0], 5);
	assert_int_equal(got[1], 6);
	got[0] = got[1] = 0;
	got[2] = 2;
	assert_int_equal(
	    spamset_each(&set, bytes_z("j@a.example"), count, got), 7);
	assert_int_equal(got[0], 2);
	spamset_free(&set);
}

static void
an_address_that_is_none_is_looked_at_as_well(void **state)
{
	static char huge[100000];
	struct spamset set = {.npair = 0};
	struct spam_hit hit;

	(void)state;
	add(&set, "*@evil.example");
	add(&set, ">root@*");
	add(&set, "a@b@*");
	add(&set, "er@evil.example");
	assert_int_equal(spamset_seal(&set), 0);
	assert_hit(&set, "spam er@evil.example", "*@evil.example", 0);
	assert_hit(&set, "a@b@evil.example", "*@evil.example", 0);
	assert_hit(&set, "root@x@y", ">root@*", 0);
	assert_hit(&set, "a@b@c", "a@b@*", 0);
	assert_hit(&set, "@evil.example", "*@evil.example", 0);
	assert_none(&set, "@");
	assert_none(&set, "a@");
	assert_none(&set, "...@...");
	memset(huge, '@', sizeof huge);
	assert_int_equal(
	    spamset_find(&set, (struct bytes){huge, sizeof huge}, &hit), 0);
	memset(huge, 'a', sizeof huge);
	memcpy(huge + sizeof huge - 13, "@evil.example", 13);
	assert_int_equal(
	    spamset_find(&set, (struct bytes){huge, sizeof huge}, &hit), 1);
	assert_int_equal(
	    spamset_find(&set, (struct bytes){"\0@\0", 3}, &hit), 0);
	spamset_free(&set);
}

static void
a_new_table_is_taken_and_a_bad_one_is_not(void **state)
{
	static const char *const first[] = {"a@one.example", "*two*@*"};
	static const char *const second[] = {"#", "x@y", "b@one.example"};
	struct spamset set = {.npair = 0};

	(void)state;
	assert_int_equal(spamset_table(&set, "t"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, ENOENT);
	make("t", first, 2);
	assert_int_equal(spamset_refresh(&set), 1);
	assert_int_equal(spamset_refresh(&set), 0);
	assert_hit(&set, "a@one.example", "a@one.example", 1);
	assert_hit(&set, "2two2@x", "*two*@*", 2);
	make("t", second + 1, 2);
	assert_hit(&set, "a@one.example", "a@one.example", 1);
	assert_int_equal(spamset_refresh(&set), 1);
	assert_none(&set, "a@one.example");
	assert_none(&set, "2two2@x");
	assert_hit(&set, "b@one.example", "b@one.example", 2);
	assert_int_equal(scratch_file("new", "no table", 8), 0);
	assert_int_equal(rename("new", "t"), 0);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	assert_hit(&set, "b@one.example", "b@one.example", 2);
	assert_int_equal(unlink("t"), 0);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, ENOENT);
	assert_hit(&set, "b@one.example", "b@one.example", 2);
	assert_int_equal(spamset_table(&set, NULL), 0);
	assert_none(&set, "b@one.example");
	assert_true(spamset_is_empty(&set));
	spamset_free(&set);
}

/* A table of one pair besides the head. */
static void
make_pair(const char *head, size_t hlen, const char *key, const char *value,
    size_t vlen)
{
	struct table_make m = {0};

	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_add(&m, "h", 1, head, hlen), 0);
	assert_int_equal(table_make_add(&m, key, strlen(key), value, vlen), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
}

static void
a_table_of_something_else_is_refused(void **state)
{
	static const char head[] =
	    SPAMTAB_FORMAT "\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0";
	static char pairs[2 * (SPAMTAB_GROUPS + 1)];
	struct spamset set = {.npair = 0};
	struct table_make m = {0};

	(void)state;
	assert_int_equal(table_make_begin(&m, AT_FDCWD, "t"), 0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
	assert_int_equal(spamset_table(&set, "t"), -1);
	assert_int_equal(errno, EPROTO);
	make_pair("lsv-spam 2\n\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0", 31,
	    "aa@b", "", 0);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	make_pair(head, sizeof head - 1, "aa@b", "", 0);
	assert_int_equal(spamset_refresh(&set), -1);
	make_pair(head, sizeof head, "b", "short", 5);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	make_pair(head, sizeof head, "x", "odd", 3);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	make_pair(head, sizeof head, "i", "odd", 3);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	make_pair(head, sizeof head, "i", pairs, sizeof pairs);
	assert_int_equal(spamset_refresh(&set), 1);
	pairs[sizeof pairs - 2] = 1; /* of which there is none */
	make_pair(head, sizeof head, "i", pairs, sizeof pairs);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	pairs[sizeof pairs - 2] = 0;
	pairs[0] = 1; /* falling */
	make_pair(head, sizeof head, "i", pairs, sizeof pairs);
	assert_int_equal(spamset_refresh(&set), -1);
	assert_int_equal(errno, EPROTO);
	make_pair(head, sizeof head, "aa@b", "", 0);
	assert_int_equal(spamset_refresh(&set), 1);
	spamset_free(&set);
}

static void
damaged_records_are_seen_and_the_variable_still_counts(void **state)
{
	static const char head[] =
	    SPAMTAB_FORMAT "\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0";
	static const struct {
		const char *value;
		size_t len;
	} bad[] = {
	    {"\1\0\0\0\0\0\0\3\0a@", 11},
	    {"\1\0\0\0\0\0\0\3", 8},
	    {"\0\0\0\0\0\0\0\3\0a@b", 12},
	    {"\1\0\0\0\0\xff\xff\xff\xff", 9},
	};
	struct spamset set = {.npair = 0};
	unsigned got[3] = {0, 0, 0};
	struct spam_hit hit;
	size_t i;

	(void)state;
	add(&set, "*@b");
	assert_int_equal(spamset_seal(&set), 0);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		make_pair(head, sizeof head, "aa@b", bad[i].value, bad[i].len);
		assert_int_equal(spamset_table(&set, "t"), 0);
		errno = 0;
		assert_int_equal(spamset_find(&set, bytes_z("a@b"), &hit), -1);
		assert_int_equal(errno, EPROTO);
		assert_true(bytes_eq(hit.entry, "*@b"));
		assert_int_equal(
		    spamset_each(&set, bytes_z("a@b"), count, got), -1);
	}
	spamset_free(&set);
}

static uint32_t
dice(uint32_t sides)
{
	static uint32_t x = 2463534242U;

	/* xorshift32 by G. Marsaglia */
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % sides;
}

/* Few letters, so that much matches. */
static void
random_word(char *out, const char *letters, uint32_t most)
{
	uint32_t n = 1 + dice(most), i;

	for (i = 0; i < n; i++)
		out[i] = letters[dice((uint32_t)strlen(letters))];
	out[n] = 0;
}

static void
random_entry(char *out)
{
	static const char *const letters[] = {"ab", "ab*", "abcd*"};
	const char *l = letters[dice(3)];
	char local[20], one[20], two[20];

	random_word(local, l, 8);
	random_word(one, l, 5);
	random_word(two, l, 3);
	if (dice(4) == 0)
		strcpy(local, "*");
	if (dice(4) == 0)
		strcpy(one, "*");
	snprintf(out, TEXT_MAX, "%.*s%s@%s%s%s", (int)dice(4), ">>>", local,
	    one, dice(2) ? "." : "", two);
}

static void
random_address(char *out)
{
	char local[20], one[20], two[20];

	random_word(local, dice(9) ? "abcd" : "ab@", 8);
	random_word(one, "ab", 5);
	random_word(two, "abcd.", 3);
	snprintf(out, TEXT_MAX, "%s@%s.%s", local, one, two);
}

/* The slow reference: every pattern against the address. */
static unsigned
reference(
    char entry[][TEXT_MAX], size_t n, const char *address, unsigned *matching)
{
	struct spam_entry e;
	stralloc room = {0};
	unsigned best = 0;
	size_t i, k;

	*matching = 0;
	for (i = 0; i < n; i++) {
		k = strspn(entry[i], ">");
		if (!spam_glob(bytes_z(entry[i] + k), bytes_z(address)))
			continue;
		assert_int_equal(spam_entry_parse(&e, &room, entry[i],
				     strlen(entry[i]), NULL),
		    0);
		best = e.points > best ? e.points : best;
		++*matching;
	}
	sa_free(&room);
	return best;
}

static int
is_entry(const char *text)
{
	stralloc room = {0};
	struct spam_entry e;
	int r = spam_entry_parse(&e, &room, text, strlen(text), NULL);

	sa_free(&room);
	return r == 0;
}

/* Do both sets give what the reference says? */
static void
compare(const struct spamset *own, const struct spamset *table,
    char entry[][TEXT_MAX], const char *address)
{
	unsigned matching, a[3] = {0, 0, 0}, b[3] = {0, 0, 0};
	unsigned best = reference(entry, ENTRIES, address, &matching);
	static struct spamset_look look;
	struct spam_hit x, y;

	spamset_look(&look, bytes_z(address));
	spamset_fetch(own, &look);
	spamset_fetch(table, &look);
	assert_int_equal(spamset_find_looked(own, &look, &x), best != 0);
	assert_int_equal(spamset_find(table, bytes_z(address), &y), best != 0);
	if (x.points != best || y.points != best)
		fail_msg(
		    "%s: %u, %u and not %u", address, x.points, y.points, best);
	if (best)
		assert_true(x.entry.len == y.entry.len &&
		    memcmp(x.entry.s, y.entry.s, x.entry.len) == 0);
	assert_int_equal(spamset_each_looked(own, &look, count, a), 0);
	assert_int_equal(spamset_each(table, bytes_z(address), count, b), 0);
	assert_int_equal(a[0], b[0]);
	assert_int_equal(a[1], b[1]);
	/* fewer when some mean the same */
	assert_true(a[0] <= matching && (a[0] > 0) == (matching > 0));
}

static void
all_places_give_what_comparing_with_every_entry_gives(void **state)
{
	char entry[ENTRIES][TEXT_MAX], address[TEXT_MAX];
	const char *entries[ENTRIES];
	size_t round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct spamset own = {.npair = 0}, table = {.npair = 0};
		struct spamset old = {.npair = 0};

		for (i = 0; i < ENTRIES; i++) {
			do
				random_entry(entry[i]);
			while (!is_entry(entry[i]));
			entries[i] = entry[i];
			add(&own, entry[i]);
		}
		assert_int_equal(spamset_seal(&own), 0);
		make("t", entries, ENTRIES);
		assert_int_equal(spamset_table(&table, "t"), 0);
		make_old("old", entries, ENTRIES);
		assert_int_equal(spamset_table(&old, "old"), 0);
		for (i = 0; i < LOOKUPS; i++) {
			random_address(address);
			compare(&own, &table, entry, address);
			compare(&old, &table, entry, address);
		}
		spamset_free(&own);
		spamset_free(&table);
		spamset_free(&old);
	}
}

#define IN_SCRATCH(test)                                                       \
	cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_set_has_nothing),
	    cmocka_unit_test(finds_entries_of_every_kind),
	    IN_SCRATCH(the_most_points_win),
	    IN_SCRATCH(each_gives_all_that_match_once),
	    cmocka_unit_test(an_address_that_is_none_is_looked_at_as_well),
	    IN_SCRATCH(a_new_table_is_taken_and_a_bad_one_is_not),
	    IN_SCRATCH(a_table_of_something_else_is_refused),
	    IN_SCRATCH(damaged_records_are_seen_and_the_variable_still_counts),
	    IN_SCRATCH(all_places_give_what_comparing_with_every_entry_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
