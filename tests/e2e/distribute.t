#!/bin/sh
# DISTRIBUTE: jobs by mail, from lsv-inject to what lsv-route is given
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"
. "$TOP/tests/lib/commands.sh"

host=searn.sunet.se
commands_make RUNMODE=NETWORKED DIST_SECURITY=0
network rfc1429 SEARN

# --- the dialogue of RFC 1429 ------------------------------------------------

# rfc1429 JOB COMMAND
rfc1429() {
	text "$@" '//To DD *' 'joe@ws-4.xyz.edu BSMTP' 'jack@abc.com BSMTP' \
		'jim@tamvm1.bitnet BSMTP' 'jill@alpha.cc.buffalo.edu BSMTP' \
		'james@library.rice.edu BSMTP' '/*' '//Data DD *,EOF' \
		'Date: Sat, 20 Feb 1993 01:09:40 +0000' \
		'From: Joe User <joe@ws-4.xyz.edu>' \
		'To: Multiple recipients of a list <list@ws-4.xyz.edu>' \
		'Subject: R&D &*TO; &NAME;' '' '.hello' 'R&D &*TO; &NAME;'
	job 'Joe User <joe@ws-4.xyz.edu>'
}

# time, figures and the processor are those of the day
figures() {
	sed -E 's/ on [0-9 ]+ [A-Z][a-z]{2} [0-9]{4} [0-9:]{8}$/ on DATE/
		s/^( CPU time: {8})[0-9.]{5}( sec {16}Device I\/O:) *[0-9]+$/\1N.NNN\2 N/
		s/^( Overhead CPU: {4})[0-9.]{5}( sec {16}Paging I\/O:) *[0-9]+$/\1N.NNN\2 N/
		s/^( CPU model:) +[^ ]+$/\1 X/'
}

rfc1429 '//Test JOB' 'Distribute mail Ack=mail Debug=yes'
is "$status $count" '0 1' 'a job with DEBUG=YES sends nothing but its report'
is "$(field Subject)" 'Output of your job "Test"' 'which has the name of the job'
is "$(body | figures)" 'Job "Test" started on DATE

> Distribute mail Ack=mail Debug=yes
Debug trace information:

ABC.COM                   goes to SEARN    (213) - single recipient
ALPHA.CC.BUFFALO.EDU      goes to UBVM     (027) - single recipient
LIBRARY.RICE.EDU          goes to RICEVM1  (022) - single recipient
TAMVM1                    goes to TAIVM1   (247) - single recipient
WS-4.XYZ.EDU              goes to SEARN    (213) - single recipient

Path information:

 TAIVM1  : UGA      RICEVM1  TAIVM1
 UBVM    : UGA      UBVM
 RICEVM1 : UGA      RICEVM1

(Debug) Mail forwarded to LISTSERV@UGA      for   3 recipients.
(Debug) Mail posted via BSMTP to jack@ABC.COM.
(Debug) Mail posted via BSMTP to joe@WS-4.XYZ.EDU.

Job "Test" ended   on DATE

Summary of resource utilization
-------------------------------
 CPU time:        N.NNN sec                Device I/O: N
 Overhead CPU:    N.NNN sec                Paging I/O: N
 CPU model: X' 'the dialogue is that of RFC 1429, line by line'

rfc1429 '//Test JOB Echo=NO' 'Distribute mail Ack=mail'
is "$(body)" 'Mail forwarded to LISTSERV@UGA      for   3 recipients.
Mail posted via BSMTP to jack@ABC.COM.
Mail posted via BSMTP to joe@WS-4.XYZ.EDU.' \
	'with Echo=NO and ACK=MAIL the reply is its three lines'
is "$count" 2 'and the job is handed on'
pick_class dist
is "$(value from) $(value pool) $(rows) $(value trail)" \
	'joe@ws-4.xyz.edu - 5 ' 'from its sender, to five, in the pool of jobs'
is "$(table)" 'jim@tamvm1.bitnet
jack@abc.com
jill@alpha.cc.buffalo.edu
james@library.rice.edu
joe@ws-4.xyz.edu' 'who are sorted by reversed domain'
is "$(message)" "$(sed '1,/^.*Data DD/d' "$T/text")" \
	'the message is as it was given'

