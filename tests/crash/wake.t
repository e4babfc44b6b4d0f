#!/bin/sh
# Mail that comes while a worker decides to rest leaves at once: who was told of
# it between the last look and the rest looks again.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/mark.sh"

POSTINGS=15
SOON=3 # seconds; a worker that was not told looks after 5

host --delay 0
tree_make "$port"
with small a b r550
ok 'the services start' mark_up

reported() {
	[ "$(taken '<>' | wc -l)" -ge "$1" ]
}

# A report follows right behind its posting, when workers are about to rest.
mark lsv-smtpw poll 20000
late=0
for i in $(seq $POSTINGS); do
	letter "$i" | to small
	wait_for $SOON reported "$i" || late=$((late + 1))
done
is $late 0 'no report waits until a worker looks unasked'
ok 'all have left' finished
done_testing
