#!/bin/sh
# lsv-worker: what the workers show of themselves, orders, and the plan of a week
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/spool.sh"

cat >"$LSV_ETC/site.cfg" <<'END'
NODE=lists.example.org
POSTMASTER=ann@example.net
SMTP_FORWARD=fallback.example.org
SMTP_FORWARD_1="2*relay.example.org(22:00-06:00);day.example.org:2525(MON-FRI 06:00-22:00);POOL=AB"
SMTP_FORWARD_3="[2001:db8::1];POOL=C-"
END
ok 'a configuration with windows and pools is applied' lsv-config apply
lsv-spool make 2>"$T/err" || diag "$(cat "$T/err")"

# --- plan ------------------------------------------------------------------

run lsv-worker plan --at '2026-11-23 03:00' --json
is "$status" 0 'plan: exit 0'
is "$(json 'sorted(d[0])')" \
	"['entry', 'pools', 'port', 'state', 'target', 'until', 'worker']" \
	'plan: an object has these members'
is "$(json '[w["worker"] for w in d]')" "['1.1', '1.2', '3.1', '0.1']" \
	'plan: every worker, that of the fallback last'
is "$(json '[w["entry"] for w in d][0::3]')" \
	"['SMTP_FORWARD_1', 'SMTP_FORWARD']" 'plan: entries by name'
is "$(json '[d[0][k] for k in ("pools", "target", "port", "state", "until")]')" \
	"['AB', 'relay.example.org', 25, 'deliver', '2026-11-23T06:00:00']" \
	'plan: at night the relay of the night, until the morning'
is "$(json '[d[2][k] for k in ("pools", "target", "port", "state", "until")]')" \
	"['C-', '2001:db8::1', 25, 'deliver', None]" \
	'plan: without windows nothing changes'
is "$(json 'd[3]["pools"]')" 'DEFGHIJKLMNOPQRSTUVWXYZ' \
	'plan: the fallback serves the other pools'
run lsv-worker plan --at 'Tue 12:00' --json
is "$(json '[d[0][k] for k in ("target", "port", "state")]')" \
	"['day.example.org', 2525, 'deliver']" 'plan: by day its failover'
run lsv-worker plan --at '2026-11-22 12:00' --json
is "$(json '[d[0][k] for k in ("target", "port", "state", "until")]')" \
	"[None, None, 'idle', '2026-11-22T22:00:00']" \
	'plan: on Sunday at noon it is idle until the evening'
run lsv-worker plan --at '2026-11-22 12:00'
like "$(cat "$T/out")" \
	'^1.1 +SMTP_FORWARD_1 +AB +idle  until Sun 22 Nov 2026 22:00:00$' \
	'plan: the same for people'
run env TZ=America/New_York lsv-worker plan --at '2026-11-22 12:00' --json
is "$(json 'd[0]["until"]')" '2026-11-22T22:00:00' 'plan: times are local'
run lsv-worker plan --at 'Sunday noon'
is "$status" 100 'plan: no such time: exit 100'
like "$(cat "$T/err")" 'a time such as 23:30 is expected' 'plan: and says why'

cat >"$T/other.cfg" <<'END'
NODE=lists.example.org
POSTMASTER=ann@example.net
SMTP_FORWARD_7="other.example.org:587"
END
mkdir "$T/tmp"
run env TMPDIR="$T/tmp" lsv-worker plan --config "$T/other.cfg" --json
is "$(json '[(w["entry"], w["target"], w["port"], w["pools"]) for w in d]')" \
	"[('SMTP_FORWARD_7', 'other.example.org', 587, '*')]" \
	'plan: of a file that is not applied'
is "$(ls "$T/tmp")" '' 'plan: leaves nothing'
echo 'SMTP_FORWARD_7="other.example.org:99999"' >>"$T/other.cfg"
run lsv-worker plan --config "$T/other.cfg"
is "$status" 100 'plan: a file with errors: exit 100'
like "$(cat "$T/err")" "other.cfg:4:[0-9]+: " 'plan: and says where'

# --- show without workers --------------------------------------------------

run lsv-worker show
is "$status" 0 'show: no workers: exit 0'
like "$(cat "$T/out")" '^lsv-smtpw does not run' 'show: says that none runs'
like "$(cat "$T/out")" '^1.2 +AB +stopped ' 'show: the workers there should be'
like "$(cat "$T/out")" \
	'no SMTP_FORWARD_n serves pools DEFGHIJKLMNOPQRSTUVWXYZ: mail there' \
	'show: pools without worker'

# --- show ------------------------------------------------------------------

play <<'END'
worker 1.1 entry=1 pools=AB state=delivering target=0 host=relay.example.org port=25 tls=TLSv1.3 job=0647c1a2b3d4e.9f02c4d1aa pool=A delivered=500 code=250 enh=2.0.0 text=Ok:_queued
worker 1.2 entry=1 pools=AB state=window until=3600 target=-1
worker 3.1 entry=3 pools=C- state=probing until=60 probe0=60 host=2001:db8::1 port=25 why=connection_refused
END
run lsv-worker show
like "$(cat "$T/out")" \
	'^1.1 +AB +delivering +relay.example.org:25 TLSv1.3 +0647c1a2b3d4e.9f02c4d1aa +0.0  250 2.0.0 Ok: queued$' \
	'show: a worker at work'
