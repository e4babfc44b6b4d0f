#!/bin/sh
# lsv-peer: what is for another server becomes one mail, byte by byte, once,
# whatever happens; what cannot become one is delivered, reported or held.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/peer.sh"

peer_make 'RUNMODE=TABLELESS gate.example'
printf '%s\n' joe@a.example ann@b.example '*x@c.example' >"$T/three"
seq 1 10000 | sed 's/.*/u&@d&.example/' >"$T/many"

# told N - the recipients of the mail made of chunk N, as they were given
told() {
	sed 's/ BSMTP$//; s/^"\(\*[^"]*\)"/\1/' "$T/job/to"
}

# events REGEX - lines of the log that match
events() {
	grep -cE "$1" "$T/peer.log"
}

# --- one chunk -----------------------------------------------------------------

chunk 1 "$T/three"
ok 'one pass works on what is there' peer_once
job 1 >"$T/out"
is "$(cat "$T/out")" "file class mail
file from owner-test-l@n.example
file for LISTSERV@gate.example
file list 
file pool A
From: LISTSERV@n.example
To: LISTSERV@gate.example
Subject: Job D7027073 for 3 recipients
Auto-Submitted: auto-generated
Content-Type: text/plain; charset=US-ASCII
Content-Transfer-Encoding: 7bit
//D7027073 JOB Echo=No,Reply-to=None
DIST2 MAIL I=Y FROM=owner-test-l@n.example POOL=A FORW(CRC) CRC=5EEA1414 ID=N.EXAMPLE/0647c1a200001.9f02c4d1aa HOPS=1 VIS(N.EXAMPLE)
recipients 3 bytes 21" 'the mail is a job for the other server'
ok 'its message is that of the chunk' cmp "$T/job/data" "$T/message"
is "$(told)" "$(cat "$T/three")" 'its recipients are those of the chunk'
is "$(chunk_at 1)" finished 'the chunk is on its way home'
is "$(chunk_journal 1)" "K T
D 0-2 250 2.0.0 T gate.example relayed as $(basename "$(mail 1)")
E" 'its journal says that all were relayed'
like "$(cat "$T/peer.log")" \
	'^0647c1a200001.9f02c4d1aa.000001 relayed server=LISTSERV@gate.example rcpts=3 mail=0647c1a200001.[0-9a-f]{10} bytes=[0-9]+ ms=[0-9]+$' \
	'the log says so'
is "$(ls "$LSV_SPOOL/peer/out" "$LSV_SPOOL/route/tmp")" "$LSV_SPOOL/peer/out:

$LSV_SPOOL/route/tmp:" 'nothing is left behind'
ok 'lsv-spool finds nothing to mend' lsv-spool check

chunk 2 "$T/three" 'from: ' 'pool: -' "trail: N.EXAMPLE/4711 3 A.EXAMPLE N.EXAMPLE
file: X-SUPD JOB"
peer_once
like "$(job 2)" '^DIST2 FILE "X-SUPD JOB" I=Y FROM=<> POOL=- FORW.CRC. CRC=5EEA1414 ID=N.EXAMPLE/4711 HOPS=3 VIS.A.EXAMPLE N.EXAMPLE.$' \
	'a file, no sender, no pool of its own, and its way are said as well'

# --- bytes ---------------------------------------------------------------------

# same N WHAT [LINE...] - the message of $T/message comes through
same() {
	same_n=$1
	same_what=$2
	shift 2
	chunk "$same_n" "$T/three" "$@"
	peer_once
	job "$same_n" >"$T/out" 2>&1 || diag "$(cat "$T/out")"
	ok "$same_what: byte by byte" cmp "$T/job/data" "$T/message"
}

printf 'Subject: \303\274\n\n\337 \377\376\001\033 \177\n' >"$T/message"
same 10 '8 bit' 'eightbit: 1'
like "$(cat "$T/out")" 'Content-Transfer-Encoding: 8bit' '... as it is'
{
	printf 'a: b\n\n'
	head -c 998 /dev/zero | tr '\0' x
	echo
} >"$T/message"
same 11 'a line of 998'
like "$(cat "$T/out")" 'Content-Transfer-Encoding: base64' '... encoded'
printf 'a: b\n\n/*\n// EOJ\n//X JOB\nDISTRIBUTE MAIL\n//TO DD *\n/*\n' >"$T/message"
same 12 'lines of the job language'
printf 'a: b\n\nFrom here on\n.\n..\n\n-- \nme\n\n\n' >"$T/message"
same 13 'lines that mailers like to change' 'dots: 1'
{
	printf 'a: b\n\n'
	head -c 4000000 /dev/urandom | base64
} >"$T/message"
same 14 'five megabytes'
: >"$T/message"
same 15 'no message at all'
printf 'a: b\n\ninline\n' >"$T/message"
same 16 'a message in the chunk itself' 'body: inline'

