#!/bin/sh
# Why mail is still here: what lsv-explain and lsv-worker say of mail that real
# workers have not delivered, and orders that they obey
# shellcheck disable=SC2119 # functions with arguments of their own
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

# pool X: mail goes there from now on
through() {
	sed -i "s/^DEFAULT_LIST_POOL=.*/DEFAULT_LIST_POOL=\"$1\"/" \
		"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
	lsv-service reload >"$T/reload" 2>&1 || diag "$(cat "$T/reload")"
}

# waits X RULE: lsv-explain gives this rule for the pool
waits() {
	lsv-explain pool "$1" --json >"$T/out" 2>"$T/err" &&
		[ "$(json 'd["pools"][0]["rule"]')" = "$2" ]
}

# explains RULE ENTRY NAME: lsv-explain gives this rule for the file $id, and
# the line of the entry that decided
explains() {
	run lsv-explain job "$id" --json
	is "$(json '[d["files"][0][k] for k in ("rule", "decided_by", "line")]')" \
		"['$1', '$2', $(line "$2")]" "$3"
}

in_pool() {
	[ -n "$(ls -A "$LSV_SPOOL/pool/$1/$2")" ]
}

state() {
	lsv-worker show --json >"$T/out" &&
		[ "$(json "[w['state'] for w in d['workers'] if w['worker'] == '$1'][0]")" = "$2" ]
}

line() {
	grep -n "^$1=" "$LSV_ETC/site.cfg" | cut -d : -f 1
}

got() {
	taken | grep -qx "$1@example.net"
}

port=$(free_port)
hour=$(TZ=UTC date +%H)
closed="$(printf '%02d:00-%02d:00' $(((${hour#0} + 2) % 24)) \
	$(((${hour#0} + 3) % 24)))"
tree_make "$port" 'DEFAULT_LIST_POOL="A"' \
	"SMTP_FORWARD_1=\"127.0.0.1:$port($closed);POOL=A\"" \
	"SMTP_FORWARD_2=\"127.0.0.1:$port;POOL=B;RATE=2/m\"" \
	'SMTP_FORWARD_3="127.0.0.1:1;POOL=C"' \
	"SMTP_FORWARD_5=\"127.0.0.1:$port;POOL=E\""
host
tree_up || diag 'not up'
with ONE anna
with TWO bert
with SIX carl

# --- a window --------------------------------------------------------------

letter | to ONE
ok 'a posting for a pool out of its hours stays' \
	wait_for 15 in_pool A now
id=$(ls "$LSV_SPOOL/pool/A/now")
ok 'its worker waits for the window' wait_for 5 state 1.1 window
explains window SMTP_FORWARD_1 'the reason is the window, and its line is named'
is "$(json '3600 < d["files"][0]["next"] - now <= 7200')" 'True' \
	'it is tried when the window opens'
run lsv-explain job "$id"
diag "$(cat "$T/out")"

# --- a rate limit ----------------------------------------------------------

through B
letter | to ONE
ok 'the first copy under a rate goes at once' wait_for 15 got anna
letter | to TWO
ok 'the second waits' wait_for 15 in_pool B now
ok 'and its worker for the rate' wait_for 5 state 2.1 limited
id=$(ls "$LSV_SPOOL/pool/B/now")
explains rate-limit SMTP_FORWARD_2 'the reason is the rate, and its line is named'
is "$(json '0 <= d["files"][0]["next"] - now + 1 <= 32')" 'True' \
	'it goes within half a minute'
run lsv-explain job "$id"
diag "$(cat "$T/out")"
ok 'and so it does' wait_for 40 got bert

# --- a dead host -----------------------------------------------------------

through C
letter | to ONE
ok 'a posting for a dead host stays' wait_for 15 in_pool C now
ok 'its worker probes' wait_for 10 state 3.1 probing
id=$(ls "$LSV_SPOOL/pool/C/now")
explains dead-host SMTP_FORWARD_3 'the reason is the host, and its line is named'
is "$(json '-2 <= d["files"][0]["next"] - now <= 900')" 'True' \
	'it is tried again in a minute, or later'
run lsv-explain job "$id"
like "$(cat "$T/out")" '127.0.0.1:1 could not be reached: ' \
	'the host is named'
diag "$(cat "$T/out")"

# --- a pool without worker -------------------------------------------------

run lsv-explain pool D --json
is "$(json '[d["pools"][0][k] for k in ("rule", "decided_by", "line", "next_worker")]')" \
	"['unserved-pool', 'SMTP_FORWARD', $(line SMTP_FORWARD), '0.1']" \
	'a pool without worker goes through SMTP_FORWARD'
run lsv-explain pool D
diag "$(cat "$T/out")"

# --- orders ----------------------------------------------------------------

through E
ok 'pause a pool' lsv-worker pause pool E
ok 'its worker obeys' wait_for 5 state 5.1 paused
letter | to SIX
ok 'a posting for a paused pool stays' wait_for 15 in_pool E now
ok 'the reason is the order' waits E paused
ok 'resume the pool' lsv-worker resume pool E
ok 'and the posting leaves' wait_for 10 got carl
ok 'drain a worker' lsv-worker drain worker 5
ok 'it obeys' wait_for 5 state 5.1 drained
ok 'the rule is the order' waits E drained
ok 'resume it' lsv-worker resume worker 5
ok 'it is ready again' waits E next-worker
ok 'pause a host' lsv-worker pause host 127.0.0.1
ok 'each worker of it obeys' wait_for 5 state 5.1 paused
ok 'resume the host' lsv-worker resume host 127.0.0.1
done_testing
