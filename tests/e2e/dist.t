#!/bin/sh
# lsv-route: jobs of DISTRIBUTE and postings that are left to other servers, on
# a private tree where nobody takes what it makes
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

mkdist=$LSV_BUILD/tests/lib/mkdist
node=xxx.ease.lsoft.com
tree_make 25 "NODE=$node" 'RUNMODE=NETWORKED'
pool=$LSV_SPOOL/pool
tables=$T/tables
mkdir -p "$tables" "$LSV_LIB/network" "$LSV_LIB/log/lsv-route"

# --- running it --------------------------------------------------------------

route=
route_down() {
	[ -n "$route" ] || return 0
	kill "$route"
	wait "$route" 2>/dev/null
	route=
}
at_exit route_down

run_route() {
	if is_root; then
		exec s6-setuidgid lsvroute lsv-route -d 3
	else
		exec lsv-route -d 3
	fi
}

route_up() {
	: >"$T/ready"
	run_route 2>>"$T/route.log" 3>"$T/ready" >/dev/null &
	route=$!
	wait_for 10 test -s "$T/ready"
}

# idle - all that was handed over was made into files, or set aside; $id is the
# last of it
idle() {
	id=$(cat "$T/id")
	wait_for 20 nothing_new
}

nothing_new() {
	[ -z "$(ls "$LSV_SPOOL/route/new")" ] &&
		[ -z "$(ls "$LSV_SPOOL/jobs/stage")" ]
}

# dist OPTION... <RECIPIENTS - hands a job over
dist() {
	tree_as lsvlist "$mkdist" "$@" "$LSV_SPOOL/route" "$T/site/message" \
		>"$T/id"
}

# lies PLACE - recipients of the files there, sorted; lies peer SERVER: of those
# for a server
lies() {
	find "$pool/$1/now" -type f | sort | while read -r file; do
		[ -z "${2:-}" ] || grep -qx "server: $2" "$file" || continue
		awk '$1 == "bytes:" && !n { n = 1; next }
			$0 == "end" { exit } n' "$file"
	done | sort
}

files() {
	find "$pool/$1/now" -type f | wc -l
}

# sweep - as if all had been delivered
sweep() {
	find "$pool" -path '*/now/*' -type f -delete
	find "$LSV_SPOOL/jobs" -mindepth 1 -maxdepth 1 ! -name stage \
		-exec rm -rf {} +
	: >"$T/route.log"
}

# said - what lsv-log makes of the log, without the date
said() {
	sed 's/^/2011-06-07 00:00:01.000000000  /' "$T/route.log" \
		>"$LSV_LIB/log/lsv-route/current"
	lsv-log "$@" | sed 's/^7 Jun 2011 00:00:01 //' | grep -v started
}

# --- a network ---------------------------------------------------------------

# a star: we are in the middle
network() {
	{
		echo ":nick.$(echo "$node" | tr "[:lower:]" "[:upper:]") :index.1 :userid.LISTSERV"
		echo "     :node.HERE :internet.$node :backbone.YES"
		printf '     :links1.'
		cut -d ' ' -f 2 "$T/peers" | tr '\n' ' '
		echo
		while read -r name its host domains; do
			echo ":nick.$name :index.$((n = ${n:-1} + 1))"
			echo "     :userid.LISTSERV :node.$its"
			[ "$host" = - ] || echo "     :internet.$host"
			[ "$domains" = - ] || echo "     :domains.$domains"
			echo '     :backbone.YES :links1.HERE(P,64k)'
		done <"$T/peers"
	} >"$tables/peers.names"
	lsv-table network --dir "$tables" --self "$node" \
		-o "$LSV_LIB/network/network.cdb" >"$T/table" 2>&1 || {
		diag "$(cat "$T/table")"
		return 1
	}
}
cat >"$T/peers" <<'END'
SEARN SEARN - -
LISTSERV.ARIZONA.EDU ARIZVM1 listserv.arizona.edu *.ARIZONA.EDU
LISTSERV.CUNY.EDU CUNYVM listserv.cuny.edu *.CUNY.EDU
LISTSERV.NODAK.EDU NDSUVM1 listserv.nodak.edu *.NODAK.EDU
LISTSERV.UC.EDU UCCCVM1 listserv.uc.edu *.UC.EDU
LISTSERV.VT.EDU VTVM1 listserv.vt.edu *.VT.EDU
LISTSERV.WVNET.EDU WVNVM listserv.wvnet.edu *.WVNET.EDU
LISTSERV.UTPA.EDU UTPA listserv.utpa.edu *.UTPA.EDU
LISTSERV.ECU.EDU ECUVM1 listserv.ecu.edu *.ECU.EDU
HERMES.GWU.EDU GWUVM hermes.gwu.edu *.GWU.EDU
LISTS.QUEENSU.CA QUCDN lists.queensu.ca *.QUEENSU.CA
LISTSERV.BUFFALO.EDU UBVM listserv.buffalo.edu *.BUFFALO.EDU
END
ok 'a network of thirteen servers' network
printf 'From: a@b.example\nSubject: news\n\nnews\n' >"$T/site/message"
ok 'lsv-route starts' route_up

