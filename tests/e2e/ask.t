#!/bin/sh
# lsv-score and SPAM_EXIT, with answers that the test gives in the place of
# lsv-scan: what is asked, what waits for what, what each answer does, and what
# is left of it when lsv-score is killed at any of its calls.
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/shot.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_LIB/score"
lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
new=$LSV_SPOOL/score/new
wait=$LSV_SPOOL/score/wait
answers=$LSV_SPOOL/score/scanned/new
scan=$LSV_SPOOL/scan/new
route=$LSV_SPOOL/route/new
hold=$LSV_SPOOL/hold
host=lists.example.org

# config LINE...
config() {
	printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' \
		"SPAM_WHITELIST_FROM=friend@example.com" \
		"SPAM_BLACKLIST_FROM=foe@example.com" \
		SPAM_DELAY=0 "$@" >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}
# scored - lsv-score looks once
scored() {
	lsv-score -1 2>>"$T/log"
}
# come LIST [AUTHOR] [TEXT] - a message comes in: $id, its bytes in $T/came/ID
count=0
mkdir "$T/came"
come() {
	count=$((count + 1))
	printf 'From: %s\nSubject: %s\n\n%s\n' "${2:-joe@example.com}" \
		$count "${3:-text $count}" |
		lsv-inject -f "s$count@example.com" "$1@$host"
	for came_file in "$new"/*; do
		id=${came_file##*/} # the last is the youngest
	done
	cp "$new/$id" "$T/came/$id"
}
# answer ID CODE [WHY] - what lsv-scan would say
answer() {
	rm -f "$scan/$1"
	printf 'lsv-answer 1\ncode: %s\nms: 5\nwhy: %s\nend\n' "$2" "${3:-}" \
		>"$answers/.$1" && mv "$answers/.$1" "$answers/$1"
}
in_dir() {
	find "$1" -type f ! -name '*.why' | wc -l
}
whole() {
	cmp -s "$T/came/${1##*/}" "$1"
}
clear_all() {
	rm -rf "${new:?}"/* "${wait:?}"/* "${answers:?}"/* "${scan:?}"/* \
		"${route:?}"/* "${hold:?}"/*
	: >"$T/log"
}

for name in one two; do
	printf '* %s\n* Owner= ann@example.net\n' $name >"$T/header"
	lsv-list create "$name" --header "$T/header" 2>"$T/list.err"
done
printf '* three\n* Owner= ann@example.net\n* Misc-Options= NO_SPAM_CHECK\n' \
	>"$T/header"
lsv-list create three --header "$T/header" 2>>"$T/list.err"
config SPAM_EXIT=test

# --- who is asked about -------------------------------------------------------

come one
scored
ok 'a message waits' whole "$wait/$id"
ok 'a copy of it is what lsv-scan is given' whole "$scan/$id"
like "$(cat "$T/log")" "^$id waits for=exit class=post list=ONE" \
	'and the log says so'
scored
is "$(in_dir "$wait") $(in_dir "$scan")" '1 1' 'without an answer it stays there'
rm "$scan/$id"
scored
ok 'what a power cut took is asked again' whole "$scan/$id"
answer "$id" 0
scored
ok 'told to go on it goes on, unchanged' whole "$route/$id"
is "$(in_dir "$wait") $(in_dir "$answers")" '0 0' 'and nothing is left of it'
like "$(cat "$T/log")" "^$id scored .* rule=accepted act=pass exit=0 exit_ms=5" \
	'the log has what the exit said'
clear_all
come one friend@example.com
scored
ok 'a whitelisted message is not asked about' whole "$route/$id"
clear_all
come one foe@example.com
scored
is "$(in_dir "$scan") $(in_dir "$wait")" '0 0' \
	'nor one on a blacklist'
like "$(cat "$T/log")" 'rule=blacklisted' 'which is rejected'
clear_all
come three
scored
ok 'nor what comes to a list with NO_SPAM_CHECK' whole "$route/$id"
clear_all
come listserv
scored
ok 'mail with commands is asked about' whole "$wait/$id"
answer "$id" 0
scored
like "$(cat "$T/log")" "$id scored .* rule=command act=pass" \
	'before it is answered'
clear_all
config SPAM_EXIT=test SPAM_MAXSIZE=2000
come one joe@example.com "$(printf '%02100d' 1)"
scored
ok 'a message over SPAM_MAXSIZE is not asked about' whole "$route/$id"
clear_all

# --- what an answer does ------------------------------------------------------

config SPAM_EXIT=test
come one
scored
answer "$id" 1
scored
ok 'what the exit knows goes on' whole "$route/$id"
like "$(cat "$T/log")" "$id scored .* rule=whitelisted act=pass exit=1" \
	'as whitelisted'
clear_all
come one
scored
answer "$id" 2 'has a worm'
scored
like "$(cat "$T/log")" \
	"$id scored .* rule=exit act=report exit=2 .* why=\"has a worm\"" \
	'what it rejects is rejected, and why'
like "$(cat "$route/$id.000001")" 'has a worm' 'the report says why, too'
is "$(in_dir "$wait") $(in_dir "$answers") $(in_dir "$route")" '0 0 1' \
	'the message is gone'
clear_all
config SPAM_EXIT=test SPAM_REJECT=DISCARD
come one
scored
answer "$id" 2
scored
is "$(find "$LSV_SPOOL" -name "$id*")" '' 'or discarded'
clear_all
config SPAM_EXIT=test SPAM_REJECT=HOLD
come one
scored
answer "$id" 2 'not nice'
scored
ok 'or held' whole "$hold/$id"
like "$(cat "$hold/$id.why")" '^rule: exit$' 'for this rule'
like "$(cat "$hold/$id.why")" '^why: not nice$' 'with what the exit said'
lsv-spam release "$id" >/dev/null
scored
ok 'released, nobody is asked again' whole "$route/$id"
clear_all
come one
scored
answer "$id" failed 'time is up'
scored
ok 'where the exit failed the message waits' whole "$wait/$id"
is "$(in_dir "$answers") $(in_dir "$scan")" '0 0' 'to be asked about later'
like "$(cat "$T/log")" "$id waits for=retry .* why=\"time is up\"" \
	'which the log says'
config SPAM_EXIT=test SPAM_EXIT_FAIL=ACCEPT
scored
ok 'after a restart it is asked about at once' whole "$scan/$id"
answer "$id" failed
scored
ok 'with ACCEPT it goes on' whole "$route/$id"
clear_all
config SPAM_EXIT=test SPAM_EXIT_FAIL=HOLD
come one
scored
answer "$id" failed 'no space'
scored
ok 'with HOLD it is held' whole "$hold/$id"
like "$(cat "$hold/$id.why")" '^rule: exit-failed$' 'for that rule'
clear_all
config SPAM_EXIT=test SPAM_EXIT_FAIL=HOLD
for bad in '' 'lsv-answer 1' "$(seq 2000)"; do
	come one
	scored
	rm -f "$scan/$id"
	printf '%s' "$bad" >"$answers/$id"
	scored
	ok "an answer that is none is a failure ($(printf %.12s "$bad" |
		tr '\n' ' '))" whole "$hold/$id"
done
clear_all
come one
scored
rm -f "$scan/$id"
mkdir "$answers/$id"
: >"$answers/strange"
answer 064d0000000ff.00000000ff 0
scored
ok 'and so is a directory' whole "$hold/$id"
is "$(ls "$answers")" '' 'what nobody asked for is removed'
clear_all

# --- the order of a list's postings -------------------------------------------

config SPAM_EXIT=test
for n in 1 2 3 4; do
	come one "$([ $n = 3 ] && echo friend || echo joe)@example.com"
	eval "id$n=\$id"
done
come two
scored
is "$(in_dir "$wait") $(in_dir "$scan")" '5 4' \
	'what needs no answer waits behind those that do'
like "$(cat "$T/log")" "$id3 waits for=turn" 'for its turn'
answer "$id4" 0
answer "$id" 0
scored
is "$(ls "$route")" "$id" 'another list does not wait'
answer "$id2" 2
scored
like "$(cat "$T/log")" "$id2 scored .* rule=exit" \
	'nor does what is rejected'
answer "$id1" 0
: >"$T/log"
scored
is "$(grep -o '^[^ ]* scored' "$T/log")" "$id1 scored
$id3 scored
$id4 scored" 'then all go on in their order'
clear_all
for n in 1 2; do
	come one
	eval "id$n=\$id"
done
scored
answer "$id1" failed
answer "$id2" 0
scored
is "$(ls "$route") $(ls "$wait")" "$id2 $id1" \
	'one whose exit failed loses its place'
clear_all
config SPAM_EXIT=test SPAM_REJECT=HOLD
for n in 1 2; do
	come one
	eval "id$n=\$id"
done
scored
answer "$id1" 2
scored
lsv-spam release "$id1" >/dev/null
scored
is "$(ls "$route") $(ls "$wait")" "$id1 $id2" \
	'nor does what a person released wait for others'
clear_all

# --- trouble ------------------------------------------------------------------

config SPAM_EXIT=test
mv "$LSV_SPOOL/scan" "$LSV_SPOOL/away"
come one
not_ok 'without an inbox of lsv-scan it is tried again later' scored
ok 'while the message waits' whole "$wait/$id"
mv "$LSV_SPOOL/away" "$LSV_SPOOL/scan"
ok 'and then' scored
ok 'it is asked about' whole "$scan/$id"
clear_all
mv "$wait" "$LSV_SPOOL/away"
come one
not_ok 'without score/wait, too' scored
ok 'while it stays where it came in' whole "$new/$id"
mv "$LSV_SPOOL/away" "$wait"
ok 'and then it' scored
ok 'waits' whole "$wait/$id"
clear_all
ln -s /etc/passwd "$wait/064d0000000ff.00000000ff"
: >"$wait/strange"
printf 'lsv-file: 1\nid: x\n' >"$wait/064d0000000fe.00000000fe"
come one
scored
is "$(ls "$wait")" "$id" 'what is no message does not wait'
is "$(find "$LSV_SPOOL/score/bad" -name '*.why' | wc -l)" 3 \
	'but lies in score/bad, with a reason for each'
is "$(find "$LSV_SPOOL/score/bad" -name 'strange*')" '' \
	'under a name of ours, so that it goes when there is no more room'
rm -rf "$LSV_SPOOL/score/bad"/*
clear_all
config SPAM_EXIT=test SPAM_DELAY=10 HOLD_MAX=1
come two
scored
answer "$id" 0
scored
come one
id1=$id
come one ann@example.net
id2=$id
scored
answer "$id1" 0
answer "$id2" 0
not_ok 'what finds no room in hold/ is tried again later' scored
is "$(ls "$route") $(ls "$wait")" "$id2 $id1" \
	'and those behind it do not wait for that'
rm -f "$hold"/*
ok 'when there is room' scored
is "$(ls "$wait")$(find "$hold" -type f ! -name '*why*' -printf '%f')" "$id1" 'it is held'
clear_all
config SPAM_EXIT=test SPAM_EXIT_FAIL=ACCEPT SPAM_DELAY=10
come one
scored
answer "$id" failed 'no such daemon'
scored
is "$(grep " scored " "$T/log" | grep -o ' why=' | wc -l)" 1 \
	'of two reasons for one verdict that of the rule is told'
clear_all
config SPAM_EXIT=test
# until_so COMMAND... - it exits 0 within five seconds
until_so() {
	until_left=50
	while ! "$@" && [ "$until_left" -gt 0 ]; do
		until_left=$((until_left - 1))
		sleep 0.1
	done
	"$@"
}
asks() {
	[ "$(in_dir "$scan")" = "$1" ]
}
defers() {
	grep -q "^$id waits for=retry" "$T/log"
}
lsv-score -d 3 3>"$T/ready" 2>>"$T/log" &
service=$!
come one
ok 'a service asks' until_so asks 1
answer "$id" failed
printf x >"$LSV_SPOOL/score/scanned/trigger"
ok 'and lets wait what it got no answer about' until_so defers
rm "$wait/$id"
kill -HUP "$service" # now it is asked about again
sleep 0.2
for n in $(seq 12); do
	come two
done
ok 'one that is gone keeps nobody from being asked about' until_so asks 12
kill "$service"
wait "$service"
clear_all

# --- many ---------------------------------------------------------------------

for n in $(seq 100); do
	come one
done
hundred=$(ls "$new")
scored
is "$(in_dir "$wait") $(in_dir "$scan")" '100 64' \
	'of many to a list not all are asked about at once'
for asked in "$scan"/*; do
	answer "${asked##*/}" 0
