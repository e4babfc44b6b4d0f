/* exitchild.h - the process that becomes SPAM_EXIT; a part of lib/exitrun */
#ifndef LSV_EXITCHILD_H
#define LSV_EXITCHILD_H

#include "lib/exitrun.h"

/* exitchild_run - give everything away, then run the program
 *
 * In a child of the keeper.  Standard input is the message.
 * dir     the private directory, which holds EXITRUN_FILE
 * said    where its output goes
 * trouble gets errno, an int, when it cannot be run, and nothing was said then;
 *         closed when it runs
 * None of these three is below 3, nor the same as another.
 */
_Noreturn void exitchild_run(
    const struct exitrun_order *o, int dir, int said, int trouble);

#endif
