#include "tests/unit/mailmake.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mailfile.h"
#include "tests/unit/scratch.h"

static const char body[] = "Subject: test\r\n\r\nhello\r\n";

static int
add_rcpts(stralloc *out, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (sa_puts(out, "r") < 0 || sa_addu(out, i) < 0 ||
		    sa_puts(out, "@example.org\n") < 0)
			return -1;
	return 0;
}

uint64_t
mail_make(const char *path, uint32_t nrcpt, const char *journal)
{
	struct mailhead h = {.class = CLASS_POST,
	    .list = bytes_z("TEST"),
	    .from = bytes_z("owner-test@lists.example.org"),
	    .pool = '-',
	    .created_us = 1795341600000000,
	    .expires_us = 1795773600000000,
	    .inlined = 1,
	    .size = sizeof body - 1,
	    .nrcpt = nrcpt};
	const char *name = strrchr(path, '/');
	stralloc rcpts = {0}, text = {0};
	uint64_t at = 0;

	name = name ? name + 1 : path;
	if (strlen(name) >= sizeof h.name)
		return 0;
	id_copy(h.name, name);
	id_copy(h.job, name);
	if (add_rcpts(&rcpts, nrcpt) < 0)
		goto done;
	h.rcpts = (struct bytes){rcpts.s, rcpts.len};
	if (mailhead_format(&text, &h) < 0 || sa_puts(&text, body) < 0)
		goto done;
	at = text.len;
	if (sa_puts(&text, journal) < 0 ||
	    scratch_file(path, text.s, text.len) < 0)
		at = 0;
done:
	sa_free(&rcpts);
	sa_free(&text);
	return at;
}

int
mail_append(const char *path, const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, p, len);
	return close(fd) < 0 || n != (ssize_t)len ? -1 : 0;
}

long
mail_size(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : (long)st.st_size;
}
