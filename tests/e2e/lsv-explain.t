#!/bin/sh
# lsv-explain: who takes mail now or next, and why it is still here
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/spool.sh"

mkmail=$LSV_BUILD/tests/lib/mkmail

# a file in a pool, as lsv-route makes it: mail POOL FILE LIST SENDER RCPT...
mail() {
	mail_pool=$1
	shift
	$mkmail -p "$mail_pool" "$@" || diag "no mail: $*"
	! is_root || chown lsvroute:lsvjob "$1"
}

# A is open at an hour of the past and of the future only
hour=$(date +%H)
closed="$(printf '%02d:00-%02d:00' $(((${hour#0} + 2) % 24)) \
	$(((${hour#0} + 3) % 24)))"
cat >"$LSV_ETC/site.cfg" <<END
NODE=lists.example.org
POSTMASTER=ann@example.net
SMTP_FORWARD=fallback.example.org
RETRY_MIN=10m
SMTP_RATE_LIMIT="D:80kbps"
SMTP_FORWARD_1="relay.example.org($closed);POOL=A"
SMTP_FORWARD_2="2*one.example.org;two.example.org;POOL=B"
SMTP_FORWARD_4="four.example.org;POOL=D"
END
ok 'a configuration with a window, a failover and a limit' lsv-config apply
lsv-spool make 2>"$T/err" || diag "$(cat "$T/err")"

# --- nobody runs -----------------------------------------------------------

run lsv-explain pool B --json
is "$status" 0 'exit 0'
is "$(json 'd["pools"][0]["rule"]')" 'service-down' \
	'without lsv-smtpw that is the reason'

# --- other servers ---------------------------------------------------------

run lsv-explain pool peer
like "$(cat "$T/out")" 'lsv-peer takes what goes to other servers' \
	'pool peer: who takes its files'
run lsv-explain pool peer --json
is "$(json 'd["pools"][0]["pools"]')" peer 'and in JSON'
id=$(made 60 9)
$mkmail -s CEARN "$pool/peer/now/$id" TEST owner-test@lists.example.org \
	ann@example.net </dev/null
! is_root || chown lsvroute:lsvjob "$pool/peer/now/$id"
run lsv-explain job "$id"
like "$(cat "$T/out")" 'waits for lsv-peer, which sends it to LISTSERV@CEARN' \
	'a job for another server: for whom it waits'
unlike "$(cat "$T/out")" 'worker' 'and no worker is named'
rm -f "$pool/peer/now/$id"

# --- pools -----------------------------------------------------------------

id=$(made 60 1)
play <<END
worker 1.1 entry=1 pools=A state=window until=3600 target=-1
worker 2.1 entry=2 pools=B state=delivering target=0 host=one.example.org port=25 job=$id pool=B code=250 enh=2.0.0 text=Ok:_queued
worker 2.2 entry=2 pools=B state=idle
worker 4.1 entry=4 pools=D state=limited until=50 code=250 enh=2.0.0 text=Fine
worker 0.1 entry=0 pools=CEFGHIJKLMNOPQRSTUVWXYZ- state=idle
bucket D 80000 4020000
END

run lsv-explain pool A --json
is "$(json '[d["pools"][0][k] for k in ("pools", "rule", "decided_by", "line")]')" \
	"['A', 'window', 'SMTP_FORWARD_1', 6]" 'a window: the line that decided'
is "$(json 'd["pools"][0]["workers"][0]["state"]')" 'window' \
	'a window: the worker waits'
is "$(json '3600 < d["pools"][0]["workers"][0]["from"] - now <= 7200')" 'True' \
	'a window: it opens in two hours'
run lsv-explain pool a
like "$(cat "$T/out")" \
	'^  why    no target of SMTP_FORWARD_1 is open at this time; the next window opens on ' \
	'a window: in words'
like "$(cat "$T/out")" '^  rule   window, SMTP_FORWARD_1 in line 6 of site.cfg$' \
	'a window: rule and line'
like "$(cat "$T/out")" '^  worker 1.1 +window .* from .*line 6' \
	'a window: each worker'

