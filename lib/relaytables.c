#include "lib/relaytables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fio.h"

#define TABLE "table"

int
relaytables_open(
    struct relaytables *t, const struct network *net, const char *above)
{
	*t = (struct relaytables){.net = net};
	for (unsigned i = 0; i < RELAYTABLES_MOST; i++)
		t->one[i].server = NETWORK_NONE;
	return sa_puts(&t->above, above);
}

/* Compiles a table in a directory, and maps it. */
static int
make_in(struct relaytables *t, uint32_t server, struct nettable *table,
    stralloc *path)
{
	int dir = open(path->s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = -1, e;

	if (dir < 0)
		return -1;
	if (nettable_make(t->net, server, (struct bytes){"", 0}, dir, TABLE,
		0600, NULL) == 0 &&
	    sa_puts(path, "/" TABLE) == 0 && sa_0(path) == 0)
		r = nettable_open(table, path->s);
	e = errno;
	(void)unlinkat(dir, TABLE, 0);
	errno = e;
	fio_close(dir);
	return r;
}

/* The directory is there for that long only: a program that ends anywhere else
 * leaves nothing behind. */
static int
make(struct relaytables *t, uint32_t server, struct nettable *table)
{
	stralloc path = {0};
	size_t len;
	int r = -1, e;

	if (sa_put(&path, t->above.s, t->above.len) < 0 ||
	    sa_puts(&path, "/lsv-table.XXXXXX") < 0 || sa_0(&path) < 0 ||
	    !mkdtemp(path.s))
		goto done;
	len = path.len;
	r = make_in(t, server, table, &path);
	path.s[len] = '\0';
	e = errno;
	(void)rmdir(path.s);
	errno = e;
	t->made++;
done:
	sa_free(&path);
	return r;
}

int
relaytables_get(void *arg, uint32_t server, const struct nettable **out)
{
	struct relaytables *t = arg;
	struct relaytables_one *one;

	for (unsigned i = 0; i < RELAYTABLES_MOST; i++)
		if (t->one[i].server == server) {
			*out = &t->one[i].table;
			return 0;
		}
	one = &t->one[t->next];
	t->next = (t->next + 1) % RELAYTABLES_MOST;
	nettable_close(&one->table);
	one->server = NETWORK_NONE;
	if (make(t, server, &one->table) < 0)
		return -1;
	one->server = server;
	*out = &one->table;
	return 0;
}

int
relaytables_named(void *arg, struct bytes name, uint32_t *server)
{
	const struct relaytables *t = arg;

	*server = network_peer(t->net, name);
	if (*server != NETWORK_NONE)
		return 0;
	errno = ENOENT;
	return -1;
}

void
relaytables_close(struct relaytables *t)
{
	for (unsigned i = 0; i < RELAYTABLES_MOST; i++)
		nettable_close(&t->one[i].table);
	sa_free(&t->above);
	*t = (struct relaytables){0};
}