rfc1429 '//Test JOB Echo=NO' 'Distribute mail'
is "$count $(value class)" '1 ' 'without ACK there is no reply'
pick_class dist && pass 'and the job is done'

rfc1429 '//Test JOB Echo=NO' 'Distribute mail TRACE=YES'
is "$count $(body | grep -c 'goes to') $(body | grep -c '^Mail')" '2 5 3' \
	'TRACE=YES reports and delivers'

# --- recipients --------------------------------------------------------------

# tosend RECIPIENT... - a job with them; $options of the command, $to who sends it
tosend() {
	{
		printf '%s\n' '//Test JOB Echo=NO' \
			"DISTRIBUTE ${type-MAIL} $options" '//TO DD *'
		printf '%s\n' "$@"
		printf '%s\n' '/*' '//DATA DD *,EOF'
		cat "$T/message"
	} >"$T/text"
	job "${to-joe@example.com}"
}
printf '%s\n' 'From: Joe <joe@example.com>' 'To: everybody <x@y.example>' \
	'Cc: &NAME; <z@y.example>' 'Bcc: secret@y.example' \
	'Subject: R&D &NAME; &*TO;' 'MIME-Version: 1.0' \
	'Content-Type: text/plain; charset=us-ascii' '' 'R&D &NAME; &*TO; &*DATE;' \
	'.' '&amp; From here' >"$T/message"


options=
tosend 'zoe@b.example Zoe Ünlü' 'adam@a.example BSMTP' 'Eve@a.example' \
	'"q,q"@a.example Quoted "Q" Name' 'bob@c.example Bob B. BSMTP'
is "$count" 2 'those with BSMTP and those without are two files'
pick_class dist 1
is "$(value merge) $(rows) $(table | tr '\n' ' ')" \
	' 2 adam@a.example bob@c.example ' 'BSMTP: shared copies'
is "$(message)" "$(cat "$T/message")" 'of the message as it was given'
pick_class dist 2
is "$(value merge) $(rows)" '*TO NAME 3' 'the others: copies of their own'
is "$(table)" "$(printf '%s\n' '"q,q"@a.example	Quoted "Q" Name' \
	'Eve@a.example' 'zoe@b.example	Zoe Ünlü')" 'with their names'
is "$(message | grep -v '^Date: \|^Message-ID: <')" \
	"$(sed 's/^To:.*/To: \&NAME; <\&*TO;>/;/^Bcc/d' "$T/message")" \
	'whose To is theirs, and all else as it was'
is "$(field Date | wc -l) $(field Message-ID | wc -l)" '1 1' \
	'but for fields that were missing'

tosend 'Joe@a.example' 'joe@A.EXAMPLE BSMTP' 'joe@a.example Twice' \
	'jim@a.example BSMTP'
is "$count" 2 'who is named twice'
pick_class dist 1
is "$(table)" jim@a.example 'gets one copy'
pick_class dist 2
is "$(table)" Joe@a.example 'the one named first'

options='TO a@x.example b@x.example ACK=MAIL'
tosend ignored@x.example
says 'posted via BSMTP to a@X.EXAMPLE' 'recipients may stand in the command'
pick_class dist
is "$(rows) $(value merge)" '2 *TO NAME' 'and are not those of a dataset then'

options='POOL=N FROM=Joe@Example.com ACK=MAIL'
tosend a@x.example
pick_class dist
is "$(value pool) $(value from)" 'N Joe@example.com' 'POOL= and FROM= are obeyed'

type=RFC822 options='ACK=MAIL'
printf '%s\n' 'From: joe@example.com' 'To: A <a@x.example>, b@x.example' \
	'Cc: "C, c" <c@x.example>, A@X.example' 'Subject: x' '' x >"$T/message"
tosend ignored@x.example
pick_class dist
is "$(table | tr '\n' ' ') $(value merge)" 'a@x.example b@x.example c@x.example  ' \
	'RFC822: To and Cc are the recipients'

type='FILE "MY FILE"' options=
printf 'line one\nline two\n' >"$T/message"
tosend a@x.example 'b@x.example BSMTP'
pick_class dist 1
is "$(value file) $(field Subject) $(field To)" \
	'MY FILE File "MY FILE" undisclosed-recipients:;' 'FILE becomes a mail'
