/* canary FILE - libowfat and tinycdb in one program
 *
 * Both libraries define cdb_find and eight more functions: linked in the wrong
 * order the program still finds a key and reports a wrong length. The packaged
 * libowfat declares functions pure that are not. configure builds and runs
 * this before it believes either; FILE is made and overwritten.
 * Exit 0 all well, 1 with one line that says what is wrong.
 */
#include <cdb.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ofat.h"

enum { VALUE_LEN = 5 };

static int
wrong(const char *what)
{
	fprintf(stderr, "canary: %s\n", what);
	return 1;
}

static int
cdb_is_well(const char *file)
{
	struct cdb_make m;
	struct cdb c;
	int fd, found;

	fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return 0;
	if (cdb_make_start(&m, fd) < 0 ||
	    cdb_make_add(&m, "key", 3, "value", VALUE_LEN) < 0 ||
	    cdb_make_finish(&m) < 0 || cdb_init(&c, fd) < 0) {
		close(fd);
		return 0;
	}
	found = cdb_find(&c, "key", 3) > 0 && cdb_datalen(&c) == VALUE_LEN &&
	    memcmp(cdb_getdata(&c), "value", VALUE_LEN) == 0 &&
	    cdb_find(&c, "kex", 3) == 0;
	cdb_free(&c);
	close(fd);
	return found;
}

static int
scan_is_well(void)
{
	uint32_t rune = 0;
	size_t n;

	n = scan_utf8("\303\244", 2, &rune);
	return n == 2 && rune == 0xe4;
}

static int
fmt_is_well(void)
{
	char digits[FMT_ULONG] = "";

	fmt_ulong(digits, 25); /* its return is not looked at, on purpose */
	return memcmp(digits, "25", 2) == 0;
}

static int
sa_is_well(void)
{
	stralloc sa = {0};
	int good;

	good = sa_addu(&sa, UINT64_MAX) == 0 && sa_0(&sa) == 0 &&
	    sa.len == 20 && strcmp(sa.s, "18446744073709551615") == 0;
	sa_free(&sa);
	return good;
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return wrong("usage: canary FILE");
	if (!cdb_is_well(argv[1]))
		return wrong("a known key has a wrong length: cdb_find is not "
			     "that of tinycdb");
	if (!scan_is_well() || !fmt_is_well())
		return wrong("libowfat's results are optimised away: its "
			     "headers still say pure");
	if (!sa_is_well())
		return wrong("numbers do not print right");
	return 0;
}
