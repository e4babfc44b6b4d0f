#!/bin/sh
# lsv-score killed at each call with which it rejects, holds, lets pass what was
# released or has waited long enough, or raises an alert, and lsv-spam at each
# with which it releases and discards: a message is always in one place, whole,
# and a report, a notice and a job are made once.
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"
. "$TOP/tests/lib/shot.sh"

[ -z "${LSV_SANITIZED:-}" ] ||
	skip_all 'what kills takes the place of the sanitizers'

inboxes score route peer
mkdir "$LSV_SPOOL/hold" "$LSV_SPOOL/score/out"
new=$LSV_SPOOL/score/new
route=$LSV_SPOOL/route/new
hold=$LSV_SPOOL/hold
host=lists.example.org

black='>james@example.com'
# config VALUE LINE... - of SPAM_REJECT, and what else is in force
config() {
	value=$1
	shift
	printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' \
		"SPAM_BLACKLIST_FROM=$black" "SPAM_REJECT=$value" "$@" \
		>"$LSV_ETC/site.cfg"
	lsv-config apply >/dev/null 2>&1
}

# message - another one comes in: $id, and its bytes in $T/came
count=0
message() {
	count=$((count + 1))
	rm -f "$new"/* "$route"/* "$hold"/*
	printf 'From: james@example.com\nSubject: %s\n\n%s\n' $count $count |
		lsv-inject -f "s$count@example.com" "test@$host"
	id=$(ls "$new")
	cp "$new/$id" "$T/came"
}

held() {
	message
	lsv-score -1 2>/dev/null
	[ -f "$hold/$id" ]
}

# only FILE - the message is there, as it came, and nowhere else
only() {
	cmp -s "$T/came" "$1" &&
		[ "$(find "$new" "$route" "$hold" -type f ! -name '*.why')" = \
			"$1" ]
}

# --- what is done, and what has to come of it ---------------------------------

hold_begin() { message; }
hold_killed() { shot lsv-score -1; }
hold_again() { lsv-score -1 2>/dev/null; }
hold_good() { only "$hold/$id" && grep -qx 'rule: blacklisted' "$hold/$id.why"; }

release_begin() { held; }
release_killed() { shot lsv-spam release "$id"; }
release_again() { [ ! -e "$hold/$id" ] || lsv-spam release "$id" >/dev/null; }
release_good() { only "$new/$id.released"; }

discard_begin() { held; }
discard_killed() { shot lsv-spam discard "$id"; }
discard_again() { [ ! -e "$hold/$id" ] || lsv-spam discard "$id" >/dev/null; }
discard_good() { [ -z "$(find "$new" "$route" "$hold" ! -name '*.why' -type f)" ]; }

pass_begin() { held && lsv-spam release "$id" >/dev/null; }
pass_killed() { shot lsv-score -1; }
pass_again() { lsv-score -1 2>/dev/null; }
pass_good() { only "$route/$id"; }

report_begin() { message; }
report_killed() { shot lsv-score -1; }
report_again() { lsv-score -1 2>/dev/null; }
report_good() {
	[ "$(find "$new" "$route" "$hold" -type f)" = "$route/$id.000001" ] &&
		grep -q '^Content-Type: multipart/report' "$route/$id.000001"
}

# Quarantine: james is on no list here.
wait_begin() { message; }
wait_killed() { shot lsv-score -1; }
wait_again() { lsv-score -1 2>/dev/null; }
wait_good() { only "$hold/$id" && grep -qx 'rule: quarantine' "$hold/$id.why"; }

due_begin() {
	held || return
	sed "s/^until: .*/until: 1/" "$hold/$id.why" >"$T/why"
	cat "$T/why" >"$hold/$id.why"
}
due_killed() { shot lsv-score -1; }
due_again() { lsv-score -1 2>/dev/null; }
due_good() { only "$route/$id"; }

# Two copies for two lists, the threshold; one waits in hold/.
alert_begin() {
	rm -rf "$LSV_LIB/score" "$LSV_SPOOL"/peer/*/* "$LSV_SPOOL"/route/*/* \
		"$LSV_SPOOL"/score/out/*
	mkdir "$LSV_LIB/score"
	message
	rm -f "$new"/*
	for list in wait test; do
		printf 'From: james@example.com\nMessage-ID: <%s@m>\n\n%s\n' \
			$count.$list "$words" | lsv-inject -f "$list@example.com" \
			"$list@$host"
		[ $list = test ] || lsv-score -1 2>/dev/null
	done
	first=$(basename "$(echo "$hold"/*.why)" .why)
	id=$(ls "$new")
}
words='Buy these wonderful watches now, they are cheaper than anywhere else.'
alert_killed() { shot lsv-score -1; }
alert_again() { lsv-score -1 2>/dev/null; }
alert_good() {
	[ "$(cd "$LSV_SPOOL" && find . -type f -size +0 ! -name doing \
		! -name lock ! -name '*.why' ! -path '*/tmp/*' | sort)" = \
		"./peer/new/$id.spam
./route/new/$first.000001
./route/new/$id.000001
./route/new/$id.notice" ] &&
		grep -q "^// X-SPAM V=1 ID=$host/$id " \
			"$LSV_SPOOL/peer/new/$id.spam" &&
		grep -q '^Subject: Spam alert' "$route/$id.notice"
}

# killed_at_each WHAT PROGRAM LEAST - at LEAST calls, or more
killed_at_each() {
	n=0
	wrong=
	while [ "$n" -lt 200 ]; do
		n=$((n + 1))
		"$1_begin"
		order "$2" "$n"
		"$1_killed" || break
		"$1_again"
		"$1_good" || {
			wrong="$wrong $n"
			diag "killed at call $n: $(find "$new" "$route" "$hold" -type f)"
		}
	done
	diag "$((n - 1)) calls"
	ok "$1: it was killed at its calls" [ "$n" -gt "$3" ]
	is "$wrong" '' "$1: each time all was well in the end"
	ok "$1: and when it was not killed" "$1_good"
}

printf '* Test\n* Owner= ann@example.net\n' >"$T/header"
ok 'a list is made' lsv-list create TEST --header "$T/header"
ok 'what is rejected is held' config HOLD SPAM_DELAY=0
killed_at_each hold lsv-score 10
killed_at_each release lsv-spam 4
killed_at_each discard lsv-spam 3
killed_at_each pass lsv-score 8
ok 'what is rejected is reported' config BOUNCE SPAM_DELAY=0
killed_at_each report lsv-score 10
black=
ok 'authors who are not known wait' config BOUNCE
killed_at_each wait lsv-score 10
killed_at_each due lsv-score 12
printf '* Wait\n* Owner= ann@example.net\n* Loopcheck= Spam-Delay(9)\n' \
	>"$T/header"
ok 'a list that waits is made' lsv-list create WAIT --header "$T/header"
ok 'two lists raise an alert' config BOUNCE SPAM_DELAY=0 SPAM_THRESHOLD=2 \
	SPAM_ALERT=1 RUNMODE=NETWORKED
killed_at_each alert lsv-score 30
done_testing
