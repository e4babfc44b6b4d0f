#ifndef LSV_OFAT_H
#define LSV_OFAT_H

/* ofat - the only door to libowfat
 *
 * No other file includes a header of libowfat. This one makes those of the
 * packaged 0.32-4 safe to optimise, gives buffers a write function that they
 * cannot overrun with, and poisons the names that we do not call:
 *
 * stralloc_cat(u)long, stralloc_cat(u)int and their ...0, fmt_ulong0,
 * fmt_netstring
 *	Write garbage: inside the library they call a function that is
 *	declared pure only for what it stores. Use sa_addu.
 * stralloc_catm, stralloc_copym, buffer_putm, buffer_putmflush
 *	A NULL argument cuts the text short and reports success.
 * stralloc_0
 *	Counts the NUL. Use sa_0.
 * buffer_0, buffer_1, buffer_2 and their ...small, buffer_mmapread
 *	Write with write(2) itself, see ofat_write; share one global buffer.
 * buffer_getline, buffer_get_token and all their relatives
 *	0 is both "empty" and "end of file"; the _sa forms have no maximum
 *	length.
 *
 * Not included at all: open_* (never close-on-exec; open_write and open_rw
 * create), openreadclose and mmap_* (a missing file is success), io_*, iob_*
 * and iom_* (one global table; wake at once when nothing is wanted), dns_*
 * (ids and ports are the same in every process), errmsg, and cdb_*, which is
 * tinycdb's here (lib/table).
 *
 * Kept in mind by callers: str_chr and byte_chr return the length when the
 * byte is absent; a scan_* counts only when its return is the whole length;
 * scan_ulong needs a byte behind the digits, the ...n forms do not; no fmt_*
 * adds a NUL; case_* is ASCII only; after buffer_flush failed the buffer is
 * empty, so the file is given up.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* The package declares functions that store through a pointer "pure", and the
 * compiler then drops what they stored: the attribute is emptied. Its inline
 * packing stores through misaligned pointers: the functions are used. */
#define pure
#define NO_UINT16_MACROS
#define NO_UINT32_MACROS
#define NO_UINT64_MACROS
#include <buffer.h>
#include <byte.h>
#include <case.h>
#include <fmt.h>
#include <ip4.h>
#include <ip6.h>
#include <scan.h>
#include <str.h>
#include <stralloc.h>
#include <textcode.h>
#include <uint16.h>
#include <uint32.h>
#include <uint64.h>
#undef pure

#undef stralloc_catlong
#undef stralloc_catulong
#undef stralloc_catint
#undef stralloc_catuint
#undef stralloc_catint0
#undef stralloc_catuint0
#undef stralloc_catm
#undef stralloc_copym
#undef stralloc_0
#undef buffer_putm
#undef buffer_putmflush

#pragma GCC poison stralloc_catlong stralloc_catulong stralloc_catint
#pragma GCC poison stralloc_catuint stralloc_catint0 stralloc_catuint0
#pragma GCC poison stralloc_catlong0 stralloc_catulong0
#pragma GCC poison fmt_ulong0 fmt_netstring
#pragma GCC poison stralloc_catm stralloc_copym stralloc_catm_internal
#pragma GCC poison buffer_putm buffer_putmflush buffer_putm_internal
#pragma GCC poison buffer_putm_internal_flush
#pragma GCC poison stralloc_0
#pragma GCC poison buffer_0 buffer_0small buffer_1 buffer_1small buffer_2
#pragma GCC poison buffer_mmapread
#pragma GCC poison buffer_getline buffer_getline_sa buffer_getnewline_sa
#pragma GCC poison buffer_get_token buffer_get_token_pred buffer_get_token_sa
#pragma GCC poison buffer_get_token_sa_pred buffer_get_new_token_sa
#pragma GCC poison buffer_get_new_token_sa_pred

/* ofat_write - the write function of every buffer
 *
 * fd      open for writing
 * buf     len bytes
 * Returns len when all of it is written; -1 with the errno of write(2), and
 *         then an unknown part of it is in the file
 * Source  buffer_put of libowfat 0.32: when its function is write(2) itself,
 *         a short write makes it copy the rest past the end of the buffer
 *         (full disk, quota, pipe); with any other function it does not
 */
ssize_t ofat_write(int fd, const void *buf, size_t len);

/* sa_put - appends bytes
 *
 * sa      zeroed at first; grows; not changed on failure
 * p       len bytes, not inside sa; may be NULL when len is 0
 * Returns 0; -1 with errno ENOMEM
 */
int sa_put(stralloc *sa, const void *p, size_t len);

/* sa_puts - appends a string without its NUL
 *
 * sa      as in sa_put
 * s       ends with NUL, not inside sa
 * Returns 0; -1 with errno ENOMEM
 */
int sa_puts(stralloc *sa, const char *s);

/* sa_putv - appends strings, without their NULs
 *
 * part    n of them; each as in sa_puts
 * Returns 0; -1 with errno ENOMEM, and then some of them may be there
 */
int sa_putv(stralloc *sa, const char *const *part, size_t n);

/* SA_PUTS - the same for those that it is given: SA_PUTS(sa, "a", b, "c") */
#define SA_LIST(...)                                                           \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define SA_PUTS(sa, ...)                                                       \
	sa_putv(sa, SA_LIST(__VA_ARGS__),                                      \
	    sizeof(SA_LIST(__VA_ARGS__)) / sizeof(const char *))

/* sa_addu - appends a number in decimal, no leading zeros
 *
 * sa      as in sa_put
 * n       any
 * Returns 0; -1 with errno ENOMEM
 */
int sa_addu(stralloc *sa, uint64_t n);

/* sa_0 - makes sa->s a string for a system call: a NUL behind the last byte
 *
 * sa      as in sa_put; its length stays as it is, so the next sa_put goes
 *         over the NUL
 * Returns 0; -1 with errno ENOMEM
 */
int sa_0(stralloc *sa);

/* sa_free - gives the memory back
 *
 * sa      empty afterwards and ready for use; a zeroed one is left alone
 */
void sa_free(stralloc *sa);

#endif
