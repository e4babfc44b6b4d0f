#!/bin/sh
# Hours and failover: the examples of SMTP_FORWARD_n, with a relay for each host
# and hours around the present minute. The clock is not set; the zone is.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/fleet.sh"

relay unix
relay baz
unix=$(at unix) baz=$(at baz) away=$(at away)
spare=$(at spare)
tree_make "${spare#*:}"
with crew a b c

# The wall clock of the services shows 12:00 to 12:59, so that no hour of the
# test is near midnight: "12:00-13:00" is now, whatever the time is.
zone() {
	echo "LSV$(($(date -u +%-H) - 12)):00"
}
TZ=$(zone)
export TZ

configured() {
	tree_config "$@"
	lsv-service reload
}

forget() {
	for name in unix baz away; do
		: >"$T/fleet/$name.taken"
	done
}

posted() {
	letter "$*" | to crew
	finished 15
}

# --- hours -----------------------------------------------------------------

tree_config "SMTP_FORWARD_1=$unix(12:00-13:00,13:00-14:00);$baz"
ok 'the services start' tree_up
ok 'a posting within the hours of the first host' posted
is "$(letters unix) $(letters baz)" '3 0' 'goes there'
forget
ok 'hours that are over' configured "SMTP_FORWARD_1=$unix(00:00-05:00);$baz"
ok 'a posting outside of them' posted
is "$(letters unix) $(letters baz)" '0 3' 'goes to the failover'
forget
ok 'hours on a failover, too' configured \
	"SMTP_FORWARD_1=$unix(22:00-06:00);$baz(00:00-01:00);$unix(11:00-15:00)"
ok 'a posting' posted
is "$(letters unix) $(letters baz)" '3 0' 'goes to the one that is open'

forget
ok 'two hosts, the first outside of its hours' configured \
	"SMTP_FORWARD_1=$unix(00:00-05:00)" "SMTP_FORWARD_2=$baz(10:00-15:00)"
ok 'a posting' posted
is "$(letters unix) $(letters baz)" '0 3' 'waits for no hours of another'

forget
ok 'no host is open' configured "SMTP_FORWARD_1=$unix(00:00-05:00)"
letter 'waits' | to crew
idle() {
	board | grep -q "^1[.]1 window $unix\|^1[.]1 window"
}
ok 'its worker shows that it waits for its hours' wait_for 5 idle
sleep 1
is "$(letters unix) $(letters baz)" '0 0' 'and takes nothing'
unlike "$(log lsv-smtpw | tail -n 3)" 'host-down' 'nothing is down'
ok 'its hours begin' configured "SMTP_FORWARD_1=$unix(10:00-15:00)"
ok 'what waited leaves' finished
is "$(letters unix)" 3 'to all'

# A minute that ends while the worker runs: one host closes, another opens.
minute() {
	date -d "@$(($(date +%s) + $1))" +%H:%M
}
while [ "$(date +%-S)" -lt 48 ] || [ "$(date +%-S)" -gt 55 ]; do
	sleep 0.5
done
forget
turn=$(minute 30)
ok 'hours that change within a minute' configured \
	"SMTP_FORWARD_1=$unix(10:00-$turn);$baz($turn-15:00)"
ok 'a posting before' posted
is "$(letters unix) $(letters baz)" '3 0' 'goes to the first'
while [ "$(date +%H:%M)" != "$turn" ]; do
	sleep 0.2
done
sleep 1.2
ok 'a posting after' posted
is "$(letters unix) $(letters baz)" '3 3' 'goes to the second'

# --- failover --------------------------------------------------------------

forget
ok 'a first host that is away' configured "SMTP_FORWARD_1=$away;$baz"
start=$(date +%s%N)
ok 'a posting' posted
took=$((($(date +%s%N) - start) / 1000000))
diag "over after $took ms"
is "$(letters baz)" 3 'goes to the failover'
ok 'without delay' test $took -lt 2500
like "$(log lsv-smtpw)" "host-down worker=1[.]1 host=$away .*again_ms=[56]" \
	'the first is tried again after a minute'
is "$(log lsv-smtpw | grep -c deferred)" 0 'no try counts'

for how in 421 451 554; do
	relay_end away
	relay away --on "connect=$how"
	forget
	ok "a first host that greets with $how" configured \
		"SMTP_FORWARD_1=$away;$baz"
	ok 'a posting' posted
	is "$(letters away) $(letters baz)" '0 3' 'goes to the failover'
done
relay_end away
relay away --on ehlo=550 --on helo=550
forget
ok 'a first host that refuses EHLO' configured "SMTP_FORWARD_1=$away;$baz"
ok 'a posting' posted
is "$(letters away) $(letters baz)" '0 3' 'goes to the failover'
relay_end away
relay away
forget
ok 'a first host without the TLS that is asked for' configured \
	"SMTP_FORWARD_1=$away;$baz;TLS=encrypt"
letter 'secret' | to crew
probing() {
	board | grep -q '^1[.]1 probing'
}
ok 'none of them has it: both are probed' wait_for 10 probing
is "$(letters away) $(letters baz)" '0 0' 'nothing leaves in clear'
ok 'without it' configured "SMTP_FORWARD_1=$away;$baz"
ok 'it leaves' finished
is "$(letters away) $(letters baz)" '3 0' 'through the first'

# In the middle: what is under way ends, no recipient gets it twice.
with many $(seq 1 60)
relay_end away
relay away --delay 30
forget
ok 'a host that will die' configured MAXBSMTP=3 "SMTP_FORWARD_1=$away;$baz"
letter 'a host dies' | to many
some() {
	[ "$(letters away)" -ge 6 ]
}
ok 'it takes some' wait_for 10 some
kill -9 "$(cat "$T/fleet/away.pid")"
rm "$T/fleet/away.pid"
ok 'the failover takes the rest' finished 20
is "$(cat "$T/fleet/away.taken" "$T/fleet/baz.taken" | cut -f 2 | sort -u |
	wc -l)" 60 'all get it'
twice=$(cat "$T/fleet/away.taken" "$T/fleet/baz.taken" | cut -f 2 | sort |
	uniq -d | wc -l)
ok 'only what was under way may come twice' test "$twice" -le 6

# Back within a minute of its recovery.
relay away
forget
back() {
	log lsv-smtpw | grep -q "host-back worker=1[.]1"
}
ok 'it is taken back' wait_for 65 back
ok 'a posting' posted
is "$(letters away) $(letters baz)" '3 0' 'goes to the first again'

# --- all of them are away --------------------------------------------------

relay_end away
relay_end baz
forget
letter 'nobody is there' | to crew
ok 'none can be reached' wait_for 10 probing
relay baz
ok 'mail leaves as soon as one can' finished 30
is "$(letters baz)" 3 'to all'
done_testing
