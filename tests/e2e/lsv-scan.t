#!/bin/sh
# lsv-scan: SPAM_EXIT is run as the manual says, and whatever it does, its limit
# ends it, others are judged meanwhile, and every request is answered.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/scan.sh"

[ -x "$LSV_BUILD/tests/lib/hostile" ] || skip_all 'make helpers'

limits='SPAM_EXIT_TIMEOUT=2s'
scan_make "$limits" 'SPAM_EXIT_MEMORY=64M'

# --- as the manual says -------------------------------------------------------

ok 'it is ready, with SPAM_EXIT set' scan_up
ask 1 TEST-L 'facts TEST-L'
is "$(answer 1)" 0 'called with SCAN and the list, the message at hand, it may write where it is'
ask 2 '' 'facts '
is "$(answer 2)" 0 'without a list there is no second argument'
ask 3 TEST-L 'say 2   this  is|spam'
is "$(answer 3) $(why 3)" '2 this is|spam' 'what a rejecting exit writes is the reason'
ask 4 TEST-L 'say 1 a friend'
is "$(answer 4)" 1 '1 whitelists'
ask 5 TEST-L "reach $LSV_SPOOL"
is "$(answer 5)" 0 'it reads and writes nothing of the spool'
is "$(find "$LSV_SPOOL/scan/new" -type f | wc -l)" 0 'requests are gone once they are answered'
like "$(cat "$T/scan.log")" '^0647c1a200003.9f02c4d1aa scanned list=TEST-L code=2 ms=[0-9]+ why="this is.spam"$' 'the log tells of each'

# --- hostile ones ---------------------------------------------------------------

# hostile N SECONDS WANT DEED...: its answer, which comes not later than that
hostile() {
	hostile_n=$1
	hostile_s=$2
	hostile_want=$3
	shift 3
	ask "$hostile_n" "H$hostile_n" "$*"
	is "$(answer "$hostile_n" "$hostile_s")" "$hostile_want" \
		"\"$*\" is answered"
}