run lsv-explain pool B
like "$(cat "$T/out")" \
	'^  next   worker 2.1 to one.example.org:25, SMTP_FORWARD_2 in line 7 of site.cfg$' \
	'a pool that is served: by whom'
like "$(cat "$T/out")" '^  rule   next-worker, ' 'a pool that is served: rule'
like "$(cat "$T/out")" \
	'^  last   250 2.0.0 Ok: queued \(to worker 2.1 from one.example.org, ' \
	'a pool that is served: the last reply'

run lsv-explain pool D --json
is "$(json '[d["pools"][0][k] for k in ("rule", "decided_by", "line")]')" \
	"['rate-limit', 'SMTP_RATE_LIMIT', 5]" 'a limit: the line that decided'
is "$(json '45 < d["pools"][0]["workers"][0]["from"] - now <= 51')" 'True' \
	'a limit: until when'

run lsv-explain pool default --json
is "$(json '[d["pools"][0][k] for k in ("pools", "rule", "decided_by", "line", "next_worker")]')" \
	"['-', 'unserved-pool', 'SMTP_FORWARD', 3, '0.1']" \
	'a pool without worker goes through SMTP_FORWARD'
like "$(json 'd["pools"][0]["why"]')" \
	'^no SMTP_FORWARD_n serves this pool: its mail goes through SMTP_FORWARD; worker 0.1 takes' \
	'and it says so'
run lsv-explain pool AB
is "$status" 100 'no pool: exit 100'

lsv-worker pause pool B >"$T/said"
run lsv-explain pool B
like "$(cat "$T/out")" \
	'pool B was paused by order on .*; lsv-worker resume pool B lets it go on$' \
	'a pause: who said so, and what ends it'
like "$(cat "$T/out")" '^  next   nobody knows when$' 'a pause: for how long'
lsv-worker resume pool B >"$T/said"

# --- jobs ------------------------------------------------------------------

later=$(made 7200 2) waits=$(made 30 3) done_id=$(made 40 4)
due=$(us 300) tried=$(us -100)
mail A "$pool/A/now/$waits" TEST owner-test@lists.example.org \
	ann@example.com </dev/null
mail B "$pool/B/later/$later" OTHER owner-other@lists.example.org \
	ann@example.com joe@example.net <<END
D 0-0 250 2.0.0 $tried one.example.org:25 Ok: queued
R 1-1 450 4.2.1 $tried one.example.org:25 Mailbox busy
L $due 1
END
mail B "$pool/B/now/$id" OTHER owner-other@lists.example.org \
	kim@example.net </dev/null
mail - "$pool/finished/$done_id" '' '' bob@example.com <<END
F 0-0 550 5.1.1 $tried one.example.org:25 User unknown
E
END

run lsv-explain job "$waits" --json
is "$status" 0 'a job: exit 0'
is "$(json '[d["files"][0][k] for k in ("rule", "decided_by", "line", "last_reply")]')" \
	"['window', 'SMTP_FORWARD_1', 6, None]" 'a job: waits for a window'
is "$(json '3600 < d["files"][0]["next"] - now <= 7200')" 'True' \
	'a job: until it opens'
run lsv-explain job "$waits"
like "$(cat "$T/out")" '^  state  now, pool A, list TEST; 1 of 1 recipients left$' \
	'a job: for people'
like "$(cat "$T/out")" '^  next   [A-Z].*: worker 1.1 to relay.example.org:25, SMTP_FORWARD_1 in line 6' \
	'a job: when, who and by which line'

run lsv-explain job "$later"
like "$(cat "$T/out")" '^  rule   retry, RETRY_MIN in line 4 of site.cfg$' \
	'a retry: the line that decided'
like "$(cat "$T/out")" \
	'^  next   .*: worker 2.1 to one.example.org:25, SMTP_FORWARD_2 in line 7' \
	'a retry: who takes it then'
like "$(cat "$T/out")" '^  last   retry 450 4.2.1 Mailbox busy \(one.example.org:25, ' \
	'a retry: the last reply'