# --- the job of the seed -----------------------------------------------------

{
	echo LISTSERV@xxx.ease.lsoft.com
	echo LISTSERV@searn
	for peer in listserv.wvnet.edu listserv.utpa.edu listserv.ecu.edu \
		hermes.gwu.edu lists.queensu.ca listserv.buffalo.edu; do
		echo "LISTSERV@$peer"
	done
	for to in 16.arizona.edu 7.cuny.edu 3.nodak.edu 2.uc.edu 3.vt.edu; do
		for i in $(seq "${to%%.*}"); do
			echo "LISTSERV@s$i.${to#*.}"
		done
	done
} >"$T/39"
is "$(wc -l <"$T/39")" 39 '39 recipients'
dist -F 'X-SUPD JOB' -f LISTSERV@xxx.montgomerycountytn.org -p N \
	-i 660d3fe9f4a40.9f02c4d1aa \
	-t 'XXX.MONTGOMERYCOUNTYTN.ORG/4711 1 XXX.EASE.LSOFT.COM' <"$T/39"
ok 'a job of the shape of the seed' idle
cat >"$T/want" <<'END'
Processing file NUMBER from LISTSERV@XXX.EASE.LSOFT.COM
Distributing file "X-SUPD JOB" from LISTSERV@XXX.MONTGOMERYCOUNTYTN.ORG...
File forwarded to LISTSERV@SEARN for 1 recipient.
File forwarded to LISTSERV.ARIZONA.EDU for 16 recipients.
File forwarded to LISTSERV.CUNY.EDU for 7 recipients.
File forwarded to LISTSERV.NODAK.EDU for 3 recipients.
File forwarded to LISTSERV.UC.EDU for 2 recipients.
File forwarded to LISTSERV.VT.EDU for 3 recipients.
File forwarded to LISTSERV.WVNET.EDU for 1 recipient.
File forwarded to LISTSERV.UTPA.EDU for 1 recipient.
File forwarded to LISTSERV.ECU.EDU for 1 recipient.
File forwarded to HERMES.GWU.EDU for 1 recipient.
File forwarded to LISTS.QUEENSU.CA for 1 recipient.
File forwarded to LISTSERV.BUFFALO.EDU for 1 recipient.
File "X-SUPD JOB" distributed to LISTSERV@XXX.EASE.LSOFT.COM
Done - 12 jobs (38 rcpts), 1 outbound file (1 rcpt).
END
number=$((0x660d3fe9f4a40 % 10000000))
sed "s/NUMBER/$number/" "$T/want" >"$T/want.seed"
said >"$T/said"
is "$(cat "$T/said")" "$(cat "$T/want.seed")" \
	'the log of the seed, word for word'
is "$(said --json | grep -c '"event":"forwarded"')" 12 'JSON has its events'
is "$(said --raw | grep -c ' forwarded server=')" 12 'and so has the log'
is "$(files peer)" 12 'twelve files for other servers'
is "$(lies peer LISTSERV@listserv.uc.edu)" \
	"$(printf 'LISTSERV@s1.uc.edu\nLISTSERV@s2.uc.edu')" \
	'each with its recipients'
