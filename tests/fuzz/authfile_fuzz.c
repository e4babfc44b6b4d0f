/* The file of users and passwords: what passes the check is found, and fits. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/authfile.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct authfile f = {(char *)malloc(size + 1), size};
	struct auth_login l;
	struct where w = {0, NULL};
	size_t at = 0, n;

	must(f.text != NULL);
	memcpy(f.text, data, size);
	if (size > AUTHFILE_MAX || authfile_check(f.text, size, &w) < 0) {
		must(size > AUTHFILE_MAX || (w.at > 0 && w.why != NULL));
		free(f.text);
		return 0;
	}
	for (; at < size; at += n + 1) {
		for (n = 0; at + n < size && f.text[at + n] > ' '; n++)
			;
		if (authfile_find(&f, f.text + at, n, &l)) {
			must(l.user_len > 0 && l.user_len <= AUTH_USER_MAX);
			must(strlen(l.user) == l.user_len);
			must(strlen(l.password) == l.password_len);
		}
	}
	free(f.text);
	return 0;
}
