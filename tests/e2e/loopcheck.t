#!/bin/sh
# Loopcheck=, and what came before: what lsv-score takes for a loop or a copy
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/score.sh"
. "$TOP/tests/lib/shot.sh"

score_make
list normal >/dev/null
list other >/dev/null
list full 'Loopcheck= Full' >/dev/null
list none 'Loopcheck= None' >/dev/null
list errors 'Loopcheck= None,Allow-Bounces' >/dev/null
list noorigin 'Loopcheck= Noorigin' >/dev/null
list nob 'Loopcheck= Nobody' >/dev/null
list nocrc 'Loopcheck= NoCRC' >/dev/null
list members 'Send= Private' >/dev/null

long='This is a text that is long enough to have a sum of its own body.'

# --- what a header may say -------------------------------------------------

run lsv-list create wrong --owner ann@example.net
printf '* Wrong\n* Owner= ann@example.net\n* Loopcheck= Full,Nobody\n' \
	>"$T/header"
run lsv-list header put wrong "$T/header"
is "$status" 100 'a Loopcheck= that contradicts itself is refused'
like "$(cat "$T/err")" 'Normal, Full and None of Loopcheck= stand alone' 'with the reason'
printf '* Wrong\n* Owner= ann@example.net\n* Loopcheck= Allow-Bounces\n' \
	>"$T/header"
run lsv-list header put wrong "$T/header"
is "$status" 100 'Allow-Bounces without None as well'
run score_config 'DEFAULT_LOOPCHECK=Whatever'
like "$(cat "$T/config")" 'site.cfg:[0-9]+:[0-9]+: error: .*DEFAULT_LOOPCHECK' \
	'and so is a DEFAULT_LOOPCHECK that is none'
score_config SPAM_THRESHOLD=1000

# --- our own trace, and List-Id -------------------------------------------

come a@example.com normal "X-LSV-Trace: NORMAL@$host 0647c1a2b3d4e.9f02c4d1aa"
judged 'a posting with our trace has been through the list' \
	'list=NORMAL rule=loop act=drop'
come a@example.com none "X-LSV-Trace: NONE@$host 0647c1a2b3d4e.9f02c4d1aa"
judged 'Loopcheck= None does not change that' 'list=NONE rule=loop act=drop'
come a@example.com normal "X-LSV-Trace: OTHER@$host 0647c1a2b3d4e.9f02c4d1aa"
judged 'the trace of another list is none' 'list=NORMAL rule=accepted'
come a@example.com normal "List-Id: <normal.$host>"
judged 'the List-Id of the list is one' 'list=NORMAL rule=loop act=drop'
come a@example.com none "List-Id: <none.$host>"
judged 'but not with Loopcheck= None' 'list=NONE rule=accepted'

# --- copies ----------------------------------------------------------------

copy() {
	come "$1" "$2" 'From: Joe <joe@example.com>' "Received: by $n.example" \
		"Message-ID: $3"
}
plain=1
text="$long First."
copy joe@example.com normal '<one@example.com>'
judged 'a posting passes' 'list=NORMAL rule=accepted'
id=$(echo "$line" | grep -oE '[0-9a-f]{13}[.][0-9a-f]{10}' | head -n 1)
copy joe@example.com other '<one@example.com>'
judged 'it also passes to another list of this server' 'list=OTHER rule=accepted'
copy back@example.net normal '<one@example.com>'
judged 'a copy that comes back does not' "list=NORMAL rule=copy act=drop"
like "$line" "first=$id" 'and the log names the posting it is one of'
is "$(made)" '' 'nobody is told'
copy back@example.net normal '
 <one@
 example.com>'
judged 'also with its Message-ID folded' 'rule=copy act=drop'
copy back@example.net NORMAL '<ONE@example.com>'
judged 'another Message-ID is another message, but has the same text' \
	'list=NORMAL rule=same-body act=reply'
like "$line" "first=$id" 'the log names the posting that had it'
like "$(made)" 'same text was posted to this list within a day' \
	'its sender is told why'
copy noreply@example.net normal '<three@example.com>'
judged 'unless he is no person' 'rule=same-body act=drop .*unanswered=machine'
copy joe@example.com nocrc '<one@example.com>'
judged 'a list with NoCRC takes it' 'list=NOCRC rule=accepted'
copy joe@example.com nocrc '<two@example.com>'
judged 'twice' 'list=NOCRC rule=accepted'
copy joe@example.com nocrc '<two@example.com>'
judged 'but not the same message' 'list=NOCRC rule=(copy|duplicate) act=drop'
copy joe@example.com none '<one@example.com>'
judged 'a list with None takes it' 'list=NONE rule=accepted'
copy back@example.com none '<one@example.com>'
judged 'and takes a copy' 'list=NONE rule=accepted'
text='too short'
copy joe@example.com normal '<short1@example.com>'
judged 'a short text' 'list=NORMAL rule=accepted'
copy joe@example.com normal '<short2@example.com>'
judged 'may come again' 'list=NORMAL rule=accepted'
text="   ${long%% *}	${long#* }

   First.  "
