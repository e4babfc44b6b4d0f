#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/authfile.h"
#include "tests/unit/scratch.h"

static const char text[] = "# relays\n"
			   "\n"
			   "isp joe@example.com  correct horse battery \r\n"
			   "\tOther.one\tu\t#p=x, \t\n"
			   "last l p";

static void
write_file(const char *name, const char *bytes, size_t len, mode_t mode)
{
	unlink(name);
	assert_int_equal(scratch_file(name, bytes, len), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static int
read_file(struct authfile *f, const char *name, struct where *w)
{
	return authfile_read(f, name, getegid(), w);
}

static void
finds_user_and_password_of_a_name(void **state)
{
	static const struct {
		const char *name, *user, *password;
	} table[] = {
	    {"isp", "joe@example.com", "correct horse battery"},
	    {"ISP", "joe@example.com", "correct horse battery"},
	    {"other.ONE", "u", "#p=x,"},
	    {"last", "l", "p"},
	    {"#", NULL, NULL},
	    {"is", NULL, NULL},
	    {"isp2", NULL, NULL},
	    {"", NULL, NULL},
	};
	struct authfile f = {0};
	struct auth_login l;
	struct where w;
	size_t i;

	(void)state;
	assert_int_equal(
	    authfile_find(&f, "isp", 3, &l), 0); /* nothing read yet */
	write_file("auth", text, sizeof(text) - 1, 0600);
	assert_int_equal(read_file(&f, "auth", &w), 0);
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(
		    authfile_find(&f, table[i].name, strlen(table[i].name), &l),
		    table[i].user != NULL);
		if (table[i].user == NULL)
			continue;
		assert_string_equal(l.user, table[i].user);
		assert_string_equal(l.password, table[i].password);
		assert_int_equal(l.user_len, strlen(l.user));
		assert_int_equal(l.password_len, strlen(l.password));
	}
	authfile_free(&f);
	authfile_free(&f);
	assert_int_equal(authfile_find(&f, "isp", 3, &l), 0);
}

static void
says_which_line_is_wrong(void **state)
{
	static const struct {
		const char *text;
		size_t len, at;
	} table[] = {
	    {"a b", 3, 1},
	    {"a b c\nx\n", 8, 2},
	    {"a b c\n\n#\nA d e\n", 15, 4},
	    {"na/me b c\n", 10, 1},
	    {"a b\0 c\n", 7, 1},
	    {"a b c\rd\n", 8, 1},
	};
	struct where w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(
		    authfile_check(table[i].text, table[i].len, &w), -1);
		assert_int_equal(errno, EPROTO);
		assert_int_equal(w.at, table[i].at);
		assert_true(strlen(w.why) > 0);
	}
	assert_int_equal(authfile_check("", 0, &w), 0);
	assert_int_equal(authfile_check(text, sizeof(text) - 1, &w), 0);
}

static void
refuses_what_is_too_long(void **state)
{
	char line[600];
	struct where w;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[63] = line[63 + 1 + 255] = ' ';
	assert_int_equal(authfile_check(line, 63 + 1 + 255 + 1 + 255, &w), 0);
	assert_int_equal(authfile_check(line, 63 + 1 + 255 + 1 + 256, &w), -1);
	assert_string_equal(w.why, "the password is longer than 255");
	line[63 + 1 + 255] = 'x';
	line[63 + 1 + 256] = ' ';
	assert_int_equal(authfile_check(line, 400, &w), -1);
	assert_string_equal(w.why, "the user is longer than 255");
	line[63] = 'x';
	line[64] = ' ';
	assert_int_equal(authfile_check(line, 400, &w), -1);
}

static void
refuses_a_file_that_others_may_use(void **state)
{
	static const struct {
		mode_t mode;
		int ok;
	} table[] = {{0600, 1}, {0400, 1}, {0640, 1}, {0440, 1}, {0644, 0},
	    {0604, 0}, {0660, 0}, {0602, 0}, {0620, 0}, {0777, 0}};
	struct authfile f = {0};
	struct where w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		write_file("auth", text, sizeof(text) - 1, table[i].mode);
		assert_int_equal(
		    read_file(&f, "auth", &w), table[i].ok ? 0 : -1);
		if (!table[i].ok) {
			assert_int_equal(errno, EPERM);
			assert_int_equal(w.at, 0);
			assert_non_null(strstr(w.why, "chmod 640"));
			assert_null(f.text);
		}
	}
	write_file("auth", text, sizeof(text) - 1, 0640);
	assert_int_equal(authfile_read(&f, "auth", getegid() + 1, &w), -1);
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(w.why, "chgrp"));
	write_file("auth", text, sizeof(text) - 1, 0600);
	assert_int_equal(authfile_read(&f, "auth", getegid() + 1, &w), 0);
	authfile_free(&f);
}

static void
refuses_the_file_of_somebody_else(void **state)
{
	struct authfile f = {0};
	struct where w;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_file("auth", text, sizeof(text) - 1, 0600);
	assert_int_equal(chown("auth", 65534, (gid_t)-1), 0);
	assert_int_equal(read_file(&f, "auth", &w), -1);
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(w.why, "owner"));
}

static void
refuses_what_is_no_plain_file_of_its_size(void **state)
{
	struct authfile f = {0};
	struct where w;
	char *much = malloc(AUTHFILE_MAX + 1);

	(void)state;
	assert_non_null(much);
	assert_int_equal(read_file(&f, "absent", &w), -1);
	assert_int_equal(errno, ENOENT);
	write_file("auth", text, sizeof(text) - 1, 0600);
	unlink("link");
	assert_int_equal(symlink("auth", "link"), 0);
	assert_int_equal(read_file(&f, "link", &w), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(read_file(&f, "fifo", &w), -1);
	assert_int_equal(errno, EPERM);
	memset(much, '\n', AUTHFILE_MAX + 1);
	write_file("auth", much, AUTHFILE_MAX, 0600);
	assert_int_equal(read_file(&f, "auth", &w), 0);
	write_file("auth", much, AUTHFILE_MAX + 1, 0600);
	assert_int_equal(read_file(&f, "auth", &w), -1);
	assert_int_equal(errno, EFBIG);
	write_file("auth", "a b\n", 4, 0600);
	assert_int_equal(read_file(&f, "auth", &w), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(w.at, 1);
	free(much);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_user_and_password_of_a_name),
	    cmocka_unit_test(says_which_line_is_wrong),
	    cmocka_unit_test(refuses_what_is_too_long),
	    cmocka_unit_test(refuses_a_file_that_others_may_use),
	    cmocka_unit_test(refuses_the_file_of_somebody_else),
	    cmocka_unit_test(refuses_what_is_no_plain_file_of_its_size),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
