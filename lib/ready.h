/* ready.h - telling the supervisor that a service is up */
#ifndef LSV_READY_H
#define LSV_READY_H

/* ready_tell - write a newline to the notification descriptor and close it
 *
 * fd      the number in the service's notification-fd; below 0: nothing to do
 * Source  s6, "notifywhenup"
 */
void ready_tell(int fd);

#endif
