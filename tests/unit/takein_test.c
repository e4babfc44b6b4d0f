/* LDFLAGS: -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=fstatvfs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/takein.h"
#include "tests/unit/scratch.h"

enum { BIG = 5 * TAKEIN_STEP + 4711, RCPTS = 3 };

static const char header[] = "Return-Path: <joe@example.com>\nSubject: x\n\n";
static const char *domains[] = {"example.org"};
static const struct site site = {
    .node = "example.org", .mydomain = domains, .nmydomain = 1};

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v);

static struct handover ho;
static struct takein t;
static struct receive_to to[RCPTS];
static int fail_at; /* the write or fsync that fails, from 1; 0 for none */
static int calls;
static int no_sync; /* the next fsync of a file fails */
static int full;    /* no room in the spool */
static char big[BIG];
static char watched[ID_LEN + 1]; /* what dies with the process */

static int
fails(void)
{
	if (++calls != fail_at)
		return 0;
	errno = ENOSPC;
	return 1;
}

ssize_t
__wrap_write(int fd, const void *p, size_t len)
{
	return fails() ? -1 : __real_write(fd, p, len);
}

/* That of the names is not ours: see handover_test.c. */
int
__wrap_fsync(int fd)
{
	if (no_sync && fd != ho.new) {
		no_sync = 0;
		errno = EIO;
		return -1;
	}
	return fd != ho.new &&fails() ? -1 : __real_fsync(fd);
}

int
__wrap_fstatvfs(int fd, struct statvfs *v)
{
	if (__real_fstatvfs(fd, v) < 0)
		return -1;
	v->f_blocks = v->f_files = 1000;
	v->f_bavail = full ? 49 : 50;
	v->f_favail = 50;
	return 0;
}

static void
watch(int dir, const char *name)
{
	assert_true((dir < 0) == !name);
	snprintf(watched, sizeof watched, "%s", name ? name : "");
}

static void
recipients(void)
{
	static const char *const name[RCPTS] = {"one@a", "two@a", "three@a"};

	for (size_t i = 0; i < RCPTS; i++) {
		to[i].max = 1 << 20;
		to[i].max_lines = 0;
		to[i].form = "";
		strcpy(to[i].list, "L");
		to[i].to.len = 0;
		assert_int_equal(sa_puts(&to[i].to, name[i]), 0);
	}
}

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("score", 0700) < 0 ||
	    mkdir("score/tmp", 0700) < 0 || mkdir("score/new", 0700) < 0 ||
	    mkfifo("score/trigger", 0600) < 0)
		return -1;
	memset(big, 'x', sizeof big);
	memcpy(big, header, sizeof header - 1);
	for (size_t i = 999; i < sizeof big; i += 1000)
		big[i] = '\n';
	fail_at = calls = full = no_sync = 0;
	watched[0] = 0;
	recipients();
	return ho_open(&ho, "score");
}

static int
teardown(void **state)
{
	takein_drop(&t);
	sa_free(&t.sender);
	memset(&t, 0, sizeof t);
	for (size_t i = 0; i < RCPTS; i++)
		receive_free(&to[i]);
	close(ho.dir);
	close(ho.tmp);
	close(ho.new);
	return scratch_leave(state);
}

