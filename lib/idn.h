/* idn.h - international domain names, where people type them */
#ifndef LSV_IDN_H
#define LSV_IDN_H

#include "lib/ofat.h"
#include "lib/where.h"

/* idn_addr - an address or a domain whose domain is in ASCII
 *
 * Only programs that read what people type call this; everything further in
 * knows A-labels only.
 * out     appended: s with the UTF-8 domain behind its '@' (or all of it when
 *         there is none) turned into A-labels; unchanged on failure
 * s, len  need not be checked before; ASCII is passed on as it is
 * w       at is an offset into s
 * Returns 0; -1 with w set
 * Source  RFC 5890 section 2.3.2.1, UTS 46 non-transitional, by libidn2
 */
int idn_addr(stralloc *out, const char *s, size_t len, struct where *w);

#endif
