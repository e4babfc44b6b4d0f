#include "lib/trust.h"

#include <errno.h>
#include <unistd.h>

#include "lib/roots.h"

struct tls_client *
trust_client(const char *etc, char *why)
{
	char again[TLS_WHY_MAX];
	struct tls_client *c = NULL;
	stralloc path = {0};

	why[0] = '\0';
	if (root_path(&path, etc, TRUST_FILE) < 0)
		return NULL;
	if (access(path.s, F_OK) < 0 && errno == ENOENT) {
		c = tls_client_new(NULL, why);
	} else {
		c = tls_client_new(path.s, why);
		if (c == NULL)
			c = tls_client_new(NULL, again);
	}
	sa_free(&path);
	if (c == NULL)
		errno = ENOMEM;
	return c;
}