done
scored
is "$(in_dir "$route") $(in_dir "$scan")" '64 36' 'but those that follow are'
config
scored
is "$(in_dir "$route") $(in_dir "$wait")" '100 0' \
	'without a SPAM_EXIT all go on'
is "$(ls "$route")" "$hundred" 'all of them'
clear_all

# --- killed -------------------------------------------------------------------

if [ -n "${LSV_SANITIZED:-}" ]; then
	skip 'what kills takes the place of the sanitizers' 4
	done_testing
fi
# Each message is in one place, and lsv-scan has copies of some that wait.
all_there() {
	[ "$(find "$new" "$wait" "$route" "$hold" -type f ! -name '*.why' \
		-printf '%f\n' | sort)" = "$three" ] || return 1
	for there in "$new"/* "$wait"/* "$scan"/* "$route"/* "$hold"/*; do
		[ ! -e "$there" ] || [ "$there" != "${there%.why}" ] ||
			whole "$there" || return 1
	done
}
three_come() {
	clear_all
	for n in 1 2 3; do
		come one "$([ $n = 2 ] && echo friend || echo joe)@example.com"
		eval "id$n=\$id"
	done
	three=$(ls "$new")
}
ask_begin() { three_come; }
ask_good() { [ "$(in_dir "$wait") $(in_dir "$scan")" = '3 2' ]; }
answered() {
	three_come
	scored
	answer "$id1" "$1" bad
	answer "$id3" "$2"
}
hold_begin() { answered 2 0; }
hold_good() {
	[ "$(in_dir "$hold") $(in_dir "$route") $(in_dir "$answers")" = \
		'1 2 0' ] && grep -qx 'why: bad' "$hold/$id1.why"
}
killed_at_each() {
	n_call=0
	wrong=
	while [ "$n_call" -lt 200 ]; do
		n_call=$((n_call + 1))
		"$1_begin"
		order lsv-score "$n_call"
		shot lsv-score -1 || break
		all_there || wrong="$wrong lost:$n_call"
		scored
		scored
		all_there && "$1_good" || {
			wrong="$wrong $n_call"
			diag "$(find "$LSV_SPOOL" -name '0*.*' | sort)"
		}
	done
	diag "$((n_call - 1)) calls"
	ok "$1: lsv-score was killed at each of its calls" [ "$n_call" -gt "$2" ]
	is "$wrong" '' "$1: each time all was well in the end"
}
config SPAM_EXIT=test SPAM_REJECT=HOLD
killed_at_each ask 12
killed_at_each hold 12
done_testing
