#include "cmd/lsv-spam/say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clean.h"
#include "lib/fio.h"
#include "lib/msg.h"

_Noreturn void
say_no_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

void
say_put(stralloc *out, const char *z)
{
	if (sa_puts(out, z) < 0)
		say_no_memory();
}

void
say_bytes(stralloc *out, struct bytes b)
{
	if (sa_put(out, b.s, b.len) < 0)
		say_no_memory();
}

void
say_u(stralloc *out, uint64_t n)
{
	if (sa_addu(out, n) < 0)
		say_no_memory();
}

void
say_clean(stralloc *out, struct bytes b)
{
	if (clean_put(out, b) < 0)
		say_no_memory();
}

uint64_t
say_seconds(uint64_t from_us, uint64_t to_us)
{
	return to_us > from_us ? (to_us - from_us) / SAY_US_PER_S : 0;
}

void
say_age(stralloc *out, uint64_t from_us, uint64_t to_us)
{
	static const struct {
		uint64_t unit;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t s = say_seconds(from_us, to_us);
	char text[32];
	size_t i = 0;

	while (i < 3 && s < 2 * units[i].unit)
		i++;
	snprintf(text, sizeof text, "%4" PRIu64 "%c", s / units[i].unit,
	    units[i].name);
	say_put(out, text);
}

void
say_json(struct json *j, const char *key, struct bytes b)
{
	if (b.s)
		json_s(j, key, b.s, b.len);
	else
		json_null(j, key);
}

void
say_flush(stralloc *out)
{
	if (fio_write(STDOUT_FILENO, out->s, out->len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	out->len = 0;
}
