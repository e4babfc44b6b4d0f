#!/bin/sh
# Many files in a pool, many workers for one posting, two hosts for one pool,
# and a host behind a firewall: figures that have to hold.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/sinks.sh"

sink one
sink two
tree_make "$(free_port)" "SMTP_FORWARD_1=2*$(sink_at one)"

# --- lsv-smtpw alone, with files that we made ------------------------------

# waiting FILES RCPTS - so many mail files of so many recipients, in pool -
waiting() {
	waiting_id=$(printf '%013x.%010x' "$(date +%s)000000" 0)
	# shellcheck disable=SC2046 # a word each
	"$LSV_BUILD/tests/lib/mkmail" "$T/$waiting_id" TEST "owner-test@$node" \
		$(seq -f '%.0f@example.net' "$2") </dev/null
	python3 - "$T/$waiting_id" "$LSV_SPOOL/pool/default/now" "$1" <<-'P'
		import os, sys
		model, to, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
		old = os.path.basename(model)
		with open(model, "rb") as f:
		    text = f.read()
		at = int(old[:13], 16)
		for i in range(n):
		    new = "%013x.%010x" % (at + i, i + 1)
		    name = os.path.join(to, new)
		    with open(name, "wb") as f:
		        f.write(text.replace(old.encode(), new.encode()))
		    os.chmod(name, 0o660)
	P
	rm "$T/$waiting_id"
	! is_root || chown -R lsvroute:lsvjob "$LSV_SPOOL/pool/default/now"
}

alone_pid=
alone_end() {
	[ -n "$alone_pid" ] || return 0
	kill "$alone_pid" 2>/dev/null
	wait "$alone_pid"
	alone_pid=
}
at_exit alone_end

# cpu_ns - processor time of lsv-smtpw and its workers so far
cpu_ns() {
	# shellcheck disable=SC2046 # file names
	awk '{ n += $1 } END { printf "%.0f", n }' \
		$(printf '/proc/%s/schedstat\n' "$alone_pid" \
		$(pgrep -P "$alone_pid"))
}