rm -f "$LSV_SPOOL"/score/scanned/new/*
hostile 10 7 failed hang
hostile 11 7 failed die 11
hostile 12 7 0 'daemon'
hostile 13 7 failed flood
hostile 14 7 0 close
hostile 15 7 failed exit 3
hostile 16 7 0 exit 0
hostile 17 7 failed exit 255
hostile 18 7 failed fill
hostile 19 7 failed fill many
hostile 20 7 0 exit 0
hostile 21 7 failed deep
hostile 22 7 0 lock
hostile 23 7 failed eat 1
hostile 24 7 failed eat 5
hostile 25 7 0 share
hostile 26 7 failed kill group
hostile 27 7 failed burn 3
hostile 28 7 0 exit 0
# It never runs as root, so that its limit of processes surely binds.
hostile 29 7 failed bomb
is "$(why 10)" 'took too long' 'one that hangs is killed'
like "$(why 11)" '^died of signal 11 ' 'a crash is told of'
like "$(why 15)" '^exit status 3$' 'so is a status that means nothing'
like "$(why 13)" '^wrote more than 1 MiB' 'a flood is cut'
is "$(why 24)" 'uses too much memory' 'processes may not share out what one may not have'
is "$(why 18) $(why 19) $(why 21)" 'fills its directory fills its directory fills its directory' 'a directory is not filled'
is "$(left | head -n 3)" '' 'no process of theirs is left, and no file'

if grep -Eq 'landlock=([6-9]|[1-9][0-9])' "$T/scan.log"; then
	hostile 30 7 0 kill parent
	hostile 31 7 0 kill each
	hostile 32 7 0 'kill all'
	ok 'no signal of theirs reaches lsv-scan' kill -0 "$scan_pid"
else
	skip 'signals: this kernel cannot hold them back' 4
fi

# --- others are judged meanwhile -------------------------------------------------

not_there() {
	[ ! -e "$1" ]
}

# latency FROM: the longest of 40 answers to another list, milliseconds
latency() {
	for latency_n in $(seq "$1" $(($1 + 39))); do
		ask "$latency_n" OTHER 'exit 0'
		wait_for 10 test -e \
			"$LSV_SPOOL/score/scanned/new/$(scan_id "$latency_n")"
	done
	for latency_n in $(seq "$1" $(($1 + 39))); do
		took "$latency_n"
	done | sort -n | tail -n 1
}

rm -f "$LSV_SPOOL"/score/scanned/new/*
for n in $(seq 100 119); do
	ask "$n" SLOW 'sleep 1.5'
done
ask 120 OTHER 'exit 0'
is "$(answer 120 1)" 0 '20 slow ones of a list do not hold up one of another list'
ok 'which overtakes them' not_there "$LSV_SPOOL/score/scanned/new/$(scan_id 119)"
wait_for 3 grep -q '^running: 6' "$LSV_SPOOL/scan/state"
is "$(scan_state running)" 6 'a list never has the last quarter of the slots'
is "$(answer 119 20)" 0 'all of the slow ones are answered'
calm=$(latency 130)
for n in $(seq 200 205); do
	ask "$n" HOSTILE 'hang'
done
busy=$(latency 210)
ok "an exit beside six that hang takes no longer ($calm ms, $busy ms)" \
	test "$busy" -le $((2 * calm + 50))
wait_for 10 test -e "$LSV_SPOOL/score/scanned/new/$(scan_id 205)"

# --- two at once, and death -----------------------------------------------------

tree_as lsvscan timeout 1 lsv-scan -1 >"$T/second" 2>&1
is $? 124 'a second lsv-scan waits for the first'

rm -f "$LSV_SPOOL"/score/scanned/new/*
for n in $(seq 300 307); do
	ask "$n" "L$n" 'sleep 0.8'
done
wait_for 5 sh -c "ls '$LSV_SPOOL/scan/run' | grep -q 9f02c4d1aa"
kill -9 "$scan_pid"
wait "$scan_pid" 2>/dev/null
wait_for 5 sh -c "! ls '$LSV_SPOOL/scan/run' | grep -q 9f02c4d1aa"
is "$(left | head -n 3)" '' 'when lsv-scan is killed, its exits end too'
scan_up
for n in $(seq 300 307); do
	answer "$n"
done | sort | uniq -c | sed 's/^ *//' >"$T/answers"
is "$(cat "$T/answers")" '8 0' 'the next one answers every request'

ask 310 L 'sleep 30'
wait_for 5 test -d "$LSV_SPOOL/scan/run/$(scan_id 310)"
for _ in 1 2 3; do
	kill -9 "$scan_pid"
	wait "$scan_pid" 2>/dev/null
	scan_up
	wait_for 5 sh -c "[ -d '$LSV_SPOOL/scan/run/$(scan_id 310)' ] ||
		[ -e '$LSV_SPOOL/score/scanned/new/$(scan_id 310)' ]"
done
is "$(answer 310 5) $(why 310)" 'failed lsv-scan died three times of it' \
	'a request that lsv-scan died of three times is not tried again'

ask 311 L 'sleep 30'
wait_for 5 test -d "$LSV_SPOOL/scan/run/$(scan_id 311)"
kill "$scan_pid"
ok 'asked to stop, it ends at once' wait "$scan_pid"
is "$(left | head -n 3)$(cat "$LSV_SPOOL/scan/doing")" '' 'with its exits, and holds it against none'
ok 'the request stays' test -e "$LSV_SPOOL/scan/new/$(scan_id 311)"
rm -f "$LSV_SPOOL/scan/new/$(scan_id 311)"

# --- an exit that cannot be run, and the breaker -------------------------------

