/* preload.h - how a preload calls the functions that it stands in for */
#ifndef LSV_TESTS_PRELOAD_H
#define LSV_TESTS_PRELOAD_H

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

/* preload_next - the function of that name that would be called without us
 *
 * function  a pointer to a pointer to such a function, which is set
 * Exits     99 when there is none
 */
static inline void
preload_next(void *function, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p) {
		static const char why[] = "preload: a call is missing\n";
		ssize_t w = write(2, why, sizeof why - 1);

		(void)w;
		_exit(99);
	}
	memcpy(function, &p, sizeof p);
}

/* NEXT - within our function of that name: real becomes the one behind it */
#define NEXT(name)                                                             \
	static __typeof__(name) *real;                                         \
	if (!real)                                                             \
	preload_next(&real, #name)

#endif
