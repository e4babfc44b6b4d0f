# shellcheck shell=sh disable=SC2034 # for the test
# filters.sh - a spam filter of Debian, unpacked below build/interop, and the
# ready exit that asks it; read after tap.sh and tree.sh. A test says
#
#   filter_make NAME PROGRAM  skips the whole file unless NAME is there and we
#                    are root; else a tree with SPAM_EXIT for it; in $here, which
#                    exits may read, is all of the filter ($here/root) and the
#                    exit; $port
#   filter_options WORD...    of the client, for the exit
#   filter_run COMMAND...     its daemon, in the background, until the test ends
#   filter_ends      now
#   filter_answers   a function: exits 0 when the daemon works
#   filter VERB      the exit by itself, on the standard input: $status, $T/out
#   ham, spam        print a message; spam is what filters must reject
#   filter_alone     tests of the exit itself, with the daemon up
#   filter_in_lsv RUN         the same through all of lsv; the function RUN starts
#                    the daemon again

gtube='XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'
filter_pid=

filter_make() {
	is_root || skip_all "only root can start lsv-scan as another user"
	[ -x "$TOP/build/interop/$1/$2" ] ||
		skip_all "no $1 below build/interop (tests/interop/setup)"
	filter_name=$1
	to_port=$(free_port)
	port=$to_port
	tree_make "$to_port" 'SPAM_EXIT=Filter' SPAM_EXIT_TIMEOUT=20s
	here=$LSV_ETC/exits
	mkdir -p "$here"
	cp -R "$TOP/build/interop/$1" "$here/root"
	cp "$LSV_BUILD/libexec/lsv/$1" "$here/"
	filter_libs=$here/root/usr/lib/x86_64-linux-gnu:$here/root/usr/lib/$1
	cat >"$here/Filter" <<-X
		#!/bin/sh
		PATH='$here/root/usr/bin':\$PATH
		LD_LIBRARY_PATH='$filter_libs'
		export PATH LD_LIBRARY_PATH
		exec '$here/$1' "\$@"
	X
	chmod -R a+rX "$here"
	chmod 755 "$here/Filter"
}

filter_options() {
	printf '%s\n' "$@" >"$here/$filter_name.conf"
}

filter_run() {
	(
		cd / && LD_LIBRARY_PATH=$filter_libs \
			exec setsid "$@" >"$T/daemon.out" 2>&1 </dev/null
	) &
	filter_pid=$!
	at_exit "kill -- -$filter_pid 2>/dev/null"
	ok "$filter_name starts" wait_for 30 filter_answers
}

filter_ends() {
	kill -- "-$filter_pid" 2>/dev/null
	wait "$filter_pid" 2>/dev/null
}

filter() {
	run "$here/Filter" "$@"
}

# letter_with LINE... - a message with these lines in its body
letter_with() {
	letter_id=$(date +%s%N)
	cat <<-X
		From: Ann Example <ann@example.org>
		To: readers@$node
		Subject: Minutes of the meeting
		Date: $(date -R)
		Message-ID: <$letter_id@example.org>
		MIME-Version: 1.0
		Content-Type: text/plain; charset=us-ascii

		Please find below the minutes of the last meeting of the board. We
		agreed to meet again in two weeks, at the same place. These are the
		minutes number $(echo "$letter_id" | tr 0-9 a-j).
	X
	printf '%s\n' "$@"
}

ham() {
	letter_with 'Until then.'
}

spam() {
	letter_with "$gtube"
}

# What no filter may take for spam just because it is odd, and no exit fail on.
filter_odd() {
	printf 'no header at all\n' >"$T/odd.1"
	printf 'Subject: no body\n\n' >"$T/odd.2"
	{ ham; head -c 100000 /dev/zero; } >"$T/odd.3"
	{ ham; head -c 200000 /dev/urandom; } >"$T/odd.4"
	{ printf 'Subject: '; head -c 70000 /dev/zero | tr '\0' 'x'; echo; ham; } \
		>"$T/odd.5"
	for odd in 1 2 3 4 5; do
		filter SCAN ODD <"$T/odd.$odd"
		case $status in
		0 | 2) pass "odd message $odd gets a result" ;;
		*) fail "odd message $odd gets a result" ;
			diag "exit $status: $(cat "$T/out" "$T/err")" ;;
		esac
	done
}

filter_many() {
	rm -f "$T"/many.*
	many_pids=
	for many in 1 2 3 4 5 6 7 8; do
		{
			if [ $((many % 2)) = 0 ]; then spam; else ham; fi |
				"$here/Filter" SCAN MANY >"$T/many.out.$many" 2>&1
			echo $? >"$T/many.$many"
		} &
		many_pids="$many_pids $!"
	done
	# shellcheck disable=SC2086 # a list
	wait $many_pids
	is "$(cat "$T"/many.[1-8] | tr '\n' ' ')" '0 2 0 2 0 2 0 2 ' \
		'eight at once get each their own result'
}