is "$(lies N)" LISTSERV@xxx.ease.lsoft.com 'and what is ours, in its pool'
file=$(grep -l 'server: LISTSERV@hermes' "$pool"/peer/now/*)
is "$(sed -n '/^server/,/^file/p' "$file")" \
	"$(printf '%s\n' 'server: LISTSERV@hermes.gwu.edu' \
		"trail: XXX.MONTGOMERYCOUNTYTN.ORG/4711 2 XXX.EASE.LSOFT.COM $(echo "$node" | tr "[:lower:]" "[:upper:]")" \
		'file: X-SUPD JOB')" \
	'it says for whom it is, and by whom it came'
is "$(sed -n 's/^pool: //p' "$file")" N 'and from which pool it is to go'
ok 'the message is there once' test -s "$LSV_SPOOL/jobs/$id/body"
sweep

# --- what goes where ---------------------------------------------------------

# one - a job whose recipients are the words; they lie where they should
place() {
	printf '%s\n' "$@" | dist
	idle || diag "$(cat "$T/route.log")"
}
place a@x.uc.edu
is "$(lies peer)/$(lies default)" /a@x.uc.edu \
	'a single recipient is sent to directly'
ok 'in one file' test -f "$pool/default/now/$id"
not_ok 'without a directory' test -e "$LSV_SPOOL/jobs/$id"
is "$(said | tail -n 3)" "$(printf '%s\n' \
	'Distributing mail ("news") from owner-test@LISTS.EXAMPLE.ORG...' \
	'Mail posted via BSMTP to a@X.UC.EDU.' \
	'Done - 0 jobs (0 rcpts), 1 outbound file (1 rcpt).')" \
	'a mail is named by its subject'
sweep
place a@x.uc.edu b@y.uc.edu c@nowhere.example d@listserv.vt.edu "e@$node"
is "$(lies peer LISTSERV@listserv.uc.edu | tr '\n' ' ')" 'a@x.uc.edu b@y.uc.edu ' \
	'two of a service area go to its server'
is "$(lies peer LISTSERV@listserv.vt.edu)" d@listserv.vt.edu \
	'and so does one on the host of a server'
is "$(lies default | tr '\n' ' ')" "c@nowhere.example e@$node " \
	'local ones, and hosts that nobody knows, are ours'
is "$(said | tail -n 5)" "$(printf '%s\n' \
	'Distributing mail ("news") from owner-test@LISTS.EXAMPLE.ORG...' \
	'Mail forwarded to LISTSERV.UC.EDU for 2 recipients.' \
	'Mail forwarded to LISTSERV.VT.EDU for 1 recipient.' \
	'Mail posted via BSMTP to 2 recipients.' \
	'Done - 2 jobs (3 rcpts), 1 outbound file (2 rcpts).')" \
	'for mail the words are others'
sweep
printf '%s\n' a@x.uc.edu b@y.uc.edu |
	dist -t "A/1 3 A LISTSERV.UC.EDU B"
idle
is "$(files peer)/$(lies default | wc -l)" 0/2 \
	'a server that had the job does not get it again'
sweep
printf '%s\n' a@x.uc.edu b@y.uc.edu | dist -t "A/1 16 A"
idle
is "$(files peer)/$(lies default | wc -l)" 0/2 \
	'behind sixteen servers all are sent to directly'
sweep
printf '%s\t%s\n' a@x.uc.edu Ann b@y.uc.edu Bob | dist -m
idle
is "$(files peer)/$(lies default | wc -l)" 0/2 'personal copies are not relayed'
sweep
seq 1 3000 | sed 's/.*/u&@h&.uc.edu/' | dist
idle
is "$(files peer)/$(lies peer | wc -l)" 1/3000 \
	'what goes to one server is one file'
sweep
route_down
tree_config "NODE=$node" 'RUNMODE=NETWORKED' 'MAXDIST=700'
route_up
{
	seq 1 3000 | sed 's/.*/u&@h&.uc.edu/'
	seq 1 3000 | sed 's/.*/u&@n&.example/'
} | dist
idle
is "$(files peer)/$(lies peer | sort -u | wc -l)" 5/3000 \
	'of at most MAXDIST recipients'
is "$(grep -h ^rcpts: "$pool"/peer/now/* | sort | uniq -c | tr -s ' ' |
	tr '\n' ',')" ' 1 rcpts: 200, 4 rcpts: 700,' 'each but the last is full'
is "$(lies default | sort -u | wc -l)" 3000 'and ours are split as ever'
like "$(cat "$T/route.log")" \
	"routed rcpts=6000 pool=- files=[0-9]+ direct=3000 jobs=5 forwarded=3000$" \
	'the log has the sums'
sweep
tree_config "NODE=$node" 'RUNMODE=NETWORKED' 'MAXDIST=100000'
kill -HUP "$route"
seq 1 20000 | awk -v l="$(printf %050d 0)" '{ print substr(l, 1, 50) $1 "@h" $1 ".uc.edu" }' |
	dist
idle
is "$(lies peer | sort -u | wc -l)" 20000 'long addresses'
is "$(find "$pool/peer/now" -size +1024k | wc -l)" 0 'make no file over 1 MiB'
like "$(files peer)" '^[2-9]$' 'but more of them'
sweep

# --- damage ------------------------------------------------------------------