is "$(body)" "$(cat "$T/message")" 'with the text in it'
pick_class dist 2
is "$(field To)" '&NAME; <&*TO;>' 'also as copies of their own'
printf 'binary \377\376\n\001' >"$T/message"
tosend 'b@x.example BSMTP'
pick_class dist
is "$(body | tr -d '\n' | base64 -d | od -c)" "$(od -c <"$T/message")" \
	'or encoded when it is no text'

# --- MAIL-MERGE --------------------------------------------------------------

type=MAIL-MERGE
printf '%s\n' 'From: joe@example.com' 'Subject: for &NAME;' '' \
	'Dear &NAME;, your code is &CODE;.' >"$T/message"
tosend 'to,NAME,CODE' 'b@x.example,Bea,17' '"a@x.example","A, A",' 'a bad one,x,y' \
	'c@x.example,C,1,2'
is "$count" 2 'MAIL-MERGE takes a table'
says '^Line 8: row: has more cells than names' \
	'and names bad rows by their lines'
says '^Line 7: address: ' 'and those without an address'
pick_class dist
is "$(value merge) $(rows)" 'NAME CODE 2' 'the good ones are handed on'
is "$(table)" "$(printf 'a@x.example\tA, A\t\nb@x.example\tBea\t17')" \
	'with their values'
tosend 'b@x.example Bea B.' a@x.example
pick_class dist
is "$(value merge) $(table)" "$(printf 'NAME a@x.example\t\nb@x.example\tBea B.')" \
	'or lines with names'
options='DBMS=YES'
tosend 'SELECT x'
says 'has no database' 'DBMS=YES is refused with a reason'
options='TO a@x.example'
tosend x
says 'takes its recipients from a dataset' 'so are recipients in the command'
options=
printf '%s\n' 'From: joe@example.com' 'Content-Type: text/&NAME;' '' x \
	>"$T/message"
tosend 'to,NAME' 'b@x.example,Bea'
says 'cannot be merged, line [0-9]+ of it' 'so is a message that cannot be merged'
tosend 'to,NA ME' 'b@x.example,Bea'
says '^Line 4: "NA ME" is no name of a field' 'and bad names of fields'

# --- what is wrong with a job ------------------------------------------------

type=MAIL options=
printf '%s\n' 'From: joe@example.com' 'Subject: x' '' x >"$T/message"
tosend 'good@x.example BSMTP' nobody '<a@x.example>' \
	"$(printf 'b\001@x.example')" '*x@x.example' 'a@x' "$listserv" \
	'LISTSERV@SEARN.SUNET.SE Name BSMTP' '' 'c d@x.example' \
	"$(printf '%0300d@x.example' 0)"
is "$count" 2 'bad recipients do not keep others from theirs'
for line in 5 6 7 8 9 10 11 13 14; do
	says "^Line $line: " "line $line is named"
done
says 'not by DISTRIBUTE' 'the server is no recipient of its own'
unlike "$(body)" "$(printf '\001')" 'control bytes are not repeated'
pick_class dist
is "$(table)" good@x.example 'the good one is served'
tosend one two three
is "$count" 1 'a job without a good recipient'
says 'no recipients: nothing was sent' 'is not one'
seq 1 250 >"$T/many"
# shellcheck disable=SC2046 # words are what is wanted
tosend $(cat "$T/many")
is "$(body | grep -c '^Line')" 100 'of many bad lines 100 are named'
says 'and 150 more lines with errors' 'and the others counted'