rm -f "$LSV_SPOOL"/score/scanned/new/*
mkdir "$LSV_ETC/exits/FOLDER"
echo 'not a program' >"$LSV_ETC/exits/TEXT"
chmod 755 "$LSV_ETC/exits/TEXT"
echo '#!/bin/sh' >"$LSV_ETC/exits/LOCKED"
chmod 644 "$LSV_ETC/exits/LOCKED"
printf '#!/bin/sh\necho no; exit 2\n' >"$LSV_ETC/exits/SHELL"
chmod 755 "$LSV_ETC/exits/SHELL"
scan_config 'SPAM_EXIT=MISSING' "$limits"
scan_up
n=400
for name in MISSING FOLDER TEXT LOCKED "$LSV_ETC/exits/TEXT/x" SHELL; do
	scan_config "SPAM_EXIT=$name" "$limits"
	reloads=$(grep -c 'read again' "$T/scan.log")
	kill -HUP "$scan_pid"
	wait_for 5 sh -c "[ \$(grep -c 'read again' '$T/scan.log') -gt $reloads ]"
	ask "$n" L 'exit 0'
	echo "${name##*/}: $(answer "$n") $(why "$n")"
	n=$((n + 1))
done >"$T/unable"
is "$(cat "$T/unable")" "MISSING: failed cannot be run: No such file or directory
FOLDER: failed cannot be run: Permission denied
TEXT: failed cannot be run: Exec format error
LOCKED: failed cannot be run: Permission denied
x: failed cannot be run: Not a directory
SHELL: 2 no" 'it says why an exit cannot be run; a reload changes it'

scan_config 'SPAM_EXIT=MISSING' "$limits"
kill -HUP "$scan_pid"
for n in $(seq 420 429); do
	ask "$n" L 'exit 0'
	answer "$n" >/dev/null
done
wait_for 5 grep -q '^open: [1-9]' "$LSV_SPOOL/scan/state"
is "$(scan_state failures)" 10 'ten failures in a row open the breaker'
like "$(scan_state why)" '^cannot be run' 'and the state says which'
like "$(cat "$T/scan.log")" '^- exit-failing failures=10 why="cannot be run' 'so does the log'
ask 430 L 'exit 0'
is "$(answer 430) $(why 430)" 'failed not asked: SPAM_EXIT failed too often in a row' 'the next is not asked'
scan_config 'SPAM_EXIT=HOSTILE' "$limits"
kill -HUP "$scan_pid"
wait_for 5 grep -q '^open: 0' "$LSV_SPOOL/scan/state"
ask 431 L 'exit 1'
is "$(answer 431)" 1 'a reload closes it'
scan_config
kill -HUP "$scan_pid"
wait_for 5 grep -q '^exit: $' "$LSV_SPOOL/scan/state"
ask 432 L 'exit 2'
is "$(answer 432)" 0 'without SPAM_EXIT all goes on'

# --- requests that are none -----------------------------------------------------

scan_config 'SPAM_EXIT=HOSTILE' "$limits"
kill -HUP "$scan_pid"
echo 'lsv-file: 9' >"$T/none"
chmod 644 "$T/none"
tree_as lsvscore cp "$T/none" "$LSV_SPOOL/scan/new/$(scan_id 440)"
tree_as lsvscore mkdir "$LSV_SPOOL/scan/new/$(scan_id 441)"
tree_as lsvscore mkdir -p "$LSV_SPOOL/scan/new/$(scan_id 443)/full"
tree_as lsvscore ln -s "$T/none" "$LSV_SPOOL/scan/new/$(scan_id 445)"
tree_as lsvscore cp "$T/none" "$LSV_SPOOL/scan/new/foreign"
tree_as lsvscore mkdir -p "$LSV_SPOOL/scan/new/folder/full"
ask 442 L 'exit 0'
is "$(answer 440) $(answer 441) $(answer 443) $(answer 445) $(answer 442)" \
	'failed failed failed failed 0' 'a request that is none is answered'