copy x@example.com normal '<blanks@example.com>'
judged 'blanks and empty lines make no other text' 'rule=same-body'
text="$long Second."
come joe@example.com normal 'From: joe@example.com'
judged 'a posting without Message-ID passes' 'rule=accepted'
text="$long Third."
come joe@example.com normal 'From: joe@example.com' 'Message-ID: <>'
judged 'and one with an empty one' 'rule=accepted'
text="$long Fourth."
come joe@example.com normal 'From: joe@example.com' 'Message-ID: <>'
judged 'that is no copy of the first' 'rule=accepted'

text="$long Fifth."
for i in 1 2 3; do
	copy "joe$i@example.com" normal '<batch@example.com>'
done
before=$(passed)
lsv-score -1 2>"$T/err"
is "$(($(passed) - before))" 1 'of three copies that are seen at once one passes'
is "$(grep -c 'rule=copy act=drop' "$T/err")" 2 'the others are copies of it'
text="$long Sixth."
for i in 1 2 3; do
	copy "joe$i@example.com" normal "<body$i@example.com>"
done
before=$(passed)
lsv-score -1 2>"$T/err"
is "$(($(passed) - before)) $(grep -c 'rule=same-body act=reply' "$T/err")" \
	'1 2' 'and of three with the same text one'

text="$long Seventh."
copy eve@example.com members '<members@example.com>'
judged 'what is refused' 'rule=subscribers-only act=reply'
lsv-list add MEMBERS joe@example.com >/dev/null
copy eve@example.com members '<members@example.com>'
judged 'is not remembered: it may come again' 'list=MEMBERS rule=accepted'
plain=
text=

# --- the same file again ---------------------------------------------------