# --- many ----------------------------------------------------------------------

chunk 20 "$T/many"
ok 'a chunk of 10,000 recipients' peer_once
job 20 >"$T/out"
like "$(cat "$T/out")" 'Subject: Job D7027092 for 10000 recipients' '... is one mail'
told >"$T/told"
ok '... to all of them' cmp "$T/told" "$T/many"
is "$(chunk_journal 20 | grep -c '^D 0-9999 ')" 1 '... which one line records'
for n in $(seq 100 199); do
	chunk "$n" "$T/three"
done
ok 'a hundred chunks at once' peer_once
is "$(find "$LSV_SPOOL/pool/peer/now" "$LSV_SPOOL/peer/out" -type f | wc -l)" 0 '... are all worked on'
is "$(find "$LSV_SPOOL/route/new" -type f | wc -l)" 110 '... each is one mail'

printf '%s\n' 'D 0-0 250 2.0.0 1700000000000000 gate.example ok' \
	'F 2-2 550 5.1.1 1700000000000000 h no' >"$T/journal"
chunk 21 "$T/three" &&
	cat "$T/journal" >>"$LSV_SPOOL/pool/peer/now/$(chunk_id 21)"
peer_once
job 21 >"$T/out"
is "$(told)" ann@b.example 'a recipient that is settled is not told again'
is "$(chunk_journal 21 | tail -2)" "D 1-1 250 2.0.0 T gate.example relayed as $(basename "$(mail 21)")
E" '... nor is another one recorded'

# --- what becomes no job -------------------------------------------------------

# settled N WHERE JOURNAL WHAT
settled() {
	is "$(chunk_at "$1")" "$2" "$4"
	is "$(chunk_journal "$1")" "$3" '... with what is known of it'
	is "$(mail "$1")" '' '... and no mail'
}

chunk 30 "$T/three" 'server: LISTSERV@else.example'
chunk 31 "$T/three" 'server: nonsense'
chunk 32 "$T/three" 'trail: x'
printf '%s\n' '"a b"@a.example' >"$T/blank"
chunk 33 "$T/blank"
{
	printf 'a: b\n\n'
	head -c 8000000 /dev/zero | tr '\0' y | fold -w 70
} >"$T/message"
chunk 34 "$T/three"
printf 'a: b\n\nc\n' >"$T/message"
chunk 35 "$T/three"
rm "$LSV_SPOOL/jobs/0647c1a200023.9f02c4d1aa/body"
chunk 36 "$T/three"
truncate -s 1 "$LSV_SPOOL/jobs/0647c1a200024.9f02c4d1aa/body"
chunk 37 "$T/three"
truncate -s 100 "$LSV_SPOOL/pool/peer/now/$(chunk_id 37)"
chunk 38 "$T/three"
echo garbage >"$LSV_SPOOL/pool/peer/now/$(chunk_id 38)"
mkdir -m 777 "$LSV_SPOOL/pool/peer/now/$(chunk_id 39)"
ok 'a pass over what is wrong' peer_once
settled 30 A/now '' 'a server that is not known: delivered directly'
settled 31 finished "F 0-2 000 5.4.4 T nonsense the server has no address
E" 'a server without an address: its recipients fail'
settled 32 A/now '' 'a trail that is none: delivered directly'
settled 33 A/now '' 'a recipient that no job can name: delivered directly'
settled 34 A/now '' 'more than PEER_MAXSIZE: delivered directly'
for n in 35 36 37 38 39; do
	is "$(chunk_at "$n")" peer/held "damage is held for a person ($n)"
done
like "$(grep 200022 "$T/peer.log")" 'direct rcpts=3 server=LISTSERV@gate.example pool=A why="over PEER_MAXSIZE"' 'the log says why'
is "$(events 'held why="the message of its job is gone"')" 1 'a message that is gone is said'
is "$(events 'held why="its message is cut short"')" 1 'one that is cut short too'

# --- a crash at each step ------------------------------------------------------

chunk 40 "$T/three"
peer_once
of=$(basename "$(mail 40)")
mv "$(mail 40)" "$T/made"

# again N JOURNAL - chunk 40 as a crash left it; its mail is wherever it is
again() {
	rm -f "$LSV_SPOOL/pool/finished/$(chunk_id 40)"
	chunk 40 "$T/three"
	printf '%s' "$1" >>"$LSV_SPOOL/pool/peer/now/$(chunk_id 40)"
}