filter_alone() {
	ham >"$T/ham"
	filter SCAN READERS <"$T/ham"
	is "$status" 0 'an ordinary message goes on'
	like "$(cat "$T/out")" 'score -?[0-9.]+' 'and its score is told'
	filter SCAN <"$T/ham"
	is "$status" 0 'also without a list'
	spam >"$T/spam"
	filter SCAN READERS <"$T/spam"
	is "$status" 2 'GTUBE is rejected'
	like "$(cat "$T/out")" 'score [0-9.]+' 'and the reason tells its score'
	is "$(wc -l <"$T/out")" 1 'in one line'
	filter_odd
	filter_many
	filter </dev/null
	is "$status" 100 'no verb is no way to call it'
	filter SCAN A B </dev/null
	is "$status" 100 'nor are too many words'
	filter REPORT "$T/spam" </dev/null
	is "$status" 100 'nor a file'
}

# Daemons that do not work; $down: options for a port where nobody is
filter_down() {
	down_port=$(free_port)
	python3 - "$down_port" >"$T/silent" <<-'X' &
		import socket, sys, time
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(("127.0.0.1", int(sys.argv[1])))
		s.listen(50)
		print("ready", flush=True)
		time.sleep(100)
	X
	down_pid=$!
	at_exit "kill $down_pid 2>/dev/null"
	wait_for 5 grep -q ready "$T/silent"
	# shellcheck disable=SC2046 # a list of words
	filter_options $(filter_at "$down_port") -t 2
	began=$(date +%s)
	filter SCAN READERS <"$T/ham"
	is "$status" 111 'a daemon that says nothing is a failure'
	ok 'after its time-out' [ $(($(date +%s) - began)) -le 8 ]
	kill "$down_pid"
	wait "$down_pid" 2>/dev/null
	filter SCAN READERS <"$T/ham"
	is "$status" 111 'and so is one that is not there'
	like "$(cat "$T/out")" 'refused' 'which is said'
	filter REPORT <"$T/spam"
	is "$status" 111 'nothing can be reported to it'
	printf 'a\0b' >"$here/$filter_name.conf"
	filter SCAN READERS <"$T/ham"
	is "$status" 100 'options with a byte 0 are refused'
	ln -sf /dev/null "$here/$filter_name.conf"
	filter SCAN READERS <"$T/ham"
	is "$status" 100 'and so is what is no file'
	rm -f "$here/$filter_name.conf"
	mv "$here/root/usr/bin" "$here/root/usr/away"
	PATH=/nonexistent run "$here/$filter_name" SCAN READERS <"$T/ham"
	mv "$here/root/usr/away" "$here/root/usr/bin"
	is "$status" 111 'without the client it fails'
}

filter_list=readers

# scored REGEX - exits 0 when the log of lsv-score has such a line
scored() {
	[ "$(events lsv-score "$1")" -gt 0 ]
}

# took N RECIPIENT - exits 0 when the host took N messages for it
took() {
	[ "$(taken | grep -cx "$2")" = "$1" ]
}

# waiting - prints how many messages wait for the exit
waiting() {
	find "$LSV_SPOOL/score/wait" "$LSV_SPOOL/scan/new" -type f | wc -l
}

filter_in_lsv() {
	list "$filter_list"
	echo reader@example.net | subscribe "$filter_list"
	host --delay 0
	ok 'all services start' tree_up
	ham | post ann@example.org "$filter_list@$node"
	ok 'an ordinary message is distributed' \
		wait_for 30 took 1 reader@example.net
	spam | post ann@example.org "$filter_list@$node"
	ok 'GTUBE is rejected, and the log says why' \
		wait_for 30 scored 'rule=exit act=report .* why=.*score [0-9.]+ '
	ok 'its author is told' wait_for 30 took 1 ann@example.org
	like "$(cat "$T"/saved/*)" 'score' 'with the score'
	filter_ends
	ham | post ann@example.org "$filter_list@$node"
	ok 'while the daemon is away a message waits' \
		wait_for 30 scored 'waits for=retry'
	is "$(waiting)" 1 'in score/wait'
	"$1"
	lsv-service reload >/dev/null
	ok 'and is distributed when it is back' \
		wait_for 60 took 2 reader@example.net
	is "$(waiting)" 0 'then nothing waits any more'
	is "$(taken | wc -l)" 3 'and nothing came twice'
}
