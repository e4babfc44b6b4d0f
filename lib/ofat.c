#include "lib/ofat.h"

#include <errno.h>
#include <unistd.h>

ssize_t
ofat_write(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, p + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return (ssize_t)len;
}

int
sa_put(stralloc *sa, const void *p, size_t len)
{
	if (!stralloc_readyplus(sa, len)) {
		errno = ENOMEM;
		return -1;
	}
	if (len > 0)
		memcpy(sa->s + sa->len, p, len);
	sa->len += len;
	return 0;
}

int
sa_puts(stralloc *sa, const char *s)
{
	return sa_put(sa, s, strlen(s));
}

int
sa_putv(stralloc *sa, const char *const *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sa_puts(sa, part[i]) < 0)
			return -1;
	return 0;
}

int
sa_addu(stralloc *sa, uint64_t n)
{
	char digits[FMT_ULONG];

	return sa_put(sa, digits, fmt_ulonglong(digits, n));
}

int
sa_0(stralloc *sa)
{
	if (sa_put(sa, "", 1) < 0)
		return -1;
	sa->len--;
	return 0;
}

void
sa_free(stralloc *sa)
{
	free(sa->s);
	*sa = (stralloc){0};
}
