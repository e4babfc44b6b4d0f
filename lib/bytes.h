/* bytes.h - a piece of somebody else's memory */
#ifndef LSV_BYTES_H
#define LSV_BYTES_H

#include <stddef.h>
#include <string.h>

/* struct bytes - len bytes at s; may hold NUL, has no terminating one */
struct bytes {
	const char *s;
	size_t len;
};

/* bytes_z - the bytes of a NUL-terminated string, without the NUL */
static inline struct bytes
bytes_z(const char *z)
{
	return (struct bytes){z, strlen(z)};
}

/* bytes_eq - are they the same; 1 or 0 */
static inline int
bytes_eq(struct bytes b, const char *z)
{
	return b.len == strlen(z) && memcmp(b.s, z, b.len) == 0;
}

#endif