static size_t
files(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* The message in steps; the answers that differ from success are for later. */
static void
give(size_t n, const char *s, size_t len, size_t step)
{
	takein_begin(&t, &ho, to, n, NULL, 0);
	for (size_t at = 0, part; at < len; at += part) {
		part = len - at < step ? len - at : step;
		memcpy(takein_space(&t), s + at, part);
		(void)takein_add(&t, part);
	}
}

/* Is the file in new/ for that recipient, and whole? */
static void
is_stored(const char *id, const char *rcpt, const char *s, size_t len)
{
	stralloc file = {0};
	struct spoolhead h;
	struct where w;
	int new = open("score/new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(fio_read(new, id, &file, 1 << 22), 0);
	close(new);
	assert_int_equal(spoolhead_parse(&h, file.s, file.len, &w), 0);
	assert_string_equal(h.id, id);
	assert_int_equal(h.to.len, strlen(rcpt));
	assert_memory_equal(h.to.s, rcpt, h.to.len);
	assert_int_equal(h.size, len);
	assert_int_equal(file.len, h.length + len);
	assert_memory_equal(file.s + h.length, s, len);
	sa_free(&file);
}

/* One recipient, and the message is taken. */
static void
is_taken(const char *s, size_t len, size_t step)
{
	struct receive_answer no;

	give(1, s, len, step);
	assert_int_equal(files("score/new"), 0);
	assert_int_equal(takein_commit(&t, 0, &no), 0);
	assert_int_equal(no.kind, RECEIVE_DONE);
	is_stored(t.id, "one@a", s, len);
	assert_int_equal(files("score/tmp"), 0);
}

static void
one_recipient_gets_every_byte(void **state)
{
	static const char text[] = "A: b\r\n\r\n\r\xff\n.\n..\nno end";

	(void)state;
	is_taken(text, sizeof text - 1, TAKEIN_STEP);
}

static void
steps_of_any_size_make_the_same_file(void **state)
{
	static const size_t steps[] = {TAKEIN_STEP, TAKEIN_STEP - 1, 4093};

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		is_taken(big, sizeof big, steps[i]);
		assert_int_equal(unlinkat(ho.new, t.id, 0), 0);
	}
}

static void
sizes_around_a_step_are_stored_whole(void **state)
{
	static const size_t edges[] = {
	    HEADER_READ, HEADER_READ + TAKEIN_STEP, (size_t)4 * TAKEIN_STEP};

	(void)state;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		for (size_t len = edges[i] - 1; len <= edges[i] + 1; len++) {
			is_taken(big, len, TAKEIN_STEP);
			assert_int_equal(unlinkat(ho.new, t.id, 0), 0);
		}
}

static void
each_recipient_gets_a_file_of_its_own(void **state)
{
	static const char *const rcpt[] = {"one@a", "two@a", "three@a"};
	char id[RCPTS][ID_LEN + 1];
	struct receive_answer no;

	(void)state;
	give(RCPTS, big, sizeof big, TAKEIN_STEP);
	for (size_t i = 0; i < RCPTS; i++) {
		assert_int_equal(takein_commit(&t, i, &no), 0);
		assert_int_equal(files("score/new"), i + 1);
		memcpy(id[i], t.id, sizeof id[i]);
	}
	for (size_t i = 0; i < RCPTS; i++)
		is_stored(id[i], rcpt[i], big, sizeof big);
	assert_int_equal(files("score/tmp"), 0);
}

static void
an_mbox_line_is_left_out(void **state)
{
	static const char text[] = "From joe today\nA: b\n\nc\n";
	struct receive_answer no;

	(void)state;
	give(1, text, sizeof text - 1, 5);
	assert_int_equal(takein_commit(&t, 0, &no), 0);
	is_stored(t.id, "one@a", text + 15, sizeof text - 16);
}

static void
the_sender_is_the_given_one_or_that_of_the_message(void **state)
{
	struct receive_answer no;

	(void)state;
	give(1, big, 2000, 2000);
	assert_int_equal(takein_commit(&t, 0, &no), 0);
	assert_int_equal(t.sender.len, 15);
	assert_memory_equal(t.sender.s, "joe@example.com", 15);
	takein_begin(&t, &ho, to, 1, "", 0);
	memcpy(takein_space(&t), big, 2000);
	assert_int_equal(takein_add(&t, 2000), 0);
	assert_int_equal(takein_commit(&t, 0, &no), 0);
	assert_int_equal(t.sender.len, 0);
}

static void
each_recipient_has_limits_of_its_own(void **state)
{
	struct receive_answer no;

	(void)state;
	to[0].max = 1000;
	to[2].max_lines = 7;
	give(RCPTS, big, sizeof big, TAKEIN_STEP);
	assert_int_equal(takein_commit(&t, 0, &no), -1);
	assert_int_equal(no.kind, RECEIVE_BAD);
	assert_string_equal(
	    no.text, "5.3.4 the message is too big: more than 1000 bytes");
	assert_int_equal(files("score/tmp"), 0);
	assert_int_equal(takein_commit(&t, 1, &no), 0);
	is_stored(t.id, "two@a", big, sizeof big);
	assert_int_equal(takein_commit(&t, 2, &no), -1);
	assert_string_equal(
	    no.text, "5.3.4 the message has too many lines: more than 7 lines");
	assert_int_equal(files("score/new"), 1);
	assert_int_equal(files("score/tmp"), 0);
}

static void
what_is_too_big_for_all_is_given_up_at_once(void **state)
{
	struct receive_answer no;

	(void)state;
	for (size_t i = 0; i < RCPTS; i++)
		to[i].max = 300000 + i;
	give(RCPTS, big, sizeof big, TAKEIN_STEP);
	assert_int_equal(files("score/tmp"), 0);
	for (size_t i = 0; i < RCPTS; i++) {
		char want[80];

		assert_int_equal(takein_commit(&t, i, &no), -1);
		snprintf(want, sizeof want,
		    "5.3.4 the message is too big: more than %zu bytes",
		    300000 + i);
		assert_string_equal(no.text, want);
	}
	assert_int_equal(files("score/new"), 0);
}

static void
a_line_that_cannot_be_folded_is_the_messages_fault(void **state)
{
	static const struct {
		const char *head, *why;
	} table[] = {
	    {"A: ",
		"5.6.0 a header line over 998 bytes has no blank to be folded "
		"at"},
	    {"Content-Type: image/png\n\n",
		"5.6.3 a line over 998 bytes is not text"},
	};
	static char m[TAKEIN_STEP];
	struct receive_answer no;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		memset(m, 'x', sizeof m);
		memcpy(m, table[i].head, strlen(table[i].head));
		m[1999] = '\n';
		give(1, m, 2000, TAKEIN_STEP);
		assert_int_equal(takein_commit(&t, 0, &no), -1);
		assert_int_equal(no.kind, RECEIVE_BAD);
		assert_string_equal(no.text, table[i].why);
	}
	memset(m, 'x', sizeof m);
	memcpy(m, "A: b\n\n", 6);
	is_taken(m, sizeof m, TAKEIN_STEP);
}

