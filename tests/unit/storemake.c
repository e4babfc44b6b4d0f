#include "tests/unit/storemake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
storemake_put(struct store *s, const char *key, const char *value)
{
	unsigned t;

	assert_int_equal(store_begin(s, 1), 0);
	assert_int_equal(store_table(s, &t, "t", 1), 1);
	assert_int_equal(store_put(s, t, bytes_z(key), bytes_z(value), 0), 1);
	assert_int_equal(store_end(s, 1), 0);
}

const char *
storemake_see(struct store *s, const char *key)
{
	static char text[100];
	struct bytes v;
	unsigned t;

	if (store_table(s, &t, "t", 0) != 1 ||
	    store_get(s, t, bytes_z(key), &v) != 1)
		return NULL;
	memcpy(text, v.s, v.len);
	text[v.len] = 0;
	return text;
}

const char *
storemake_get(struct store *s, const char *key)
{
	const char *v;

	assert_int_equal(store_begin(s, 0), 0);
	v = storemake_see(s, key);
	assert_int_equal(store_end(s, 0), 0);
	return v;
}

pid_t
storemake_child(int (*fn)(struct store *s, int to), int mode, int to)
{
	struct store s;
	pid_t pid = fork();

	if (pid == 0) {
		if (store_open(&s, ".", mode, 0640) < 0)
			_exit(99);
		_exit(fn(&s, to));
	}
	assert_true(pid > 0);
	return pid;
}

int
storemake_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
