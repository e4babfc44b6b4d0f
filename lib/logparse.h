/* logparse.h - reading what logline.h wrote, and s6-log stamped */
#ifndef LSV_LOGPARSE_H
#define LSV_LOGPARSE_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

/* struct logevent - one event, pointing into its line
 *
 * id      the message it belongs to; empty when it belongs to none
 * event   what happened, one word
 * rest    its key=value, for logparse_field
 */
struct logevent {
	struct bytes id, event, rest;
};

/* struct logstamp - a time of the wall clock, as it stood on the clock
 *
 * year, month (1-12), day, hour, minute, second, us  local time
 */
struct logstamp {
	unsigned year, month, day, hour, minute, second, us;
};

/* logparse_event - the start of an event line
 *
 * e       points into s afterwards
 * s, len  the line without stamp and LF
 * Returns 0; -1 when it is no event (a warning, words of another program)
 */
int logparse_event(
    struct logevent *e, const char *s, size_t len, struct where *w);

/* logparse_field - the next key=value
 *
 * rest    moved on
 * key     points into the line
 * value   replaced by the value without its quotes
 * Returns 1; 0 at the end; -1 with errno ENOMEM, or EINVAL for what is no field.
 *         A line that was cut ends a value early and is no error
 */
int logparse_field(struct bytes *rest, struct bytes *key, stralloc *value);

/* logparse_find - the value of one key
 *
 * value   replaced; unchanged when the key is not there
 * Returns 1; 0 absent; -1 with errno ENOMEM
 */
int logparse_find(const struct logevent *e, const char *key, stralloc *value);

/* logparse_stamp - the stamp that s6-log's directive T puts before a line
 *
 * s, len  "2026-11-22 01:47:19.123456789  ..."
 * Returns the bytes of the stamp with the blanks behind it; 0 when there is
 *         none
 * Source  s6, "s6-log", directive T
 */
size_t logparse_stamp(struct logstamp *t, const char *s, size_t len);

#endif