/* All three recipients, with one failing call.  Returns how many were told
 * that the message is theirs. */
static size_t
give_failing(int at)
{
	char id[RCPTS][ID_LEN + 1];
	struct receive_answer no;
	size_t done = 0;

	fail_at = at;
	calls = 0;
	give(RCPTS, big, sizeof big, TAKEIN_STEP);
	for (size_t i = 0; i < RCPTS; i++) {
		if (takein_commit(&t, i, &no) == 0) {
			memcpy(id[done++], t.id, sizeof t.id);
			continue;
		}
		assert_int_equal(no.kind, RECEIVE_AGAIN);
		assert_memory_equal(no.text, "4.3.0 unable to ", 16);
	}
	fail_at = 0;
	for (size_t i = 0; i < done; i++)
		assert_int_equal(unlinkat(ho.new, id[i], 0), 0);
	return done;
}

static void
a_write_or_sync_that_fails_leaves_nothing(void **state)
{
	size_t done, most = 0;
	int at = 1;

	(void)state;
	for (;; at++) {
		done = give_failing(at);
		assert_int_equal(files("score/tmp"), 0);
		if (calls < at)
			break;
		assert_true(done < RCPTS);
		most = done > most ? done : most;
	}
	assert_int_equal(done, RCPTS);
	assert_int_equal(files("score/new"), 0);
	assert_int_equal(most, RCPTS - 1);
	assert_true(at > 3 * RCPTS);
}

/* Its first file is what the others are copied from. */
static void
what_did_not_reach_the_disk_is_copied_to_nobody(void **state)
{
	struct receive_answer no;

	(void)state;
	for (size_t max = 1 << 20; max >= 1000; max = max == 1000 ? 0 : 1000) {
		to[0].max = max; /* the second time the first is refused */
		give(RCPTS, big, sizeof big, TAKEIN_STEP);
		no_sync = 1;
		for (size_t i = 0; i < RCPTS; i++) {
			assert_int_equal(takein_commit(&t, i, &no), -1);
			assert_int_equal(no.kind,
			    i == 0 && max == 1000 ? RECEIVE_BAD
						  : RECEIVE_AGAIN);
		}
		assert_int_equal(no_sync, 0);
		assert_int_equal(files("score/new") + files("score/tmp"), 0);
	}
}

static void
a_message_that_is_none_is_refused_for_all(void **state)
{
	static const char text[] = "no header at all\n";
	struct receive_answer no;

	(void)state;
	give(2, text, sizeof text - 1, 100);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(takein_commit(&t, i, &no), -1);
		assert_int_equal(no.kind, RECEIVE_BAD);
		assert_string_equal(no.text, "5.6.0 the message has no header");
	}
	give(1, "", 0, 1);
	assert_int_equal(takein_commit(&t, 0, &no), -1);
	assert_string_equal(no.text, "5.6.0 the message is empty");
	big[BIG - 1] = 0;
	give(1, big, sizeof big, TAKEIN_STEP);
	assert_int_equal(takein_commit(&t, 0, &no), -1);
	assert_string_equal(no.text, "5.6.0 the message holds a NUL byte");
	assert_int_equal(files("score/new") + files("score/tmp"), 0);
}

