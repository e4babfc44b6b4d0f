#!/bin/sh
# lsv-score killed at each call with which it rejects, holds, or lets pass what
# was released, and lsv-spam at each with which it releases and discards: a
# message is always in one place, whole, and a report is sent once.
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"

[ -z "${LSV_SANITIZED:-}" ] ||
	skip_all 'what kills takes the place of the sanitizers'

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_LIB/score" "$LSV_SPOOL/hold"
for box in score route; do
	mkdir -p "$LSV_SPOOL/$box/tmp" "$LSV_SPOOL/$box/new" \
		"$LSV_SPOOL/$box/bad"
	mkfifo "$LSV_SPOOL/$box/trigger"
done
new=$LSV_SPOOL/score/new
route=$LSV_SPOOL/route/new
hold=$LSV_SPOOL/hold
host=lists.example.org

# config VALUE - of SPAM_REJECT
config() {
	printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' \
		'SPAM_WHITELIST_FROM=*@example.com' \
		'SPAM_BLACKLIST_FROM=>james@example.com' "SPAM_REJECT=$1" \
		>"$LSV_ETC/site.cfg"
	lsv-config apply >/dev/null 2>&1
}

# order PROGRAM N - it is killed at its N-th call that changes something
order() {
	rm -f "$T/fault"
	python3 - "$TOP/tests/crash" "$T/fault" "$1" "$2" <<-X
		import sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, sys.argv[1])
		import fault
		f = fault.Fault(sys.argv[2])
		f.order(sys.argv[3], fault.KILL_SELF, int(sys.argv[4]))
	X
}

# shot COMMAND... - with these orders; exits 0 when it was killed
shot() {
	sh -c 'LD_PRELOAD=$0 LSV_FAULT=$1; export LD_PRELOAD LSV_FAULT
		shift; exec "$@"' "$LSV_BUILD/tests/lib/preload_fault.so" \
		"$T/fault" "$@" >/dev/null 2>"$T/err"
	[ $? = 137 ]
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
ok 'what is rejected is held' config HOLD
killed_at_each hold lsv-score 10
killed_at_each release lsv-spam 4
killed_at_each discard lsv-spam 3
killed_at_each pass lsv-score 8
ok 'what is rejected is reported' config BOUNCE
killed_at_each report lsv-score 10
done_testing
