#!/bin/sh
# BDAT: personal copies without a wait between them, to hosts that swallow a
# chunk which follows a refused recipient, and to nobody else.
# shellcheck disable=SC2046 # words, on purpose
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)
tree_make "$port" RETRY_MIN=300ms

# people N [PREFIX] - N recipients, comma-free words
people() {
	seq -f "${2:-p}%04.0f" "$1"
}

# crowd NAME RECIPIENT... - a list whose copies name their recipient
crowd() {
	crowd_name=$1
	shift
	list "$crowd_name" 'Misc-Options= VERP'
	printf '%s@example.net\n' "$@" | subscribe "$crowd_name"
}

# got LIST - recipients with the sender that is theirs alone, one a line
got() {
	awk -F '\t' -v l="owner-$1" '{
		split($2, at, "@")
		if ($1 == l "+" at[1] "=" at[2] "@lists.example.org")
			print $2
	}' "$T/taken" | sort
}

# expected RECIPIENT... - as got prints them
expected() {
	printf '%s@example.net\n' "$@" | sort
}

# commands WORD - how many of them the host was sent
commands() {
	grep -c "> $1" "$T/trace"
}

crowd many $(people 300)
crowd mixed $(people 40) r550 once450 e552 dot1-close $(people 20 q)

host --chunking
ok 'the services start' tree_up
letter to many | to many
ok 'a posting to 300 is over' finished 20
is "$(got many)" "$(expected $(people 300))" \
	'each got a copy with a sender of their own, once'
is "$(commands XLSV)" 0 'the host swallowed the chunk of the question'
ok 'the host was asked once on each connection' \
	test "$(commands 'BDAT 6 LAST')" -le 2
ok 'most copies went by BDAT' test "$(commands BDAT)" -gt 280
ok 'some went by DATA before' test "$(commands DATA)" -ge 4
is "$(cut -f 3 "$T/taken" | sort -u | wc -l)" 1 'all bodies are the same'

printf '%s\n' 'From: joe@example.com' 'Message-ID: <dots@example.com>' '' \
	'..two dots' . '.one dot' | to many
ok 'a posting with lines of dots is over' finished 20
is "$(cut -f 3 "$T/taken" | sort | uniq -c | awk '{ print $1 }' | sort -u)" \
	300 'every copy of it is the same, by DATA and by BDAT'
host_end
is "$(tail -n 1 "$T/host.out" | sed 's/.*violations/violations/')" \
	'violations 0' 'no rule of the protocol was broken'
[ ! -s "$T/host.err" ] || diag "$(cat "$T/host.err")"

rm -f "$T/taken" "$T/trace"
host --chunking
letter to mixed | to mixed
ok 'a posting to a mixed lot is over' finished 20
is "$(got mixed)" \
	"$(expected $(people 40) $(people 20 q) once450 dot1-close)" \
	'those who are not refused have it, once'
host_end
is "$(tail -n 1 "$T/host.out" | sed 's/.*violations/violations/')" \
	'violations 0' 'no rule of the protocol was broken'

rm -f "$T/taken" "$T/trace"
host --spill
letter to many | to many
ok 'a posting to a host that spills chunks is over' finished 30
is "$(got many)" "$(expected $(people 300))" 'each got it, once'
ok 'the host took the question for a command' \
	test "$(commands XLSV)" -ge 1
is "$(grep -c '> BDAT' "$T/trace")" "$(commands XLSV)" \
	'and saw no other chunk'
host_end
is "$(tail -n 1 "$T/host.out" | sed 's/.*violations/violations/')" \
	'violations 0' 'no rule of the protocol was broken'

rm -f "$T/taken" "$T/trace"
host --chunking --on bdat:1=reset --on bdat:1=close \
	--on bdat:1=421 --on bdat:1=garbage --on bdat:1=accept-reset
letter to many | to many
ok 'a posting to a host that hangs up on chunks is over' finished 40
is "$(got many | sort -u)" "$(expected $(people 300))" 'each got it'
ok 'at most those in flight got it twice' \
	test "$(($(wc -l <"$T/taken") - 300))" -le 40
host_end
unlike "$(log lsv-smtpw)" 'worker-died|fatal:' 'no worker died'
done_testing