# says_of LINES REGEX NAME - what a job of those lines says; nothing is sent
says_of() {
	printf '%s\n' "$1" >"$T/text"
	job joe@example.com
	is "$count" 1 "$3"
	says "$2" '... says why'
}
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
a@x.example BSMTP
/*' 'no dataset DATA' 'a job without DATA'
says_of '//X JOB
DISTRIBUTE MAIL
//DATA DD *,EOF
From: x@y.example

x' 'no dataset TO' 'a job without TO'
says_of '//X JOB
DISTRIBUTE MAIL DD=OTHER TO DD=THEM
//TO DD *
a@x.example
/*
//DATA DD *,EOF
From: x@y.example

x' 'no dataset OTHER' 'a dataset that is not there'
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
a@x.example BSMTP
//DATA DD *,EOF
From: x@y.example

x' 'has no end' 'a dataset without its end'
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
/*
//DATA DD *,EOF
From: x@y.example

x' '^Line 3: the dataset TO is empty' 'an empty TO'
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
a@x.example BSMTP
/*
//DATA DD *
/*' 'the dataset DATA is empty' 'an empty DATA'
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
a@x.example BSMTP
/*
//TO DD *
b@x.example BSMTP
/*
//DATA DD *,EOF
From: x@y.example

x' '^Line 6: there is another dataset of this name: TO' 'a dataset that is there twice'
says_of '//X JOB
DISTRIBUTE MAIL
//TO DD *
a@x.example BSMTP
/*
//DATA DD *,EOF
no header here' '^Line 7: ' 'a message without a header'
says_of '//X JOB
DISTRIBUTE MAIL NONSENSE=YES
//TO DD *
a@x.example BSMTP
/*' 'no such option: NONSENSE=YES' 'an unknown option'
says_of '//X JOB
DISTRIBUTE
//TO DD *
a@x.example BSMTP
/*' 'type is missing' 'no type'
says_of '//X JOB
DIST2 MAIL I=Y
//TO DD *
a@x.example BSMTP
/*
//DATA DD *,EOF
From: x@y.example

x' 'DIST2 is what servers send to each other' 'DIST2 from a person'
{
	printf '%s\n' '//X JOB' 'DISTRIBUTE MAIL' '//TO DD *' \
		'a@x.example BSMTP' '/*' '//DATA DD *,EOF' 'From: x@y.example' ''
	head -c 1200 /dev/zero | tr '\0' x
	echo
} >"$T/text"
job joe@example.com
says '^Line 9: ' 'a line that is too long for mail is named'
printf '%s\n' '//X JOB' 'DISTRIBUTE MAIL ACK=MAIL' '//TO DD *' \
	'a@x.example BSMTP' '/*' '//DATA DD *' 'From: x@y.example' '' 'no end' \
	>"$T/text"
job joe@example.com
says 'has no end' 'DATA without its end and without EOF is refused'
printf '%s\n' '//X JOB' 'DISTRIBUTE MAIL ACK=MAIL' '//TO DD *' \
	'a@x.example BSMTP' '/*' '//DATA DD *' 'From: x@y.example' '' 'fine' '/*' \
	>"$T/text"
job joe@example.com
says 'posted via BSMTP to a@X.EXAMPLE' 'a job needs no EOJ'

# --- who may -----------------------------------------------------------------

# refused REGEX NAME - nothing is sent, and the sender told why
refused() {
	is "$count" 1 "$2"
	says "$1" '... says why'
}
type=MAIL options='FROM=eve@example.net' to=joe@example.com
tosend 'a@x.example BSMTP'
refused 'not authorized to send for it' 'FROM= of another is not for everybody'
like "$(cat "$log")" ' job-refused type=mail by=joe@example.com from=eve@example.net' \
	'and is logged'
commands_config RUNMODE=NETWORKED 'DIST_ALLOWED_USERS=joe@example.com'
options='' to=eve@example.net
tosend 'a@x.example BSMTP'
refused 'not authorized to use DISTRIBUTE' 'by default few may use DISTRIBUTE'
to=joe@example.com
tosend 'a@x.example BSMTP'
is "$(files "$command/wait") $count" '1 2' 'who may has to confirm'
says 'Nothing is sent' 'and is told so'
pick confirm
is "$(value to) $(body | sed -n '/^    DIST/,/Subject/p')" \
	"joe@example.com     DISTRIBUTE MAIL
    for 1 recipient
    Subject: x" 'with what it is about'
is "$(field Subject | sed 's/(.*)/(X)/')" 'Command confirmation request (X)' \
	'by a mail with a code'
confirmed joe@example.com
is "$count" 2 'then it is sent'
pick_class dist
is "$(table) $(value from) $(message | head -n 1)" \
	'a@x.example joe@example.com From: joe@example.com' 'as it was given'
options='ACK=MAIL TRACE=YES'
tosend 'a@x.example BSMTP' 'b@x.example Bea'
confirmed joe@example.com
is "$count" 3 'the report comes when it was confirmed'
pick reply
is "$(body | grep -c 'goes to') $(body | grep -c '^Mail posted')" '2 2' 'in full'

password joe@example.com Sesame-17
options='PW=Sesame-17 ACK=MAIL'
tosend 'a@x.example BSMTP'
is "$count" 2 'with his password there is no question'
like "$(cat "$log")" 'text=.*PW=\*+' 'which the log does not show'
options='PW=Sesame-17 FROM=eve@example.net'
tosend 'a@x.example BSMTP'
pick_class dist
is "$(value from)" eve@example.net 'who may can send for another'
options='PW=wrong-one'
tosend 'a@x.example BSMTP'
refused 'Wrong password' 'a wrong password'
options='PW=Sesame-17' to=eve@example.net
tosend 'a@x.example BSMTP'
refused 'not authorized' 'and that of another'
options='DEBUG=YES' to=joe@example.com
tosend 'a@x.example BSMTP'
is "$count $(body | grep -c Debug)" '1 2' 'DEBUG=YES needs no password'
is "$(grep -c Sesame "$log")" 0 'no password was logged'
unlike "$(cat "$log" "$T/file")" 'Sesame|wrong-one' 'nor shown'
options='PW=wrong-one'
for _ in $(seq 1 20); do
	tosend 'a@x.example BSMTP'
done
refused 'too many wrong passwords' 'after 20 wrong ones none is taken'
options='PW=Sesame-17'
tosend 'a@x.example BSMTP'
refused 'too many wrong passwords' 'not even the right one'

# --- POST --------------------------------------------------------------------

for name in MOD-L OTHER-L; do
	printf '%s\n' "* $name" '* Owner= owner@example.net' '* Send= Editor' \
		'* Editor= ed@example.net' >"$T/header"
	ok "the list $name is made" lsv-list create $name --header "$T/header"
done
type=POST options="TO MOD-L@$host" to=joe@example.com
printf '%s\n' 'From: ed@example.net' 'Subject: approved' '' '.news' >"$T/message"
tosend x
refused 'Only owners of the list' 'POST is not for everybody'
waiting=$(files "$command/wait")
to=owner@example.net
tosend x
is "$count $(($(files "$command/wait") - waiting))" '2 1' 'its owner has to confirm'
pick confirm
like "$(body)" 'DISTRIBUTE POST TO MOD-L@searn' 'and sees what'
says 'for the list MOD-L' 'and where'
confirmed owner@example.net
pick_class post
is "$(value list) $(value to) $(value from)" \
	"MOD-L MOD-L@$host owner@example.net" 'then it is a posting to the list'
is "$(sed '1,/^end$/d' "$T/file")" "$(cat "$T/message")" 'as it was given'
password owner@example.net Ownersword
options="TO other-l@$host PW=Ownersword"
tosend x
pick_class post
is "$(value list) $count" 'OTHER-L 1' 'or gives a password'
options="TO none-l@$host PW=Ownersword"
tosend x
refused 'List "none-l" is unknown' 'a list that is not there'
options='PW=Ownersword'
tosend ''
refused 'TO is empty|has a list as its recipient' 'and none at all'

# --- DIST2 -------------------------------------------------------------------

crc() {
	python3 -c 'import sys, zlib
print("%08X" % zlib.crc32(sys.stdin.buffer.read()))' <"$T/message"
}
# dist2 OPTIONS RECIPIENT... - a job as another server sends it; from $peer
dist2() {
	{
		printf '%s\n' '//D0004711 JOB Echo=No,Reply-to=None' \
			"// DIST2 MAIL I=Y $1 ," "//+ FROM=$from"
		shift
		if [ $# -gt 0 ]; then
			printf '%s\n' '//TO DD *'
			printf '%s BSMTP\n' "$@"
			printf '%s\n' '/*'
		fi
		printf '%s\n' '//DATA DD *,EOF'
		cat "$T/message"
	} >"$T/text"
	job "$peer" 'Auto-Submitted: auto-generated'
}
peer=LISTSERV@uga.cc.uga.edu from=owner-x@uga.cc.uga.edu env=$from
printf '%s\n' 'From: joe@example.com' 'Subject: x' '' '.one' 'From two' \
	>"$T/message"
crc=$(crc)
options="POOL=A FORW(CRC) CRC=$crc ID=UGA/4711 HOPS=2 VIS(CEARN UGA)"
nothing() {
	is "$count" 0 "$1"
	like "$(cat "$log")" "$2" '... for that reason'
}
dist2 "$options" a@x.example b@x.example
is "$count" 0 'nobody is trusted by default'
commands_config RUNMODE=NETWORKED DIST2_UNSIGNED=uga.cc.uga.edu
dist2 "$options" a@x.example b@x.example
is "$count" 1 'a server that is named is'
pick_class dist
is "$(value trail)" 'UGA/4711 2 CEARN UGA' 'the job goes on with its trail'
is "$(value from) $(value pool) $(table | tr '\n' ' ')" \
	'owner-x@uga.cc.uga.edu A a@x.example b@x.example ' 'for its recipients'
is "$(message)" "$(cat "$T/message")" 'with its message'
dist2 "$options" b@x.example a@x.example
nothing 'the same once more is not done again' 'dist2-refused .*why="it came before"'
dist2 "$options" b@x.example c@x.example
is "$count" 1 'for others it is'
dist2 "FORW(CRC) CRC=00000000 ID=UGA/4712" a@x.example
is "$count" 1 'a job that was changed on its way is not executed'
pick damaged
is "$(value to) $(body | grep -c UGA/4712)" 'ann@example.net 1' \
	'but the postmaster told'
dist2 'FORW(CRC) ID=UGA/4712' a@x.example
nothing 'FORW(CRC) without CRC' 'FORW\(CRC\) without a CRC='
env=eve@example.net
dist2 "CRC=$crc ID=UGA/1" a@x.example
nothing 'an envelope of somebody else' 'envelope sender is neither'
env=$peer
dist2 "CRC=$crc ID=UGA/2" a@x.example
is "$count" 1 'the address of the server is a good one'
env=$from peer=joe@uga.cc.uga.edu
dist2 "CRC=$crc ID=UGA/3" a@x.example
is "$count" 0 'who is no LISTSERV there is nobody'
peer=LISTSERV@taivm1.taiu.edu
dist2 "CRC=$crc ID=UGA/3" a@x.example
nothing 'a server that is not named' 'automatic|not from a server named|dropped'
peer=LISTSERV@uga.cc.uga.edu
dist2 "CRC=$crc ID=UGA/5" "$listserv" 'bad one' nobody a@x.example
pick_class dist
is "$(table)" a@x.example 'bad recipients do not keep others from theirs'
like "$(cat "$log")" 'bad-recipient .*address="nobody' 'and are logged'
dist2 "CRC=$crc ID=UGA/6 HOST(27 22 999) TAB=9302"
pick_class dist
is "$(table)" 'LISTSERV@ubvm.cc.buffalo.edu
LISTSERV@ricevm1.rice.edu' 'HOST() counts servers'
dist2 "CRC=$crc ID=UGA/7 HOST(27 22) TAB=9401"
nothing 'of the same table' 'HOST\(\) counts servers of another table'
dist2 "CRC=$crc ID=UGA/8 NONSENSE=1" a@x.example
nothing 'a command that cannot be read' 'cannot be read'
dist2 "CRC=$crc ID=UGA/9"
nothing 'no recipients' 'there are no recipients'
from='<>'
export env='<>'
dist2 "CRC=$crc ID=UGA/10" a@x.example
pick_class dist
is "$(value from)" '' 'there may be no return path'
unset env

# --- SHOW and PATH -----------------------------------------------------------

# shows COMMAND REGEX...
shows() {
	text "$1"
	job joe@example.com
	shift
	for shown; do
		says "$shown" "it shows $shown"
	done
}
shows 'SHOW VERSION' '^lsv [0-9.]+, compatible with LISTSERV, on searn' \
	'^Master nodes file version 9302, compiled on ' '  bitearn.nodes .* entries'
shows 'SHOW NETWORK' '^5 servers, 6 nodes' \
	'^ SEARN    \(213\) backbone +here  LISTSERV@searn.sunet.se'
shows 'SHOW LINKS' 'next behind SEARN' '^ UGA      \(005\)'
shows 'show links uga' '^ RICEVM1 .*022' '^ UBVM .*027'
shows 'SHOW NODENTRY TAMVM1' '^TAMVM1: entry TAMVM1, bitearn.nodes:' \
	'Nearest server, at cost' '^ TAIVM1   \(247\)'
shows 'SHOW NODE UGA' 'It has the server' 'peers.names:[0-9]+, version 1.7f'
shows 'SHOW NODENTRY no.where.example' 'is in no table'
shows 'SHOW PATHS TAIVM1' '^ TAIVM1  : UGA      RICEVM1  TAIVM1$'
shows 'SHOW PATHS SEARN TAIVM1' '^ TAIVM1  : UGA      RICEVM1  TAIVM1$'
shows 'SHOW PATHS UGA TAIVM1' 'ask LISTSERV@uga'
shows 'SHOW PATHS NOBODY' 'No server is called "NOBODY"'
shows 'PATH joe@alpha.cc.buffalo.edu rice.edu no.where.example' \
	'^ALPHA.CC.BUFFALO.EDU +goes to UBVM     \(027\) - \*.buffalo.edu, cost' \
	'^ UBVM    : UGA      UBVM$' '^NO.WHERE.EXAMPLE .* unknown host'
shows 'SHOW' 'SHOW VERSION, SHOW NETWORK'
shows 'HELP DIST' '^DISTribute type' 'lsv-job\(5\)'
rm "$LSV_LIB/network/network.cdb"
shows 'SHOW NETWORK' 'has no tables of the network'
shows 'SHOW VERSION' 'compatible with LISTSERV'
commands_config RUNMODE=STANDALONE
shows 'SHOW VERSION' 'runs alone'
network rfc1429 SEARN

# --- a million ---------------------------------------------------------------

commands_config RUNMODE=NETWORKED DIST_SECURITY=0
{
	printf '%s\n' '//BIG JOB Echo=NO' 'DISTRIBUTE MAIL' '//TO DD *'
	awk 'BEGIN { for (i = 0; i < 1000000; i++)
		printf "user%d@host%d.dept%d.example BSMTP\n",
		    i, (i * 7919) % 100000, i % 97 }'
	printf '%s\n' '/*' '//DATA DD *,EOF' 'From: joe@example.com' '' x
} >"$T/text"
mail joe@example.com
rm -f "$route"/new/*
# peak of private memory, as the kernel counts it when it is over
start=$(date +%s%3N)
lsv-command -1 2>"$T/err" &
pid=$!
peak=0
while kill -0 $pid 2>/dev/null; do
	now=$(awk '/^RssAnon/ { print $2 }' /proc/$pid/status 2>/dev/null)
	[ "${now:-0}" -gt "$peak" ] && peak=$now
	sleep 0.02
done
wait $pid
took=$(($(date +%s%3N) - start))
diag "1,000,000 recipients: $took ms, $peak KiB of private memory"
pick_class dist
is "$(rows)" 1000000 'a million recipients in one job'
# shellcheck disable=SC2016 # the inner shell expands it
ok 'in order' env LC_ALL=C sh -c 'sed "1,/^end\$/d" "$1" | head -n 1000000 |
	awk -F@ "{ n = split(\$2, a, \".\"); k = \"\"
		for (i = n; i; i--) k = k a[i] (i > 1 ? \".\" : \"\")
		print k \"\\001\" \$1 }" | sort -c' sh "$T/file"
[ -n "${LSV_SANITIZED:-}" ] ||
	ok 'within 64 MiB of private memory, the mail included' [ "$peak" -lt 65536 ]
ok 'and within half a minute, the disk included' [ "$took" -lt 30000 ]
{
	printf '%s\n' '//BIG JOB Echo=NO' 'DISTRIBUTE MAIL' \
		'//DATA DD *' 'From: joe@example.com' '' x '/*' '//TO DD *,EOF'
	awk 'BEGIN { for (i = 0; i < 1000001; i++) print "u" i "@x.example BSMTP" }'
} >"$T/text"
job joe@example.com
is "$count" 1 'one more than a million'
says 'A job has at most 1000000 recipients' 'is refused'

done_testing
