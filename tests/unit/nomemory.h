/* nomemory.h - allocations that fail, one after the other
 *
 * For one test program: its first line has -Wl,--wrap=malloc,--wrap=realloc,
 * --wrap=reallocarray behind LDFLAGS.  cmocka.h comes before this.
 */
#ifndef LSV_NOMEMORY_H
#define LSV_NOMEMORY_H

#include <errno.h>
#include <stddef.h>

/* The allocation that fails, counted from 1; 0 for none. */
static unsigned nomemory_count, nomemory_failing;

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

static int
nomemory_now(void)
{
	if (++nomemory_count != nomemory_failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
__wrap_malloc(size_t n)
{
	return nomemory_now() ? NULL : __real_malloc(n);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return nomemory_now() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return nomemory_now() ? NULL : __real_reallocarray(p, n, size);
}

/* nomemory_each - do something with its first allocation failing, then its
 * second, and so on until it needs no more of them
 *
 * run     returns 0, or -1 with errno, which has to be ENOMEM each time
 * least   so many allocations are known to be needed
 */
static void
nomemory_each(int (*run)(void), unsigned least)
{
	int r;

	for (nomemory_failing = 1;; nomemory_failing++) {
		nomemory_count = 0;
		errno = EINVAL;
		r = run();
		if (nomemory_count < nomemory_failing)
			break;
		assert_int_equal(r, -1);
		assert_int_equal(errno, ENOMEM);
	}
	assert_int_equal(r, 0);
	assert_true(nomemory_failing > least);
	nomemory_failing = 0;
}

#endif