mine() {
	cp "$T/made" "$1"
	chmod 640 "$1"
	! is_root || chown lsvpeer:lsvrt "$1"
}

again ''
mine "$LSV_SPOOL/peer/out/$of"
peer_once
ok 'before it is recorded: the mail is made again, under its name' cmp "$T/made" "$LSV_SPOOL/route/new/$of"
rm "$LSV_SPOOL/route/new/$of"
again 'K 1700000000000000
'
echo changed >>"$T/message"
mine "$LSV_SPOOL/peer/out/$of"
peer_once
ok 'behind that: the one that was made is handed over' cmp "$T/made" "$LSV_SPOOL/route/new/$of"
printf 'a: b\n\nc\n' >"$T/message"
rm "$LSV_SPOOL/route/new/$of"
again 'K 1700000000000000
'
peer_once
is "$(mail 40)" '' 'handed over before, and taken by lsv-route: not made again'
is "$(chunk_journal 40 | tail -2)" "D 0-2 250 2.0.0 T gate.example relayed as $of
E" '... and recorded now'
again 'K 1700000000000000
D 0-2 250 2.0.0 1700000000000000 gate.example relayed
'
peer_once
is "$(chunk_at 40) $(mail 40)" 'finished ' 'recorded before: it only goes home'

mine "$LSV_SPOOL/peer/out/0647c1a2fffff.0000000000"
peer_up
is "$(ls "$LSV_SPOOL/peer/out")" 0647c1a2fffff.0000000000 'a mail that is for no chunk stays for a day'
peer_down
touch -d '2 days ago' "$LSV_SPOOL/peer/out/0647c1a2fffff.0000000000"
chunk 41 "$T/three"
of=$(peer_once && basename "$(mail 41)")
mv "$(mail 41)" "$LSV_SPOOL/peer/out/"
mv "$LSV_SPOOL/pool/finished/$(chunk_id 41)" "$LSV_SPOOL/pool/peer/held/"
touch -d '2 days ago' "$LSV_SPOOL/peer/out/$of"
peer_up
wait_for 10 grep -q 'rule=for-no-chunk' "$T/peer.log"
is "$(ls "$LSV_SPOOL/peer/out")" "$of" '... and is swept then; that of a chunk is not'
like "$(cat "$T/peer.log")" '^0647c1a2fffff.0000000000 dropped rule=for-no-chunk$' '... which the log says'
rm "$LSV_SPOOL/peer/out/$of"

# --- running -------------------------------------------------------------------

chunk 50 "$T/three"
ok 'a chunk that comes wakes it' wait_for 10 test -e "$LSV_SPOOL/pool/finished/$(chunk_id 50)"
(
	set -- lsv-peer -1
	is_root && set -- s6-setuidgid lsvpeer "$@"
	exec "$@"
) 2>>"$T/peer.log" &
second=$!
chunk 51 "$T/three"
ok 'with another one that wants to run' wait_for 10 test -e "$LSV_SPOOL/pool/finished/$(chunk_id 51)"
ok '... which waits' kill -0 "$second"
peer_down
ok '... until the first one has ended' wait "$second"

