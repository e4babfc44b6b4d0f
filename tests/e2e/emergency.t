#!/bin/sh
# An emergency posting in a pool of its own, while the workers of another pool
# are busy and many large postings stand in front of it: at its relay within
# 2 s.  So it is with a SPAM_EXIT that takes 5 s for each of the large ones.
#
# Subscribers of the large list: 50,000; with LSV_STORM set (make check-storm)
# 1,000,000.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/sinks.sh"

n=50000
[ -z "${LSV_STORM:-}" ] || n=1000000
sink slow -L 100000
sink fast
configured() {
	"$1" ${2:+"$2"} DEFAULT_LIST_POOL=A MAXBSMTP=100 \
		"SMTP_FORWARD_1=2*$(sink_at slow);POOL=A-" \
		"SMTP_FORWARD_2=$(sink_at fast);POOL=B"
}
configured tree_make "$(free_port)"
mkdir "$LSV_ETC/exits"
cat >"$LSV_ETC/exits/SLOW" <<'X'
#!/bin/sh
grep -q '^Subject: letter slow' spam.tmp && sleep 5
exit 0
X
chmod 755 "$LSV_ETC/exits" "$LSV_ETC/exits/SLOW"

filled() {
	filled_name=$1 filled_n=$2
	shift 2
	list "$filled_name" "$@"
	seq "$filled_n" | sed 's/$/@example.net/' | subscribe "$filled_name"
}

filled crowd "$n"
filled emergency 3 'Delivery-Pool= B'
ok 'the services start' tree_up

# sent N - so many emergency postings have left to all
sent() {
	[ "$(taken_by fast)" -ge $((3 * $1)) ]
}
busy() {
	[ "$(taken_by slow)" -ge 1000 ]
}
# ms COMMAND... - how long it takes until it exits 0, at most a minute
ms() {
	ms_start=$(date +%s%N)
	wait_for 60 "$@" || echo never
	echo $((($(date +%s%N) - ms_start) / 1000000))
}

letter 'to warm up' | to emergency
ok 'an emergency posting while nothing else is there' wait_for 5 sent 1
letter 'large' | to crowd
ok "the workers of pool A are busy with $n recipients" wait_for 60 busy
letter 'first emergency' | to emergency
took=$(ms sent 2)
diag "at its relay after $took ms"
ok 'an emergency posting leaves within 2 s' test "$took" -le 2000

# waiting SERVICE N - so many files are in its inbox
waiting() {
	[ "$(find "$LSV_SPOOL/$1/new" -type f | wc -l)" -ge "$2" ]
}

# The services stand still while the queue in front of it grows.
still() {
	for name in lsv-score lsv-route; do
		kill "$1" "$(tree_pid $name)"
	done
}
still -STOP
for i in $(seq 20); do
	letter "large $i" | to crowd
done
ok '20 large ones wait in score/' waiting score 20
letter 'second emergency' | to emergency
still -CONT
took=$(ms sent 3)
diag "behind 20 in score/: at its relay after $took ms"
ok 'behind 20 large ones in score/, too' test "$took" -le 2000

# Once more with the large ones further on their way: in route/.
kill -STOP "$(route_pid)"
for i in $(seq 20); do
	letter "large again $i" | to crowd
done
ok '20 large ones wait in route/' wait_for 10 waiting route 20
letter 'third emergency' | to emergency
kill -CONT "$(route_pid)"
took=$(ms sent 4)
diag "behind 20 in route/: at its relay after $took ms"
ok 'behind 20 large ones in route/, too' test "$took" -le 2000
before=$(taken_by slow)
more() {
	[ "$(taken_by slow)" -gt $((before + 1000)) ]
}
ok 'and the large ones go on' wait_for 20 more

# And with 20 of them at SPAM_EXIT, which is asked about the emergency, too.
reloaded() {
	[ "$(events lsv-score 'configuration read again')" -ge 1 ] &&
		[ "$(events lsv-scan 'configuration read again')" -ge 1 ]
}
configured tree_config SPAM_EXIT=SLOW
lsv-service reload >/dev/null
wait_for 10 reloaded
kill -STOP "$(tree_pid lsv-score)"
for i in $(seq 20); do
	letter "slow $i" | to crowd
done
letter 'fourth emergency' | to emergency
kill -CONT "$(tree_pid lsv-score)"
took=$(ms sent 5)
diag "with 20 at SPAM_EXIT: at its relay after $took ms"
ok 'with 20 large ones at SPAM_EXIT, too' test "$took" -le 2000
ok 'where it has been itself' \
	test "$(log lsv-score | grep -c 'list=EMERGENCY .* exit=0 ')" = 1
is "$(find "$LSV_SPOOL/score/wait" -type f | wc -l)" 20 'the large ones are still there'
lsv-service down >/dev/null 2>&1
for name in slow fast; do
	is "$(sink_stat $name protoerr) $(sink_stat $name early)" '0 0' \
		"$name: no rule was broken"
done
done_testing
