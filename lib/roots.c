#include "lib/roots.h"

#include <stdlib.h>

static const char *
root(const char *name, const char *standard)
{
	const char *s = getenv(name);

	return s && s[0] == '/' ? s : standard;
}

const char *
root_etc(void)
{
	return root("LSV_ETC", "/etc/lsv");
}

const char *
root_spool(void)
{
	return root("LSV_SPOOL", "/var/spool/lsv");
}

const char *
root_lib(void)
{
	return root("LSV_LIB", "/var/lib/lsv");
}

const char *
root_run(void)
{
	return root("LSV_RUN", "/run/lsv");
}

int
root_path(stralloc *out, const char *base, const char *rel)
{
	out->len = 0;
	if (sa_puts(out, base) < 0 || sa_put(out, "/", 1) < 0 ||
	    sa_puts(out, rel) < 0)
		return -1;
	return sa_0(out);
}
