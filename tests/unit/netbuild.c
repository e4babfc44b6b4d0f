#include "tests/unit/netbuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct netplace *
place(unsigned line)
{
	static struct netplace p;

	p = (struct netplace){0, line};
	return &p;
}

static uint32_t
node(struct network *n, const char *name, unsigned line)
{
	uint32_t number;

	network_add_node(
	    n, &number, bytes_z(name), NETWORK_NODE_COST, *place(line));
	return number; /* of the new or the old one */
}

static int
one_way(struct network *n, const char *a, const char *b, const char *cost,
    unsigned line)
{
	struct netlink l = {.speed = NETWORK_SPEED, .place = *place(line)};
	uint32_t from = node(n, a, line);

	node(n, b, line);
	if (strcmp(cost, "d") == 0) {
		l.type = NETLINK_D;
	} else if (strcmp(cost, "0") == 0) {
		l.speed = 0;
		l.resistance = 1;
	} else if (strcmp(cost, "-") != 0) {
		l.resistance = (uint32_t)strtoul(cost, NULL, 10);
		l.rated = 1;
	}
	return network_add_link(n, from, bytes_z(b), &l);
}

static int
server(struct network *n, const char *name, const char *index, const char *flag,
    unsigned line)
{
	char host[128];
	struct netpeer_new p = {.name = bytes_z(name),
	    .index = (uint32_t)strtoul(index, NULL, 10),
	    .backbone = *flag == 'b',
	    .place = *place(line)};
	size_t i;

	p.node = node(n, name, line);
	snprintf(host, sizeof host, "listserv.%s.example", name);
	for (i = 0; host[i]; i++)
		if (host[i] >= 'A' && host[i] <= 'Z')
			host[i] = (char)(host[i] - 'A' + 'a');
	p.host = bytes_z(host);
	if (network_add_peer(n, NULL, &p) == 0)
		return 0;
	return errno == EADDRINUSE ? 0 : -1; /* it has no index then */
}

static int
add_line(struct network *n, const char *text, unsigned line)
{
	char what[16] = "", a[80] = "", b[80] = "", c[16] = "";

	if (sscanf(text, "%15s %79s %79s %15s", what, a, b, c) < 3)
		return -1;
	if (strcmp(what, "link") == 0)
		return one_way(n, a, b, c, line) < 0
		    ? -1
		    : one_way(n, b, a, c, line);
	if (strcmp(what, "arc") == 0)
		return one_way(n, a, b, c, line);
	if (strcmp(what, "server") == 0)
		return server(n, a, b, c, line);
	if (strcmp(what, "domain") == 0)
		return network_add_domain(n, NULL, bytes_z(a),
		    network_node(n, bytes_z(b)), *place(line));
	if (strcmp(what, "alias") == 0)
		return network_add_alias(
		    n, bytes_z(a), bytes_z(b), *place(line));
	return -1;
}

unsigned
netbuild(struct network *n, const char *text)
{
	unsigned line;
	const char *lf;
	char one[256];

	memset(n, 0, sizeof *n);
	if (network_add_file(n, NULL, bytes_z("test.names")) < 0)
		return 1;
	for (line = 1; *text; line++, text = lf + (*lf != '\0')) {
		lf = strchrnul(text, '\n');
		snprintf(one, sizeof one, "%.*s", (int)(lf - text), text);
		if (*one && add_line(n, one, line) < 0)
			return line;
	}
	return network_finish(n, NULL) < 0 ? line : 0;
}