peer_up
chmod 500 "$LSV_SPOOL/route/new"
before=$(find "$LSV_SPOOL/route/new" -type f | wc -l)
chunk 52 "$T/three"
if is_root; then chown root "$LSV_SPOOL/route/new"; fi
ok 'route/ that cannot be written: it waits' wait_for 10 test -e "$LSV_SPOOL/pool/peer/later/$(chunk_id 52)"
like "$(chunk_journal 52)" '^K T
R 0-2 000 4.3.0 T gate.example unable to hand the job over: Permission denied
L T 1$' '... with the reason in its journal'
is "$(ls "$LSV_SPOOL/peer/out")" "$(basename "$(ls "$LSV_SPOOL"/peer/out/*)")" '... and its mail made'
if is_root; then chown lsvroute "$LSV_SPOOL/route/new"; fi
chmod 3770 "$LSV_SPOOL/route/new"
ok '... and goes on when that is mended' wait_for 15 test -e "$LSV_SPOOL/pool/finished/$(chunk_id 52)"
is "$(find "$LSV_SPOOL/route/new" -type f | wc -l)" $((before + 1)) '... once'

peer_config 'RUNMODE=STANDALONE'
kill -HUP "$peer_pid"
wait_for 10 grep -q 'read again' "$T/peer.log"
chunk 53 "$T/three"
ok 'a server that stands alone now delivers directly' wait_for 10 test -e "$LSV_SPOOL/pool/A/now/$(chunk_id 53)"
peer_config 'RUNMODE=TABLELESS else.example'
kill -HUP "$peer_pid"
wait_for 10 sh -c "[ \$(grep -c 'read again' '$T/peer.log') = 2 ]"
chunk 54 "$T/three" 'server: LISTSERV@ELSE.example'
ok 'the host of the network may change' wait_for 10 test -e "$LSV_SPOOL/pool/finished/$(chunk_id 54)"
echo 'NODE=' >"$LSV_ETC/site.cfg"
rm "$LSV_ETC/site.cdb"
kill -HUP "$peer_pid"
ok 'without a configuration the old one stays' wait_for 10 grep -q 'using the old one' "$T/peer.log"
chunk 55 "$T/three" 'server: LISTSERV@else.example'
ok '... in force' wait_for 10 test -e "$LSV_SPOOL/pool/finished/$(chunk_id 55)"
peer_down

# --- with a table --------------------------------------------------------------

mkdir -p "$LSV_ETC/network" "$LSV_LIB/network"
cat >"$LSV_ETC/network/peers.names" <<-'END'
	:nick.HERE :index.1 :userid.LISTSERV :node.HERE :internet.n.example
	     :backbone.YES :links1.CEARN
	:nick.CEARN :index.2 :userid.LISTSERV :node.CEARN :internet.cearn.example
	     :backbone.YES :links1.HERE
END
peer_config RUNMODE=NETWORKED
chunk 60 "$T/three" 'server: LISTSERV@cearn.example'
peer_once
is "$(chunk_at 60)" A/now 'without a table there are no other servers'
lsv-table network >"$T/out" 2>&1 || diag "$(cat "$T/out")"
chunk 61 "$T/three" 'server: LISTSERV@CEARN.example'
chunk 62 "$T/three" 'server: LISTSERV@dearn.example'
chunk 63 "$T/three" 'server: LISTSERV@n.example'
peer_once
is "$(chunk_at 61)" finished 'a server of the table gets its job'
is "$(chunk_at 62)" A/now 'one that is not there gets none'
is "$(lsv-queue show --json "$(chunk_id 62)" | tr , '\n' | grep '"pool"')" \
	'"pool":"A"' '... and its chunk is in the pool where it lies now'
is "$(chunk_at 63)" A/now 'nor do we ourselves'
table=$LSV_LIB/network/network.cdb
cp "$table" "$T/table"
echo damaged >"$table"
chunk 64 "$T/three" 'server: LISTSERV@cearn.example'
peer_once
is "$(chunk_at 64)" peer/later 'with a damaged table it waits'
cp "$T/table" "$table.new" && mv "$table.new" "$table"
sleep 1.1
peer_once
is "$(chunk_at 64)" finished '... until that is mended'

# --- one that kills ------------------------------------------------------------

chunk 70 "$T/three" 'server: LISTSERV@cearn.example'
chunk 71 "$T/three" 'server: LISTSERV@cearn.example'
printf '%s 2\n' "$(chunk_id 70)" >"$LSV_SPOOL/peer/doing"
peer_once
is "$(chunk_at 70) $(chunk_at 71)" 'peer/held finished' 'what it died of three times is held, the rest goes on'
is "$(events 'held why="lsv-peer died of it three times"')" 1 '... and the log says why'

# killed again and again while there is work; nothing is lost, nothing doubled
rm -f "$LSV_SPOOL"/route/new/*
for n in $(seq 200 320); do
	chunk "$n" "$T/three" 'server: LISTSERV@cearn.example'
done
for n in $(seq 60); do
	(
		set -- lsv-peer -1
		is_root && set -- s6-setuidgid lsvpeer "$@"
		exec "$@"
	) 2>>"$T/peer.log" &
	sleep "0.00$((n % 10))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	: >"$LSV_SPOOL/peer/doing" # it was not they who killed it
done
peer_once
is "$(find "$LSV_SPOOL/pool/finished" -newer "$T/table" -name '0647c1a2000[cdef]*' -o -name '0647c1a2001*' | wc -l)" 121 \
	'killed sixty times: all chunks are home'
find "$LSV_SPOOL/route/new" -type f -exec sed -n 's/.*DIST2.*//; s,.*ID=N.EXAMPLE/\([^ ]*\) .*,\1,p' {} + |
	sort >"$T/ids"
is "$(wc -l <"$T/ids") $(uniq "$T/ids" | wc -l)" '121 121' '... and each is one mail'

done_testing