# set_aside WHY OPTION... - a job that goes to bad/ with this reason
set_aside() {
	set_aside_why=$1
	shift
	tree_as lsvlist "$mkdist" "$@" "$LSV_SPOOL/route" "$T/site/message" \
		>"$T/id"
	wait_for 10 test -f "$LSV_SPOOL/route/bad/$(cat "$T/id").why" &&
		grep -q "$set_aside_why" \
			"$LSV_SPOOL/route/bad/$(cat "$T/id").why"
}
order='its recipients are damaged, or not in order'
ok 'without recipients' set_aside no-recipients </dev/null
ok 'not sorted' set_aside "$order" -u <<END
b@z.example
a@a.example
END
ok 'one of them twice' set_aside "$order" -u <<END
b@z.example
B@z.example
END
ok 'no address' set_aside "$order" -u <<END
nobody
END
ok 'an empty line' set_aside "$order" -u <<END
a@a.example

END
ok 'a value where there are no fields' set_aside "$order" -u <<END
a@a.example	Ann
END
ok 'fewer than the head says' set_aside "$order" -n 3 <<END
a@a.example
END
ok 'no trail' set_aside 'no server and number' -t nonsense <<END
a@a.example
END
{
	seq -f '%05.0f@a.example' 1 30000
	echo 00001@a.example
} >"$T/turned"
ok 'not sorted, a long way down' set_aside "$order" -u <"$T/turned"
is "$(find "$pool" -path '*/now/*' -type f | wc -l)" 0 \
	'nothing is sent for any of them'
is "$(find "$LSV_SPOOL/jobs" -mindepth 1 ! -name stage | wc -l)" 0 \
	'and nothing is left over'
sweep

# --- the table comes and goes ------------------------------------------------

two='a@x.uc.edu b@y.uc.edu'
printf 'not a table' >"$T/damaged"
cp "$LSV_LIB/network/network.cdb" "$T/good"
mv "$T/damaged" "$LSV_LIB/network/network.cdb"
# shellcheck disable=SC2086 # two words
place $two
is "$(lies peer | wc -l)" 2 'a damaged table: the one before stays in use'
# shellcheck disable=SC2086 # two words
place $two
is "$(grep -c 'unable to read .*network.cdb' "$T/route.log")" 1 \
	'and the log says so, once'
sweep
rm "$LSV_LIB/network/network.cdb"
# shellcheck disable=SC2086 # two words
place $two
is "$(lies peer | wc -l)/$(lies default | wc -l)" 0/2 \
	'without a table all are sent to directly'
sweep
cp "$T/good" "$LSV_LIB/network/new" &&
	mv "$LSV_LIB/network/new" "$LSV_LIB/network/network.cdb"
