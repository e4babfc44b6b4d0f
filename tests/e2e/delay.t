#!/bin/sh
# DELAY_WARN: who sent mail that is no posting is told once that it waits, also
# when lsv-route is killed meanwhile; nobody else is.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

host
tree_make "$port" MAXBSMTP=8 RETRY_MAX=300ms DELAY_WARN=2s
with crew r450.member

# mail SENDER RECIPIENT... <MESSAGE - mail that came in just now; its ID is
# in $T/id, since this is the end of a pipe
mail() {
	us=$(($(date +%s%N) / 1000))
	id=$(printf '%013x.%010x' "$us" 7)
	echo "$id" >"$T/id"
	cat >"$T/message"
	{
		printf 'lsv-file: 1\nid: %s\nclass: mail\ncreated: %s\n' "$id" "$us"
		printf 'from: %s\nto: \nlist: \nform: \ndetail: \n' "$1"
		printf 'pool: -\nreason: \nrcpts: %d\n' $(($# - 1))
		shift
		printf '%s@example.net\n' "$@"
		printf 'size: %020d\nend\n' "$(wc -c <"$T/message")"
		cat "$T/message"
	} >"$LSV_SPOOL/route/tmp/$id"
	chmod 640 "$LSV_SPOOL/route/tmp/$id"
	! is_root || chown lsvscore:lsvin "$LSV_SPOOL/route/tmp/$id"
	mv "$LSV_SPOOL/route/tmp/$id" "$LSV_SPOOL/route/new/$id"
	printf . >"$LSV_SPOOL/route/trigger"
}

# warnings SENDER - files of the warnings that went to him
warnings() {
	grep -l "^To: $1@" /dev/null "$T"/saved/*.eml 2>/dev/null
}

# warned SENDER... - has each of them one?
warned() {
	for sender; do
		[ "$(warnings "$sender" | wc -l)" -ge 1 ] || return 1
	done
}

# waits - does the last mail?
waits() {
	[ -e "$LSV_SPOOL/pool/default/later/$(cat "$T/id")" ] ||
		[ -e "$LSV_SPOOL/pool/default/now/$(cat "$T/id")" ]
}

explain() {
	lsv-explain "$@" job "$(cat "$T/id")" >"$T/out" 2>&1
}

# --- one warning, and nobody else's -------------------------------------------

ok 'the services start' tree_up
letter posting | to crew
letter null | mail '' r450.null
{
	echo 'Precedence: bulk'
	letter bulk
} | mail bulk@example.org r450.bulk
{
	echo 'Auto-Submitted: auto-replied'
	letter automatic
} | mail auto@example.org r450.auto
letter slow | mail jane@example.org r450.a b r450.c
ok 'mail that waits is explained' wait_for 5 waits
explain
like "$(cat "$T/out")" 'warn .*told of the delay .*DELAY_WARN in line' \
	'with the time of the warning'
ok 'its sender is warned' wait_for 10 warned jane
tr -d '\r' <"$(warnings jane)" >"$T/report"
report=$(cat "$T/report")
like "$report" '^Subject: Delivery report: 2 recipients not reached yet' \
	'of those who wait'
is "$(grep -c '^Action: delayed' "$T/report")" 2 'as delayed'
is "$(grep '^Final-Recipient:' "$T/report" | cut -d ' ' -f 3 | tr '\n' ' ')" \
	'r450.a@example.net r450.c@example.net ' 'by name'
is "$(grep -c '^Diagnostic-Code: smtp; 450 4' "$T/report")" 2 \
	'with what the relay said last'
is "$(grep -c '^Will-Retry-Until: ' "$T/report")" 2 \
	'and when they will be given up'
like "$report" "^Original-Envelope-Id: $(cat "$T/id")" 'about this job'
like "$report" '^Subject: letter slow' 'with the header of the message'
like "$report" 'goes on trying, next (on |as soon)' 'it says how it goes on'
explain
like "$(cat "$T/out")" 'warn .*was told of the delay' 'that it was sent is shown'
explain --json
like "$(cat "$T/out")" '"warned": ?[0-9]' 'in JSON as well'
restart_route
sleep 3
is "$(warnings jane | wc -l)" 1 'it is not repeated, also after a restart'
is "$(warnings 'owner-crew' | wc -l) $(warnings bulk | wc -l) $(warnings auto |
	wc -l)" '0 0 0' 'no warning of postings, nor to machines'
is "$(events lsv-route ' warned rcpts=')" 1 'the log has one'
ok 'the mail waits on' waits

# --- a large job --------------------------------------------------------------

# shellcheck disable=SC2046 # a word each
letter large | mail large@example.org $(seq -f r450.%g 20)
ok 'the sender of a large job is warned' wait_for 10 warned large
is "$(tr -d '\r' <"$(warnings large)" | grep -c '^Action: delayed')" 20 \
	'of all his recipients'
explain
like "$(cat "$T/out")" 'warn .*was told of the delay' 'that is shown'
restart_route
sleep 3
is "$(warnings large | wc -l)" 1 'once for all parts'

# A job whose plan cannot be read: a part of it is in now/ or later/.
plan=$LSV_SPOOL/jobs/$(cat "$T/id")/plan
cp "$plan" "$T/plan"
echo 'no plan' | tee "$plan" >/dev/null
noted() {
	events lsv-route "unable to warn of $(cat "$T/id")[.]"
}
some_noted() {
	[ "$(noted)" -gt 0 ]
}
restart_route
ok 'what is wrong with a damaged job is said' wait_for 10 some_noted
sleep 2.5
ok 'not again and again' test "$(noted)" -le 9
cat "$T/plan" >"$plan"

# --- killed -------------------------------------------------------------------

lsv-queue --yes --no-report --all remove >/dev/null 2>&1
for i in 1 2 3 4 5 6; do
	letter "killed $i" | mail "k$i@example.org" r450.x
	sleep 0.2
done
for i in 1 2 3 4 5 6 7 8; do
	restart_route
	sleep "0.$i"
done
ok 'with lsv-route killed again and again all are warned' \
	wait_for 20 warned k1 k2 k3 k4 k5 k6
sleep 2
is "$(for i in 1 2 3 4 5 6; do
	warnings "k$i" | wc -l
done | tr '\n' ' ')" '1 1 1 1 1 1 ' 'each once'

# --- then it is delivered -----------------------------------------------------

lsv-queue --yes --no-report --all remove >/dev/null 2>&1
host_end
rm -f "$T"/saved/*
host --on rcpt:15=450
letter in the end | mail jill@example.org y
delivered() {
	taken jill@example.org | grep -q '^y@'
}
ok 'mail that was warned of' wait_for 20 warned jill
ok 'is delivered' wait_for 20 delivered
sleep 2.5
is "$(warnings jill | wc -l) $(taken jill@example.org | wc -l)" '1 1' \
	'both once'

tree_config MAXBSMTP=8 RETRY_MAX=300ms DELAY_WARN=0
lsv-service reload
letter without warning | mail john@example.org r450.z
sleep 3
is "$(warnings john | wc -l)" 0 'DELAY_WARN=0: nobody is told'
done_testing