# alone FILES RCPTS - delivers them all: $first_ms from the start to the first
# of them, $used_ns of processor time
alone() {
	rm -f "$LSV_SPOOL"/pool/finished/*
	waiting "$1" "$2"
	"$TOP/bench/ctl.py" "$(cut -d ' ' -f 2 "$T/sinks/one.up")" RESET >"$T/reset"
	alone_start=$(date +%s%N)
	if is_root; then
		s6-setuidgid lsvsmtp lsv-smtpw >"$T/alone" 2>&1 &
	else
		lsv-smtpw >"$T/alone" 2>&1 &
	fi
	alone_pid=$!
	alone_want=$(($1 * $2))
	ok "$1 files of $2 recipients are delivered" wait_for 90 alone_over
	used_ns=$(cpu_ns)
	alone_end
	is "$(find "$LSV_SPOOL/pool/finished" -type f | wc -l)" "$1" \
		'and finished'
	first_ms=$((($(sink_stat one t_first_msg) - alone_start) / 1000000))
}
alone_over() {
	[ "$(sink_stat one rcpts)" = "$alone_want" ] &&
		[ -z "$(ls "$LSV_SPOOL/pool/default/now")" ]
}

# What a file costs beyond the start of the programs; in memory, since the time
# of a disk is none of a pick.
disk=$LSV_SPOOL
memory=$(mktemp -d /dev/shm/lsv-test.XXXXXX) || exit 1
at_exit "rm -rf $memory"
chmod 755 "$memory"
LSV_SPOOL=$memory/spool
lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
alone 100 1
start_ns=$used_ns
alone 1100 1
few_ns=$(((used_ns - start_ns) / 1000))
alone 10100 1
many_ns=$(((used_ns - start_ns) / 10000))
diag "$((few_ns / 1000)) us of processor time for a file when 1,000 wait," \
	"$((many_ns / 1000)) us when 10,000 do"
ok 'to pick the next one of 10,000 takes 50 us at most' \
	test $((many_ns - few_ns)) -le 50000
LSV_SPOOL=$disk
alone 1000 1000
diag "the first of 1,000,000 recipients was reached after $first_ms ms"
ok '1,000,000 waiting recipients: the first is reached within 1 s' \
	test "$first_ms" -le 1000
rm -f "$LSV_SPOOL"/pool/finished/*

# --- one posting, all workers ----------------------------------------------

filled() {
	list "$1"
	seq "$2" | sed 's/$/@example.net/' |
		lsv-list import "$1" >"$T/import" 2>&1 ||
		diag "$(cat "$T/import")"
}
filled thousand 1000
filled crowd 30000
filled few 3

# relays OPTION... - both are new, and have taken nothing
relays() {
	for relays_name in one two; do
		sink_end $relays_name
		rm -f "$T/sinks/$relays_name.log"
		sink $relays_name "$@"
	done
}

relays -L 50000
tree_config "SMTP_FORWARD_1=4*$(sink_at one)"
ok 'the services start' tree_up
letter 'to a thousand' | to thousand
ok 'a posting to 1,000 is over' finished 30
shares=$(log lsv-smtpw | awk '/ sent / {
		for (i = 1; i <= NF; i++) {
			split($i, v, "=")
			f[v[1]] = v[2]
		}
		n[f["worker"]] += f["delivered"]
	} END { for (w in n) print n[w], w }' | sort -n)
diag "delivered: $(echo "$shares" | tr '\n' ';')"
is "$(echo "$shares" | awk '$1 >= 150' | wc -l)" 4 \
	'each of four workers delivered its part of it'

# --- two hosts, one pool ---------------------------------------------------

relays -L 20000
tree_config "SMTP_FORWARD_1=2*$(sink_at one)" "SMTP_FORWARD_2=$(sink_at two)"
ok 'two workers for one host, one for another' lsv-service reload
letter 'to all' | to crowd
ok 'a posting to 30,000 is over' finished 60
one=$(taken_by one) two=$(taken_by two)
diag "one $one, two $two"
is $((one + two)) 30000 'everybody got it'
ok 'the first host two thirds of it, within 5 %' \
	test "$one" -ge 19000 -a "$one" -le 21000
ok 'the second host one third' test "$two" -ge 9500 -a "$two" -le 10500

# --- a host that cannot be reached -----------------------------------------

blackhole_pid=
blackhole_end() {
	[ -n "$blackhole_pid" ] || return 0
	kill "$blackhole_pid" 2>/dev/null
	wait "$blackhole_pid" 2>/dev/null
	blackhole_pid=
}
at_exit blackhole_end
away=$(free_port)
"$TOP/tests/lib/blackhole.py" "$away" >"$T/blackhole" &
blackhole_pid=$!
wait_for 10 test -s "$T/blackhole" || diag 'no black hole'
relays
tree_config CONNECT_TIMEOUT=2s "SMTP_FORWARD_1=127.0.0.1:$away;$(sink_at two)"
ok 'a first host that nothing comes back from' lsv-service reload
start=$(date +%s%N)
letter 'fail over' | to few
arrived() {
	[ "$(taken_by "$1")" -ge "$2" ]
}
ok 'mail leaves through the second' wait_for 10 arrived two 3
took=$((($(date +%s%N) - start) / 1000000))
diag "after $took ms"
ok 'it waited for CONNECT_TIMEOUT, no less' test $took -ge 1900
ok 'and for 1 s more at most' test $took -le 3000
if [ -n "${LSV_STORM:-}" ]; then
	blackhole_end
	echo "$away" >"$T/sinks/back.port"
	sink back
	back() {
		log lsv-smtpw | grep -q 'host-back worker=1[.]1'
	}
	ok 'the first host is back: that is seen within 60 s' wait_for 61 back
	letter 'back' | to few
	ok 'and mail leaves through it' wait_for 5 arrived back 3
fi
lsv-service down >/dev/null 2>&1
is "$(sink_stat one protoerr) $(sink_stat two protoerr)" '0 0' \
	'no rule was broken'
done_testing