run lsv-explain --json job "$later"
is "$(json '290 < d["files"][0]["next"] - now <= 301')" 'True' \
	'a retry: when'
run lsv-explain job "$done_id" --json
is "$(json '[d["files"][0][k] for k in ("state", "rule")]')" \
	"['finished', 'service-down']" 'a job on its way home'
run lsv-explain job 0000000000000.0000000000
is "$status" 1 'nothing known: exit 1'
run lsv-explain job 'NEWS'
is "$status" 100 'no ID: exit 100'

# --- addresses -------------------------------------------------------------

run lsv-explain address ann@example.com --json
is "$(json 'sorted((f["state"], f["recipient"]) for f in d["files"])')" \
	"[('later', 'delivered'), ('now', 'untried')]" \
	'an address: each file, and what became of it there'
is "$(json '[f["last_reply"]["text"] for f in d["files"] if f["last_reply"]]')" \
	"['Ok: queued']" 'an address: the last reply about it'
run lsv-explain address joe@example.net
like "$(cat "$T/out")" '^  rcpt   joe@example.net: retry$' \
	'an address: for people'
run lsv-explain address nobody@example.net
is "$status" 1 'an address nobody knows: exit 1'
run lsv-explain address 'no address'
is "$status" 100 'no address: exit 100'

# --- a dead host -----------------------------------------------------------

play <<'END'
worker 2.1 entry=2 pools=B pid=77 state=delivering target=1 probe0=60 host=two.example.org port=25
worker 2.2 entry=2 pools=B pid=78 state=probing until=60 probe0=60 probe1=90 why=connection_refused
END
run lsv-explain pool B --json
is "$(json '[(w["worker"], w["state"], w["host"]) for w in d["pools"][0]["workers"]]')" \
	"[('2.1', 'deliver', 'two.example.org'), ('2.2', 'dead-host', 'one.example.org')]" \
	'a dead host: its failover takes over'
play <<'END'
worker 2.1 entry=2 pools=B state=probing until=60 target=0 probe0=60 probe1=90 host=one.example.org port=25 code=421 enh=4.3.2 text=closing why=connection_refused
END
run lsv-explain job "$id"
like "$(cat "$T/out")" \
	'^  why    one.example.org:25 could not be reached: connection refused, nor any other target that is open; it is tried again [A-Z]' \
	'all dead: which, why, and when it is tried again'
like "$(cat "$T/out")" '^  rule   dead-host, SMTP_FORWARD_2 in line 7 of' \
	'all dead: rule and line'
run lsv-explain job "$id" --json
is "$(json '50 < d["files"][0]["next"] - now <= 61')" 'True' 'all dead: when'
run lsv-explain pool B
like "$(cat "$T/out")" '^  last   421 4.3.2 closing ' \
	'all dead: the last reply'
like "$(cat "$T/out")" '^  worker 2.2 +stopped ' 'a worker that is missing'

# --- times -----------------------------------------------------------------

run lsv-explain time "Sun $(printf '%s' "$closed" | cut -c 1-5)" --json
is "$status" 0 'a time: exit 0'
is "$(json '[p["pools"] for p in d["pools"]]')" \
	"['A', 'B', 'CEFGHIJKLMNOPQRSTUVWXYZ-', 'D']" \
	'a time: pools that are served alike stand together'
is "$(json '[p["workers"][0]["host"] for p in d["pools"]]')" \
	"['relay.example.org', 'one.example.org', 'fallback.example.org', 'four.example.org']" \
	'a time: what the schedule says, whatever is now'
run lsv-explain time '2026-11-22 03:30'
like "$(cat "$T/out")" '^Sun 22 Nov 2026 03:30:00$' 'a time: a date'
run lsv-explain time 'noon'
is "$status" 100 'no time: exit 100'

run lsv-explain -h
is "$status" 0 '-h: exit 0'
run lsv-explain list TEST
is "$status" 100 'no such question: exit 100'
run lsv-explain pool
is "$status" 100 'a word is missing: exit 100'
done_testing
