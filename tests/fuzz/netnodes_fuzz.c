/* Any local overrides and any BITEARN NODES. */
#include <stddef.h>
#include <stdint.h>

#include "lib/netnodes.h"
#include "tests/fuzz/netcheck.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = {(const char *)data, size};
	struct network n = {.today = 20000};
	struct netdiag d = {0};
	struct netover over = {0};
	const struct netread r = {&n, &over, &d};
	struct netsource from = netcheck_source(&n, "local", &left);

	must(netover_read(&over, &from, &d) == 0);
	from = netcheck_source(&n, "nodes", &left);
	must(netnodes_read(&r, &from) == 0);
	netcheck_end(&n, &d, &over);
	return 0;
}