wait_for 5 sh -c "[ -z \"\$(ls '$LSV_SPOOL/scan/new')\" ]"
is "$(ls "$LSV_SPOOL/scan/new")" '' 'and what has no name of a request does not stay'
like "$(cat "$T/scan.log")" "^$(scan_id 440) bad why=" 'a torn copy is logged and gone'
ok 'what is no file leaves its reason in scan/bad' test -s "$LSV_SPOOL/scan/bad/$(scan_id 445).why"
like "$(cat "$LSV_SPOOL"/scan/bad/*.why)" 'not a name of ours: foreign' 'so is a foreign one'
bads=$(grep -c ' bad ' "$T/scan.log")
ask 444 L 'exit 0'
is "$(answer 444) $(grep -c ' bad ' "$T/scan.log")" "0 $bads" 'each is met once'

# --- what the system lacks ------------------------------------------------------

failures=$(grep -c code=failed "$T/scan.log")
files=$(find "/proc/$scan_pid/fd" -type l | wc -l)
tree_as lsvscan prlimit --pid "$scan_pid" --nofile="$files:"
ask 450 L 'exit 1'
ask 451 L 'exit 2'
wait_for 5 grep -q 'unable to .*: Too many open files' "$T/scan.log"
sleep 2.5
ok 'without a descriptor a request waits' test -e "$LSV_SPOOL/scan/new/$(scan_id 450)"
lines=$(grep -c 'Too many open files' "$T/scan.log")
ok "it is told of, but not without end ($lines)" test "$lines" -le 12
tree_as lsvscan prlimit --pid "$scan_pid" --nofile=512:
is "$(answer 450) $(answer 451) $(grep -c code=failed "$T/scan.log") $(scan_state failures)" "1 2 $failures 0" 'it is judged later, and nothing has failed'

# --- many at once ---------------------------------------------------------------

cat >"$LSV_ETC/exits/FORKS" <<'EOF'
#!/bin/sh
[ "$(echo x | cat | (cat; echo y) | sed -n '$=')" = 2 ] || exit 2
sleep 0.2
(echo a; echo b) | sort | wc -l >n
EOF
chmod 755 "$LSV_ETC/exits/FORKS"
scan_config 'SPAM_EXIT=FORKS' 'SPAM_EXIT_WORKERS=24' 'SPAM_EXIT_TIMEOUT=20s'
kill -HUP "$scan_pid"
wait_for 5 grep -q '^exit: .*/FORKS$' "$LSV_SPOOL/scan/state"
for n in $(seq 500 559); do
	ask "$n" "L$n" 'exit 0'
done
for n in $(seq 500 559); do
	answer "$n"
done | sort | uniq -c | sed 's/^ *//' >"$T/answers"
is "$(cat "$T/answers")" '60 0' '24 shells at once can fork, and none rejects for want of it'

# --- a keeper that is killed -------------------------------------------------------

scan_config 'SPAM_EXIT=HOSTILE' 'SPAM_EXIT_TIMEOUT=60s'
kill -HUP "$scan_pid"
wait_for 5 grep -q '^exit: .*/HOSTILE$' "$LSV_SPOOL/scan/state"
ask 560 L 'daemon'
answer 560 >/dev/null
ask 561 L 'sleep 50'
wait_for 5 sh -c "ls '$LSV_SPOOL/scan/run/$(scan_id 561)' | grep -q spam.tmp"
keeper=$(tr -d ' ' <"/proc/$scan_pid/task/$scan_pid/children")
wait_for 5 test -s "/proc/$keeper/task/$keeper/children"
kill -9 "$keeper"
is "$(answer 561) $(why 561)" 'failed its keeper was killed' 'a keeper that is killed is a failure'
is "$(left | head -n 3)" '' 'and leaves no process and no file'
scan_down

not_ok 'no SPAM_EXIT, no site: it does not start' env LSV_ETC="$T/nothing" lsv-scan -1
run lsv-scan -h
is "$status" 0 '-h explains'
run lsv-scan -x
is "$status" 100 'an unknown option is refused'

done_testing