like "$(cat "$T/out")" '^1.2 +AB +window .* until [A-Z][a-z][a-z] [0-9]+ ' \
	'show: one that waits for its window'
like "$(cat "$T/out")" '^3.1 +C- +probing .* connection refused; $' \
	'show: one whose host is dead'
like "$(cat "$T/out")" '^0.1 .* stopped ' 'show: one that is missing'
run lsv-worker show --json
is "$(json '[d["running"], d["unserved"]]')" \
	"[True, 'DEFGHIJKLMNOPQRSTUVWXYZ']" 'show: JSON: what is true of all'
is "$(json '[d["workers"][0][k] for k in ("worker", "entry", "line", "pools", "state", "host", "port", "tls", "job", "pool", "delivered")]')" \
	"['1.1', 'SMTP_FORWARD_1', 4, 'AB', 'delivering', 'relay.example.org', 25, 'TLSv1.3', '0647c1a2b3d4e.9f02c4d1aa', 'A', 500]" \
	'show: JSON: a worker'
is "$(json 'd["workers"][0]["reply"]["text"]')" 'Ok: queued' \
	'show: JSON: the last reply'
is "$(json '[w["state"] for w in d["workers"]]')" \
	"['delivering', 'window', 'probing', 'stopped']" 'show: JSON: states'
timeout 1 lsv-worker --watch -i 200ms --json show >"$T/out"
ok 'show --watch: again and again' test "$(wc -l <"$T/out")" -ge 3
if is_root; then
	run s6-setuidgid nobody lsv-worker show
	is "$status" 100 'others may not look'
else
	skip 'we are not root'
fi

# --- orders ----------------------------------------------------------------

orders() {
	sed -n 's/ [0-9]*$//p' "$pool/orders"
}

run lsv-worker -n pause pool a
is "$status $(cat "$T/out")" '0 pool A would be paused' 'dry run: says what'
is "$(cat "$pool/orders")" '' 'dry run: and does nothing'
run lsv-worker pause pool a
is "$status $(cat "$T/out")" '0 pool A is now paused' 'pause: a pool'
run lsv-worker drain worker 1.2
is "$status $(cat "$T/out")" '0 worker 1.2 is now drained' 'drain: a worker'
run lsv-worker pause host 'Day.Example.org'
is "$status" 0 'pause: a host'
run lsv-worker pause host '[2001:db8::1]' --json
is "$(json '[d[k] for k in ("order", "what", "name", "changed", "running")]')" \
	"['pause', 'host', '2001:db8::1', True, True]" 'pause: JSON'
is "$(orders)" "lsv-orders
pause pool A
drain worker 1.2
pause host day.example.org
pause host 2001:db8::1" 'they are in the file'
is "$(stat -c %a "$pool/orders")" 640 'which others may not read'
run lsv-worker pause pool A
is "$status $(cat "$T/out")" '0 pool A was already paused' \
	'an order given twice'
run lsv-worker show
like "$(cat "$T/out")" '^drain worker 1.2 since ' 'show: orders'
run lsv-worker resume worker 1.2
is "$(cat "$T/out")" 'worker 1.2 is now resumed' 'resume: a worker'
run lsv-worker resume pool A
run lsv-worker resume host day.example.org
run lsv-worker resume host 2001:db8::1
is "$(cat "$pool/orders")" "lsv-orders 1
end" 'resume: all orders are taken back'
run lsv-worker drain worker 1
run lsv-worker resume worker 1.1
like "$(cat "$T/err")" 'an order for all of worker 1$' \
	'resume: warns of an order that stays'
run lsv-worker pause worker 9.1
is "$status" 100 'no such worker: exit 100'
run lsv-worker pause worker 1.3
is "$status" 100 'no such number of a worker: exit 100'
run lsv-worker pause host nowhere.example.org
is "$status" 100 'no such host: exit 100'
run lsv-worker pause pool AB
is "$status" 100 'no such pool: exit 100'
run lsv-worker pause list X
is "$status" 100 'nothing that can be paused: exit 100'
echo rubbish >"$pool/orders"
run lsv-worker pause pool B
is "$status" 0 'a damaged file is begun anew'
like "$(cat "$T/err")" 'damaged' 'and told of'
is "$(orders)" "lsv-orders
pause pool B" 'with the new order in it'
for i in 1 2 3 4 5 6 7 8; do
	lsv-worker pause pool "$(printf '%s' CDEFGHIJ | cut -c $i)" \
		>/dev/null 2>>"$T/many.err" &
	many="${many:-} $!"
done
# shellcheck disable=SC2086 # a list of processes
wait $many
is "$(orders | grep -c '^pause pool')" 9 'orders given at once are all kept'
run lsv-spool check
is "$status" 0 'lsv-spool finds all of it right'

run lsv-worker -h
is "$status" 0 '-h: exit 0'
run lsv-worker
is "$status" 100 'no command: exit 100'
run lsv-worker show me
is "$status" 100 'a word too many: exit 100'
done_testing