static void
the_first_reason_to_refuse_stays(void **state)
{
	struct receive_answer no;

	(void)state;
	give(1, big, sizeof big, TAKEIN_STEP);
	assert_int_equal(files("score/tmp"), 1);
	takein_refuse(&t, RECEIVE_BAD, "5.6.0 first");
	assert_int_equal(files("score/tmp"), 0);
	takein_refuse(&t, RECEIVE_AGAIN, "4.3.0 second");
	assert_int_equal(takein_add(&t, 100), -1);
	assert_int_equal(takein_commit(&t, 0, &no), -1);
	assert_int_equal(no.kind, RECEIVE_BAD);
	assert_string_equal(no.text, "5.6.0 first");
	is_taken(big, sizeof big, TAKEIN_STEP); /* the next is not its heir */
}

static void
what_is_dropped_is_gone_and_told(void **state)
{
	struct receive_answer no;

	(void)state;
	t.file = watch;
	give(2, big, sizeof big, TAKEIN_STEP);
	assert_string_equal(watched, t.id);
	takein_drop(&t);
	assert_string_equal(watched, "");
	assert_int_equal(files("score/tmp"), 0);
	give(2, big, sizeof big, TAKEIN_STEP);
	give(2, big, sizeof big, TAKEIN_STEP); /* drops the one before */
	assert_int_equal(files("score/tmp"), 1);
	assert_int_equal(takein_commit(&t, 0, &no), 0);
	assert_string_equal(watched, "");
	takein_drop(&t);
	assert_int_equal(files("score/new"), 1);
}

static void
an_almost_full_spool_takes_nothing(void **state)
{
	struct receive_answer no;

	(void)state;
	assert_int_equal(takein_room(&ho, &no), 0);
	full = 1;
	assert_int_equal(takein_room(&ho, &no), -1);
	assert_int_equal(no.kind, RECEIVE_AGAIN);
	assert_string_equal(no.text, "4.3.1 the spool is almost full");
	give(1, big, sizeof big, TAKEIN_STEP);
	assert_int_equal(takein_commit(&t, 0, &no), -1);
	assert_string_equal(no.text, "4.3.1 the spool is almost full");
	assert_int_equal(files("score/new") + files("score/tmp"), 0);
}

static void
only_an_address_of_a_list_needs_the_table(void **state)
{
	struct receive_to a = {0};
	struct receive_answer no;
	struct table lists = {0};

	assert_int_equal(setenv("LSV_LIB", *state, 1), 0);
	assert_int_equal(
	    takein_address(&a, "listserv", 8, &site, &lists, &no), 0);
	assert_int_equal(a.class, CLASS_COMMAND);
	assert_int_equal(takein_address(&a, "test", 4, &site, &lists, &no), -1);
	assert_int_equal(no.kind, RECEIVE_AGAIN);
	assert_memory_equal(no.text, "4.3.5 no table of lists: ", 25);
	assert_int_equal(takein_address(&a, "a@b", 3, &site, &lists, &no), -1);
	assert_int_equal(no.kind, RECEIVE_BAD);
	receive_free(&a);
}

static void
the_owner_of_a_file_writes_for_root(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(takein_writer(&st), -1);
	assert_int_equal(errno, ENOENT);
	fd = open("score/writer", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	fio_close(fd);
	/* only root can give it away */
	if (geteuid() == 0)
		assert_int_equal(chown("score/writer", 65533, 65534), 0);
	assert_int_equal(takein_writer(&st), 0);
	assert_int_equal(st.st_uid, geteuid() == 0 ? 65533 : geteuid());
	assert_int_equal(st.st_gid, geteuid() == 0 ? 65534 : getegid());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(one_recipient_gets_every_byte),
	    CASE(steps_of_any_size_make_the_same_file),
	    CASE(sizes_around_a_step_are_stored_whole),
	    CASE(each_recipient_gets_a_file_of_its_own),
	    CASE(an_mbox_line_is_left_out),
	    CASE(the_sender_is_the_given_one_or_that_of_the_message),
	    CASE(each_recipient_has_limits_of_its_own),
	    CASE(what_is_too_big_for_all_is_given_up_at_once),
	    CASE(a_line_that_cannot_be_folded_is_the_messages_fault),
	    CASE(a_write_or_sync_that_fails_leaves_nothing),
	    CASE(what_did_not_reach_the_disk_is_copied_to_nobody),
	    CASE(a_message_that_is_none_is_refused_for_all),
	    CASE(the_first_reason_to_refuse_stays),
	    CASE(what_is_dropped_is_gone_and_told),
	    CASE(an_almost_full_spool_takes_nothing),
	    CASE(only_an_address_of_a_list_needs_the_table),
	    CASE(the_owner_of_a_file_writes_for_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