text="$long Eighth."
come joe@example.com normal
cp "$LSV_SPOOL"/score/new/* "$T/same"
judged 'a posting passes' 'rule=accepted'
name=$(echo "$line" | grep -oE '[0-9a-f]{13}[.][0-9a-f]{10}' | head -n 1)
rm "$LSV_SPOOL/route/new/$name"
cp "$T/same" "$LSV_SPOOL/score/new/$name"
judged 'after a crash before it moved it passes again: it is no copy of itself' \
	'rule=accepted act=pass'
text=

# --- killed at any call ----------------------------------------------------

# killed_at_each - at each of its calls that changes something, with a posting, a
# copy, and the same text under another Message-ID
killed_at_each() {
	score_config SPAM_THRESHOLD=1000 REPLY_MAX=1000
	call=0
	wrong=
	plain=1
	while [ "$call" -lt 100 ]; do
		call=$((call + 1))
		rm -f "$LSV_SPOOL"/route/new/*
		text="$long Killed at call $(echo $call | tr '0-9' 'a-j')."
		copy joe@example.com normal "<k$call@example.com>"
		copy joe2@example.com normal "<k$call@example.com>"
		copy joe3@example.com normal "<k$call-other@example.com>"
		order lsv-score "$call"
		shot lsv-score -1 || break
		lsv-score -1 2>>"$T/log"
		left=$(find "$LSV_SPOOL/score/new" "$LSV_SPOOL/score/bad" -type f)
		[ "$(passed)$left" = 1 ] || wrong="$wrong $call:$(passed)$left"
	done
	plain=
	text=
	diag "$((call - 1)) calls"
	ok 'lsv-score was killed at each of its calls, with a posting, a copy and the same text' \
		[ "$call" -gt 8 ]
	is "$wrong" '' 'each time one of them passed, and one only'
}
if [ -n "${LSV_SANITIZED:-}" ]; then
	skip 'what kills takes the place of the sanitizers' 2
else
	killed_at_each
fi
score_config SPAM_THRESHOLD=1000

# --- the body --------------------------------------------------------------

trace="X-LSV-Trace: NORMAL@$host 0647c1a2b3d4e.9f02c4d1aa"
text="This comes back to you:

> Subject: x
> $trace"
come gate@example.com normal
judged 'what came back as a quotation goes to the owners' \
	'list=NORMAL rule=body-loop act=forward rcpts=1'
like "$(made)" '^ann@example.net' 'to the owner'
like "$(made)" "^> $trace" 'as it is'
come gate@example.com other
judged 'that of another list is read' 'list=OTHER rule=accepted'
text="> X-LSV-Trace: NOB@$host x"
come gate@example.com nob
judged 'Nobody does not look' 'list=NOB rule=accepted'
text="> X-LSV-Trace: NONE@$host x"
come gate@example.com none
judged 'nor does None' 'list=NONE rule=accepted'
text="Somebody wrote

From: full@$host
Subject: x"
come gate@example.com full
judged 'Full finds the list among the authors of what is quoted' \
	'list=FULL rule=body-loop act=forward'
text="From: normal@$host"
come gate@example.com normal
judged 'Normal does not look for them' 'list=NORMAL rule=accepted'
text=

# --- who wrote -------------------------------------------------------------

for author in MAILER-DAEMON@example.com mailer@example.com uucp@example.com \
	"listserv@$host" "owner-other@example.org"; do
	come "x$n@example.com" normal
	judged "$author is no author" 'rule=origin act=forward rcpts=1'
done
author=root@example.com
come x@example.com normal
judged 'root is one' 'rule=accepted'
come x@example.com full
judged 'but not with Full' 'list=FULL rule=origin act=forward'
author=MAILER-DAEMON@example.com
come x@example.com none
judged 'None asks nobody: the filter still stops it' 'rule=filtered act=drop'
come x@example.com noorigin
judged 'and so with Noorigin' 'list=NOORIGIN rule=filtered act=drop'
author="mailer-daemon@$host"
come x@example.com noorigin
judged 'our own mail system is known with Noorigin as well' \
	'list=NOORIGIN rule=origin act=forward'
author=
plain=1
come x@example.com normal 'From: joe@example.com, (x) Mailer <mailer@y.example>'
judged 'a second author counts' 'rule=origin act=forward'
come x@example.com normal 'From: joe@example.com' 'Sender: mailer@y.example'
judged 'Sender does not' 'rule=accepted'
plain=

# --- bounces to the list ---------------------------------------------------

author=joe@example.com
come '' normal
judged 'an error report to the list goes to its owners' 'rule=bounce act=forward'
come '' none
judged 'also with None' 'list=NONE rule=bounce act=forward'
come '' errors
judged 'with Allow-Bounces it is posted' 'list=ERRORS rule=accepted act=pass'
come x@example.com normal 'Auto-Submitted: auto-replied'
judged 'an automatic answer is dropped' 'rule=auto-reply act=drop'
come x@example.com none 'Auto-Submitted: auto-replied'
judged 'but with None' 'list=NONE rule=accepted'
author=

# --- the default of the site -----------------------------------------------

score_config SPAM_THRESHOLD=1000 'DEFAULT_LOOPCHECK=Nobody,NoCRC'
text="$long

$trace"
come gate@example.com normal
judged 'DEFAULT_LOOPCHECK counts for lists without one' 'rule=accepted'
come gate@example.com normal
judged 'all of it' 'rule=accepted'
text="$long

From: full@$host"
come gate@example.com full
judged 'and not for the others' 'list=FULL rule=body-loop'
text=

# --- a table of the version before -----------------------------------------

# cdb FILE - lines "KEY VALUE" as a table
cdb() {
	python3 -c '
import struct, sys
def h(k):
    n = 5381
    for c in k:
        n = ((n << 5) + n ^ c) & 0xffffffff
    return n
data, at = b"", [[] for _ in range(256)]
for line in sys.stdin.buffer:
    k, v = line.rstrip(b"\n").split(b" ", 1)
    at[h(k) & 255].append((h(k), 2048 + len(data)))
    data += struct.pack("<II", len(k), len(v)) + k + v
head, tail = b"", b""
for t in at:
    n = 2 * len(t)
    slot = [(0, 0)] * n
    for x, p in t:
        i = (x >> 8) % n
        while slot[i][1]:
            i = (i + 1) % n
        slot[i] = x, p
    head += struct.pack("<II", 2048 + len(data) + len(tail), n)
    tail += b"".join(struct.pack("<II", *s) for s in slot)
open(sys.argv[1], "wb").write(head + data + tail)' "$1"
}
zero=00000000000000000000
printf '%s\n' "!edition 1" "full 1 $zero $zero P FULL" |
	cdb "$LSV_LIB/lists/lists.cdb"
text="$long

From: full@$host
Subject: again"
come gate@example.com full
judged 'a table of the version before leaves the rest to the header' \
	'list=FULL rule=body-loop'
ok 'the next change of a list writes it again' lsv-list create more \
	--owner ann@example.net
ok 'with all that the headers say' grep -aq ' P FL 00000 FULL' \
	"$LSV_LIB/lists/lists.cdb"

done_testing