# shellcheck disable=SC2086 # two words
place $two
is "$(lies peer | wc -l)" 2 'a new table is used at once'
sweep
for mode in STANDALONE 'TABLELESS gate.example'; do
	tree_config "NODE=$node" "RUNMODE=$mode"
	kill -HUP "$route"
	# shellcheck disable=SC2086 # two words
	place $two "c@$node"
	case $mode in
	STANDALONE)
		is "$(lies peer | wc -l)/$(lies default | wc -l)" 0/3 \
			'STANDALONE: all are ours'
		;;
	*)
		is "$(lies peer LISTSERV@gate.example | wc -l)" 2 \
			'TABLELESS: all but local ones go to that host'
		is "$(lies default)" "c@$node" 'and these do not'
		file=$(ls "$pool"/peer/now/*)
		is "$(sed -n 's/^trail: //p' "$file")" \
			"$node/$id 1 $node" 'we are known by our own name'
		sweep
		place a@x.uc.edu
		is "$(lies peer | wc -l)/$(lies default)" 0/a@x.uc.edu \
			'but one recipient is sent to directly'
		;;
	esac
	sweep
done
tree_config "NODE=$node" 'RUNMODE=NETWORKED'
kill -HUP "$route"

# --- postings ----------------------------------------------------------------

# posting LIST - hands one over, as lsv-score does
posting() {
	tree_as lsvscore python3 - "$LSV_SPOOL/route" "$1" "$node" >"$T/id" <<'END'
import os, sys, time
box, name, node = sys.argv[1:]
text = 'From: joe@b.example\nSubject: a posting\n\nhello\n'
i = '%013x.%010x' % (int(time.time() * 1000000), os.getpid())
head = ('lsv-file: 1\nid: %s\nclass: post\ncreated: %d\nfrom: joe@b.example\n'
        'to: %s@%s\nlist: %s\nform: \ndetail: \npool: \nreason: \nrcpts: 0\n'
        'size: %020d\nend\n' % (i, time.time() * 1000000, name, node,
                                name.upper(), len(text)))
open(box + '/tmp/' + i, 'w').write(head + text)
os.rename(box + '/tmp/' + i, box + '/new/' + i)
f = os.open(box + '/trigger', os.O_WRONLY | os.O_NONBLOCK)
os.write(f, b'x')
print(i)
END
	idle || diag "$(cat "$T/route.log")"
}
list relayed
list direct 'Mail-Via= Direct'
list dist2 'Mail-Via= DIST2'
list verp 'Misc-Options= VERP'
for name in relayed direct dist2 verp; do
	printf '%s\n' a@x.uc.edu b@y.uc.edu c@z.example joe@b.example |
		subscribe "$name"
	lsv-list set "$name" joe@b.example REPRO >"$T/set"
done
posting relayed
is "$(lies peer | wc -l)/$(lies default | wc -l)" 2/2 \
	'a posting to a list: the server nearest to some gets them'
is "$(said)" "$(printf '%s\n' \
	"Distributing mail (\"a posting\") from owner-relayed@$(echo "$node" | tr "[:lower:]" "[:upper:]")..." \
	'Mail forwarded to LISTSERV.UC.EDU for 2 recipients.' \
	'Mail posted via BSMTP to 2 recipients.' \
	'Done - 1 job (2 rcpts), 1 outbound file (2 rcpts).')" \
	'and the log says so'
sweep
posting dist2
is "$(lies peer | wc -l)/$(lies default | wc -l)" 2/2 'Mail-Via= DIST2: as well'
sweep
posting direct
is "$(lies peer | wc -l)/$(lies default | wc -l)" 0/4 'Mail-Via= Direct: nobody'
is "$(said)" 'Distributing file '$((0x${id%%.*} % 10000000))' to 4 recipients...' \
	'and the log is as it was'
sweep
posting verp
is "$(lies peer | wc -l)/$(lies default | wc -l)" 0/4 \
	'nor when each copy has a sender of its own'
sweep
lsv-list set relayed joe@b.example NOREPRO >"$T/set"
posting relayed
is "$(lies default)" c@z.example 'NOREPRO holds for the rest'
sweep
list big
seq 1 5000 | awk '{ print "s" $1 (($1 % 5) ? "@d" $1 % 97 ".vt.edu" : "@n" $1 % 97 ".example") }' |
	subscribe big
posting big
is "$(lies peer | sort -u | wc -l)/$(lies default | sort -u | wc -l)" 4000/1000 \
	'a large list is split as well'
is "$(lies peer | wc -l)/$(lies default | wc -l)" 4000/1000 'each is there once'

# --- home again --------------------------------------------------------------

# sent FILE OP STATUS - as lsv-peer leaves it
sent() {
	n=$(sed -n 's/^rcpts: //p' "$1" | head -n 1)
	echo "$2 0-$((n - 1)) 000 $3 $(date +%s)000000 gate.example said" >>"$1"
	echo E >>"$1"
	mv "$1" "$pool/finished/"
}
for file in "$pool"/default/now/*; do
	sent "$file" D 2.0.0
done
file=$(ls "$pool"/peer/now/*)
cp -p "$file" "$T/kept"
sent "$file" D 2.0.0
over() {
	grep -q "$id done .*delivered=$1 failed=$2" "$T/route.log"
}
wake() {
	echo >"$pool/finished.trigger"
}
wake
ok 'what was relayed comes home as all the rest' wait_for 10 over 5000 0
ok 'and the job is over' wait_for 5 test ! -e "$LSV_SPOOL/jobs/$id"
sweep
posting relayed
file=$(ls "$pool"/peer/now/*)
sent "$file" F 5.4.0
sent "$(ls "$pool"/default/now/*)" D 2.0.0
wake
ok 'what could not be relayed fails' wait_for 10 over 1 2
report=$(find "$pool" -name "$id.r")
is "$(grep -c '^Final-Recipient: rfc822; ' "$report")" 2 \
	'and is reported like all that fails'
sweep
tree_config "NODE=$node" 'RUNMODE=NETWORKED' 'QUEUE_LIFE=1s'
kill -HUP "$route"
printf '%s\n' a@x.uc.edu b@y.uc.edu | dist
idle
file=$(ls "$pool"/peer/now/*)
sleep 2.1
echo "R 0-1 000 4.4.1 $(date +%s)000000 - no way
L $(date +%s)000000 1" >>"$file"
mv "$file" "$pool/peer/later/"
route_down
route_up
ok 'what is not relayed in time is given up' wait_for 10 over 0 2
sweep

is "$(grep -c 'fatal\|unable' "$T/route.log")" 0 'nothing went wrong'
done_testing
