#!/bin/sh
# lsv-command: mailed commands, from lsv-inject to what lsv-route is given
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"

inboxes score route command
mkdir "$LSV_SPOOL/command/out" "$LSV_SPOOL/command/wait"
mkdir -m 700 "$LSV_LIB/command"
command=$LSV_SPOOL/command
route=$LSV_SPOOL/route
log=$T/err
host=lists.example.org
listserv=listserv@$host

config() {
	cat >"$LSV_ETC/site.cfg" <<-END
		NODE=$host
		MYDOMAIN="$host example.org"
		POSTMASTER="ann@example.net Hide: secret@example.net"
		LOCAL=*.example.org
		SMTP_FORWARD=127.0.0.1
		SPAM_DELAY=0
		DEFAULT_LIST_POOL="A B"
	END
	for line; do
		echo "$line" >>"$LSV_ETC/site.cfg"
	done
	lsv-config apply >/dev/null
}
ok 'the configuration applies' config

# list NAME KEYWORD...
list() {
	name=$1
	shift
	{
		echo "* $name for tests"
		echo '* Owner= owner@example.net'
		echo '* Owner= Quiet:'
		echo '* Owner= quiet@example.net'
		for keyword; do
			echo "* $keyword"
		done
	} >"$T/header"
	lsv-list create "$name" --header "$T/header"
}
ok 'an open list is made' list OPEN-L 'Subscription= Open'
ok 'one that asks for confirmation' list CONF-L 'Subscription= Open,Confirm'
ok 'one whose owners decide' list OWN-L 'Subscription= By_Owner' \
	'Delivery-Pool= C,D'
ok 'one with both' list BOTH-L 'Subscription= By_Owner,Confirm'
ok 'a closed one' list SHUT-L 'Subscription= Closed'
ok 'a confidential one' list SECRET-L 'Subscription= Open' \
	'Confidential= Yes' 'Review= Owner' '.HH ON' 'Notebook= No' '.HH OFF'
ok 'one that is careful' list VALID-L 'Subscription= Open' \
	'Validate= All,Confirm'
ok 'and one that does not take everybody' list FILTER-L 'Subscription= Open' \
	'Filter= Also,*@bad.example'

n=0
# post FROM TO SUBJECT [FIELD...] - a message with the text of $T/text; $env is
# its envelope sender when that is another
post() {
	n=$((n + 1))
	from=$1 to=$2 about=$3
	shift 3
	{
		echo "From: $from"
		echo "To: $to"
		echo "Subject: $about"
		echo "Message-ID: <test$n@example.com>"
		for field; do
			printf '%s\n' "$field"
		done
		echo
		cat "$T/text"
	} >"$T/m"
	lsv-inject -f "${env-$(expr "$from" : '.*<\(.*\)>' \| "$from")}" "$to" \
		<"$T/m" && lsv-score -1 2>"$T/score"
}

text() {
	printf '%s\n' "$@" >"$T/text"
}

# repeated N LINE... - the text is the lines N times
repeated() {
	times=$1
	shift
	for i in $(seq "$times"); do
		printf '%s\n' "$@"
	done >"$T/text"
}

files() {
	find "$1" -type f | wc -l
}

# what lies in route/new: $count files, and after `pick REASON` one in $T/file
execute() {
	rm -f "$route"/new/*
	run lsv-command -1
	count=$(files "$route/new")
}

# pick REASON [N] - the N-th (first) of those made for that
pick() {
	: >"$T/file"
	skipped=${2:-1}
	for f in "$route"/new/*; do
		grep -q "^reason: $1\$" "$f" || continue
		skipped=$((skipped - 1))
		[ $skipped = 0 ] || continue
		tr -d '\r' <"$f" >"$T/file"
		return 0
	done
	return 1
}

value() {
	sed -n "/^end\$/q;s/^$1: //p" "$T/file"
}

field() {
	sed '1,/^end$/d' "$T/file" | sed -n "/^\$/q;s/^$1: //p"
}

body() {
	sed '1,/^end$/d' "$T/file" | sed '1,/^$/d'
}

# mail FROM COMMAND... - to the server, executed; the reply is in $T/file
mail() {
	from=$1
	shift
	text "$@"
	post "$from" $listserv commands
	execute
	pick reply
}

# says REGEX NAME
says() {
	like "$(body)" "$1" "$2"
}

# cookie - the code in the mail that was picked
cookie() {
	field Subject | sed -n 's/.*(\([0-9A-F]*\)).*/\1/p'
}

subscribed() {
	lsv-list show "$1" --subscribers 2>/dev/null | grep -q "$2" ||
		lsv-list export "$1" 2>/dev/null | grep -q "$2"
}

# --- one message -------------------------------------------------------------

mail 'Joe User <Joe@example.com>' thanks
is "$status $count" '0 1' 'a command is executed and answered'
is "$(value class) $(value pool) $(value from) $(value to)" \
	'mail -  Joe@example.com' 'the reply has the null sender and pool -'
is "$(field Auto-Submitted) $(field In-Reply-To)" \
	"auto-replied <test$n@example.com>" 'and is an automatic answer'
is "$(field Subject)" 'Output of your job "Joe"' 'its Subject tells what it is'
is "$(body | head -n 2)" "> thanks
You're welcome!" 'the command is echoed, then its answer comes'
is "$(body | sed -n '/^Summary/,$p' | sed 's/  *[0-9.]* sec/ N sec/;s/: *[0-9]*$/: N/;s/: *[^ ]*$/: X/')" \
	'Summary of resource utilization
-------------------------------
 CPU time: N sec                Device I/O: X
 Overhead CPU: N sec                Paging I/O: X
 CPU model: X' 'and the resources that it took'
like "$(body)" '^ CPU time: {8}[0-9.]{5} sec {16}Device I/O:.{6}$' 'in their columns'
is "$(files "$command/new") $(files "$command/out")" '0 0' 'nothing is left behind'
like "$(cat "$log")" 'command from=Joe@example.com text=thanks' 'the log has it'

mail joe@example.com 'tHaNk' '' '  THANKS  ' 'HELP' 'help sub' 'QUIT' \
	'You will not see this'
is "$(body | grep -c welcome)" 2 'abbreviations and case do not matter'
says '^SUBscribe listname' 'HELP prints the table'
says 'Without a name, that of your mail' 'and more about one command'
unlike "$(body)" 'Unknown|STOP' 'QUIT ends it'

mail joe@example.com thanks -- Joe 'tel. 12345'
unlike "$(body)" 'Unknown' 'a signature is no command'

mail joe@example.com 'subscrib open-l Joe' 'helo' 'signoff open-l'
says 'Unknown command - "helo"\.  Did you mean "Help"' 'an unknown command is reported'
says 'All subsequent commands have been flushed' 'once, and the rest flushed'
unlike "$(body)" 'removed' 'and not executed'
mail joe@example.com 'query nowhere' 'signoff open-l'
says 'List "nowhere" is unknown' 'an error of a known command'
says 'You have been removed from the OPEN-L' 'flushes nothing'

# --- MIME and binary data ------------------------------------------------------

text 'This is a multi-part message.' '--b' 'Content-Type: text/plain' \
	'Content-Transfer-Encoding: base64' '' "$(printf 'thanks\nquit\n' | base64)" \
	'--b' 'Content-Type: text/html' '' '<p>thanks</p>' '--b--'
post joe@example.com $listserv mime 'MIME-Version: 1.0' \
	'Content-Type: multipart/alternative; boundary=b'
execute
pick reply
is "$(body | grep -c "^You're welcome")" 1 'commands come out of a MIME message'
text 'sub open-l J=C3=BCrgen =' 'M=C3=BCller'
post j@example.com $listserv mime 'MIME-Version: 1.0' \
	'Content-Type: text/plain; charset=utf-8' \
	'Content-Transfer-Encoding: quoted-printable'
execute
ok 'a name that is no ASCII is kept' \
	sh -c 'lsv-list export OPEN-L | grep -q "Jürgen Müller"'
head -c 3000 /dev/urandom >"$T/text"
post joe2@example.com $listserv binary
execute
is "$status $(files "$command/new")" '0 0' 'binary data is no reason to stop'
printf 'thanks\001\033[31m\nfoo\033[31m\n' >"$T/text"
post joe3@example.com $listserv controls
execute
not_ok 'control bytes come back as none' \
	grep -rq "$(printf '\033')" "$route/new"

# --- SUBSCRIBE, SET, QUERY, SIGNOFF ----------------------------------------------

mail 'Joe User <joe@example.com>' 'SUBSCRIBE open-l'
says 'You have been added to the OPEN-L list' 'an open list takes everybody'
pick welcome
is "$(value pool) $(value list) $(value to) $(field Subject)" \
	'B OPEN-L joe@example.com You are now subscribed to the OPEN-L list' \
	'who is welcomed in the second pool of the list'
says 'SIGNOFF OPEN-L' 'and told how to leave'
mail joe@example.com 'query open-l' 'set open-l nomail repro conceal' 'q open-l'
says 'Subscription options for Joe User <joe@example.com>, list OPEN-L' \
	'the name of his mail is taken'
says '^MAIL +You are sent individual postings' 'QUERY explains the options'
says 'changed: NOMAIL REPRO CONCEAL' 'SET changes them'
says '^NOMAIL +You are sent no' 'QUERY shows them'
says '^Subscription date: [0-9]+ [A-Z][a-z]{2} 20' 'and since when'
mail joe@example.com 'set open-l mail nonsense' 'set open-l nopost' \
	'set open-l mail' 'set conf-l mail' 'set open-l'
says 'Unknown option "nonsense": nothing' 'an option that there is not'
says 'Only an owner of the list may set nopost' 'one that is not his to set'
says 'changed: MAIL' 'one that is'
says 'You are not subscribed to the CONF-L list' 'on a list that is not his'
says 'Which option' 'none'
mail joe@example.com 'sub open-l Joseph User' 'q *'
says 'already subscribed to the OPEN-L list; the name' 'SUBSCRIBE again changes the name'
says 'Joseph User <joe' 'as QUERY * shows'
is "$count" 1 'nobody is welcomed twice'
mail anon@example.com 'join open-l anonymous' 'q open-l'
says '^CONCEAL' 'ANONYMOUS hides the address'
mail joe@example.com 'unsubscribe open-l'
says 'You have been removed from the OPEN-L list' 'UNSUBSCRIBE leaves'
pick farewell
is "$(value pool) $(value list) $(field Subject)" \
	'B OPEN-L You have been removed from the OPEN-L list' 'and farewell is said'
mail joe@example.com 'signoff open-l' 'signoff *' 'signoff'
says 'You are not subscribed to the OPEN-L list' 'who is gone cannot leave'
says 'not subscribed to any list' 'nor everywhere'
says 'The name of a list is missing' 'nor nowhere'
mail joe@example.com 'sub open-l Joe' 'sub secret-l Joe'
mail joe@example.com 'signoff *'
is "$(body | grep -c removed) $count" '2 3' 'SIGNOFF * leaves all lists'
mail joe@bad.example 'sub filter-l Joe'
says 'You cannot join the FILTER-L list: it does not take your address' \
	'Filter= counts'
mail joe@example.com 'sub shut-l Joe'
says 'closed to new subscriptions' 'a closed list takes nobody'
says 'owner@example.net' 'its owners are named'
unlike "$(body)" 'quiet@example.net' 'but not the quiet ones'

# --- REVIEW, LISTS, INFO ------------------------------------------------------------

lsv-list add OPEN-L plain@example.com 'Plain Person' >/dev/null
lsv-list add SECRET-L plain@example.com 'Plain Person' >/dev/null
mail plain@example.com 'review open-l' 'rev secret-l' lists
says '^plain@example.com  Plain Person' 'a subscriber may see the subscribers'
unlike "$(body)" 'anon@example.com' 'but those that are concealed'
says 'concealed subscribers: 1' 'which are counted'
says 'may not see the subscribers of the SECRET-L' 'Review= Owner counts'
says '^SECRET-L' 'LISTS shows a subscriber a confidential list'
mail stranger@example.com 'review open-l' lists 'info open-l' info 'info refcard'
says 'may not see' 'a stranger may not see them'
unlike "$(body)" '^SECRET-L' 'nor the confidential list'
says '^OPEN-L +OPEN-L for tests' 'LISTS has titles'
says 'To join, send +SUBSCRIBE OPEN-L' 'INFO tells about a list'
says '^INFO REFcard' 'INFO alone what there is'
mail owner@example.net 'review open-l' 'review secret-l'
says 'anon@example.com' 'an owner sees everybody'
says 'Notebook=(3D)? No' 'and all of the header'
lsv-list header get SECRET-L | sed 's/Review= Owner/Review= Public/' >"$T/header"
lsv-list header put SECRET-L "$T/header" >/dev/null
mail stranger2@example.com 'review secret-l'
says '^plain@example.com' 'Review= Public shows everybody'
unlike "$(body)" 'Notebook=(3D)? No' 'but no hidden line of the header'

# --- confirmation -----------------------------------------------------------------------

mail 'Kim <kim@example.com>' 'sub conf-l Kim Possible'
is "$count" 1 'a list with Confirm sends one message'
pick confirm
like "$(field Subject)" '^Command confirmation request \([0-9A-F]{16}\)$' \
	'with a code in its Subject'
is "$(value to) $(value pool) $(value list)" 'kim@example.com B CONF-L' \
	'to the sender'
says 'SUBSCRIBE CONF-L Kim Possible' 'it shows the command'
code=$(cookie) subject=$(field Subject)
not_ok 'nobody is subscribed yet' sh -c 'lsv-list export CONF-L | grep -q kim'
mail kim@example.com 'sub conf-l Kim Possible'
is "$count" 1 'the same again'
says 'was sent to you less than a day ago' 'is told about the first'
mail kim@example.com 'sub conf-l Kim Possible'
is "$count" 0 'once a day'
mail eve@example.com "ok $code"
says 'This confirmation code is not known' 'nobody else can use the code'
text "I am on vacation." '' "> To do so, reply"
post kim@example.com $listserv "Re: $subject"
execute
not_ok 'a reply without OK is none' sh -c 'lsv-list export CONF-L | grep -q kim'
text '' 'On Sunday, LISTSERV wrote:' '> Your command:' '> ok' '' 'Ok.' '' \
	'-- ' 'Kim'
post kim@example.com $listserv "Re: $subject"
execute
pick reply
says 'You have been added to the CONF-L list' 'a reply with OK in it is enough'
ok 'and does it' sh -c 'lsv-list export CONF-L | grep -q kim'
mail kim@example.com 'signoff conf-l' "ok $code"
says 'This was confirmed before' 'a code is good for once'
not_ok 'and does nothing again' sh -c 'lsv-list export CONF-L | grep -q kim'
mail kim@example.com 'sub conf-l'
pick confirm
asked=$(field Message-ID)
text ok
post kim@example.com $listserv 'Re: yes' "In-Reply-To: <$(value id)@$host>"
execute
not_ok 'the ID of our mail, which can be told from others, is not enough' \
	sh -c 'lsv-list export CONF-L | grep -q kim'
post kim@example.com $listserv 'Re: yes' "In-Reply-To: $asked"
execute
ok 'In-Reply-To is enough' sh -c 'lsv-list export CONF-L | grep -q kim'
mail kim@example.com 'signoff conf-l'
mail kim@example.com 'sub conf-l'
pick confirm
code=$(cookie)
: >"$T/text"
post kim@example.com $listserv "OK $(echo "$code" | tr A-F a-f)"
execute
ok 'so is the Subject' sh -c 'lsv-list export CONF-L | grep -q kim'
mail kim@example.com 'signoff conf-l' ok
says 'no confirmation code in your message' 'OK to nothing'
mail kim@example.com 'sub conf-l'
pick confirm
mail kim@example.com "confirm ($(cookie))"
ok 'CONFIRM does the same' sh -c 'lsv-list export CONF-L | grep -q kim'

mail val@example.com 'sub valid-l Val'
is "$count" 1 'Validate= All asks for SUBSCRIBE'
pick confirm
mail val@example.com "ok $(cookie)"
mail val@example.com 'set valid-l nomail'
pick confirm
says 'SET VALID-L nomail' 'for SET'
mail val@example.com "ok $(cookie)"
says 'changed: NOMAIL' 'which is done then'
mail val@example.com 'signoff valid-l'
pick confirm
mail val@example.com "ok $(cookie)"
says 'removed from the VALID-L' 'and for SIGNOFF'

mail old@example.com 'sub conf-l Old'
pick confirm
code=$(cookie)
# three days pass: in place, the number has as many digits
python3 - "$LSV_LIB"/command/data.mdb <<'END'
import re, sys
with open(sys.argv[1], 'r+b') as f:
    data = f.read()
    new = re.sub(rb'(co)([0-9]{20})(?=\nold@example[.]com\n)', lambda m:
                 m[1] + b'%020d' % (int(m[2]) - 3 * 86400 * 10**6), data)
    assert new != data
    f.seek(0)
    f.write(new)
END
mail old@example.com "ok $code"
says 'has expired: please send the' 'a code is good for two days'
not_ok 'and does nothing after them' sh -c 'lsv-list export CONF-L | grep -q old@'

# --- owners --------------------------------------------------------------------------------

mail 'Lee <lee@example.com>' 'sub own-l Lee Young'
says 'has been forwarded to its owners' 'a request goes to the owners'
pick approve
is "$(value to) $(value pool)" 'owner@example.net D' 'in the pool of the list'
unlike "$(cat "$T/file")" 'quiet@example.net' 'and not to the quiet ones'
says 'lee@example.com \(Lee Young\)|lee@example.com \(Lee\)' 'it says who it is'
like "$(field Message-ID)" "[.]$(cookie)@" 'its Message-ID holds the code'
code=$(cookie) subject=$(field Subject)
mail lee@example.com "ok $code"
says 'not known' 'who asks cannot approve'
text ok
post quiet@example.net $listserv "Re: $subject"
execute
pick reply
is "$(value to)" quiet@example.net 'any owner can'
says 'lee@example.com has been added to the OWN-L list' 'and is told'
pick welcome
is "$(value to)" lee@example.com 'the subscriber is welcomed'
ok 'and subscribed' sh -c 'lsv-list export OWN-L | grep -q "Lee Young"'
mail owner@example.net "ok $code"
says 'This was confirmed before' 'a second owner learns of it'

mail lee@example.com 'sub both-l Lee'
is "$count" 1 'By_Owner,Confirm asks the sender first'
pick confirm
mail lee@example.com "ok $(cookie)"
says 'forwarded to its owners' 'then the owners'
pick approve
mail owner@example.net "ok $(cookie)"
ok 'then he is subscribed' sh -c 'lsv-list export BOTH-L | grep -q lee'

# --- the addresses of a list -------------------------------------------------------------------

text 'whatever this is'
post 'Max <max@example.com>' open-l-subscribe-request@$host ''
execute
pick confirm
is "$count $(value to)" '1 max@example.com' '-subscribe-request asks for confirmation'
says 'SUBSCRIBE OPEN-L Max' 'with the name of the mail'
mail max@example.com "ok $(cookie)"
ok 'and subscribes' sh -c 'lsv-list export OPEN-L | grep -q "max@example.com"'
post max@example.com open-l-unsubscribe-request@$host ''
execute
pick confirm
says 'SIGNOFF OPEN-L' '-unsubscribe-request as well'
mail max@example.com "ok $(cookie)"
not_ok 'and unsubscribes' sh -c 'lsv-list export OPEN-L | grep -q "max@example.com"'
post max@example.com open-l-signoff-request@$host ''
execute
pick reply
says 'You are not subscribed' '-signoff-request is the same'
text subscribe quit
post 'Max <max@example.com>' open-l-request@$host ''
execute
pick reply
says 'added to the OPEN-L list' 'commands to -request need no name of a list'
: >"$T/text"
post max@example.com open-l-request@$host unsubscribe
execute
pick reply
says 'removed from the OPEN-L list' 'and may be in the Subject'
text 'Hello, how do I join?'
post new@example.com open-l-request@$host 'a question'
execute
pick reply
says 'SUBSCRIBE OPEN-L Your Name' 'what is no command gets help'
says 'owner@example.net' 'and whom to ask'
post new@example.com open-l-request@$host 'another question'
execute
is "$count" 0 'once a day'

# --- passwords ------------------------------------------------------------------------------------

mail pat@example.com 'pw add short' 'pw add two words' 'pw'
is "$(body | grep -c 'A password has 8 to 128')" 2 'a password has a form'
says '^PW ADD newpw, PW CHANGE' 'PW has words behind it'
mail pat@example.com 'pw add swordfish'
is "$count" 1 'a password has to be confirmed'
pick confirm
unlike "$(cat "$T/file" "$log")" swordfish 'and is shown nowhere'
says 'PW ADD \*+' 'but as stars'
mail pat@example.com "ok $(cookie)"
says 'Your password has been added' 'it is added'
not_ok 'it is not stored as it is' \
	grep -rq swordfish "$LSV_LIB/command"
mail slip@example.com 'pw! add swordfish'
unlike "$(body; cat "$log")" swordfish 'nor is it when the command is mistyped'
mail pat@example.com 'pw add marlinspike'
says 'You have a password already' 'there is only one'
mail vic@example.com 'pw add swordfish'
mail vic@example.com 'pw add marlinspike'
is "$(pick confirm && value to)" vic@example.com \
	'who is second is asked about his own password, not about the first'
repeated 101 'pw change marlinspike'
config COMMAND_MAX=1000
post vic@example.com $listserv passwords
execute
pick reply
is "$(body | grep -c '^There are too many passwords in your')" 1 \
	'no message has thousands of passwords looked at'
mail pat@example.com 'pw change marlinspike pw=swordfish'
says 'Your password has been changed' 'who knows it need not confirm'
mail pat@example.com 'pw change swordfish pw=swordfish'
says 'Wrong password for your address' 'the old one is none any more'
config COMMAND_MAX=1000
i=1
while [ $i -lt 20 ]; do
	mail pat@example.com 'pw change swordfish pw=guessing'
	i=$((i + 1))
done
says 'Wrong password' 'the 20th wrong one is wrong'
mail pat@example.com 'pw change swordfish pw=marlinspike'
says 'too many wrong passwords' 'then even the right one is not'
mail Pat@Example.COM 'pw change swordfish pw=marlinspike'
says 'too many wrong passwords' 'in whatever case the address is written'
mail nobody@example.com 'pw change swordfish pw=guessing'
says 'Wrong password for your address' 'who has none learns nothing of that'
mail pat@example.com 'pw reset'
pick confirm
code=$(cookie)
mail pat@example.com "ok $code"
says 'too many wrong' 'a code is not accepted either'

# --- jobs ---------------------------------------------------------------------------------------------

text 'litter' '//Test JOB' 'thanks' '// EOJ' 'more litter' \
	'//Two JOB Echo=No' 'thanks' '// EOJ' '//Three JOB Reply-to=None' \
	'thanks' '// EOJ' '//Four JOB Echo=No' '// EOJ'
post joe@example.com $listserv jobs
execute
is "$count" 2 'each job has its own reply'
pick reply
is "$(field Subject)" 'Output of your job "Test"' 'with its name'
like "$(body | sed -n 1p)" '^Job "Test" started on [0-9]+ [A-Z][a-z]+ 20[0-9]+ [0-9:]+$' \
	'it tells when it started'
is "$(body | sed -n 2,3p)" '
> thanks' 'then the commands come'
like "$(body)" '^Job "Test" ended   on [0-9]' 'and when it ended'
says '^Summary of resource' 'and what it took'
pick reply 2
is "$(body)" "You're welcome!" 'Echo=No leaves all of that out'
text '//A JOB' 'nonsense' '// EOJ' '//B JOB' 'thanks'
post joe@example.com $listserv jobs
execute
is "$count" 1 'an unknown command flushes the jobs behind it'
text '//A JOB Reply-to="spy@example.org joe@example.com Joe@example.com"' \
	'review secret-l'
post joe@example.com $listserv jobs
execute
pick reply
is "$count $(value to)" '1 joe@example.com' \
	'the output of a job goes to its sender, and once'
says 'Reply-to= has addresses other than yours' 'who is told'
text '//A JOB Reply-to="joe@example.com"' 'thanks'
post joe@example.com $listserv jobs
execute
pick reply
unlike "$(body)" 'other than yours' 'his own address may be in Reply-to='
config DIST_SECURITY=0
text '//A JOB Reply-to="joe@example.com other@example.org listserv@x.example"' \
	'thanks'
post joe@example.com $listserv jobs
execute
is "$count" 3 'with DIST_SECURITY=0 it goes to all of them but robots'
is "$(cat "$route"/new/* | grep -c 'asked that its output go to')" 1 \
	'who gets that of somebody else is told first'
post joe@example.com $listserv jobs
execute
is "$count" 1 'and gets it once a day'
config
text '//A JOB' '//X DD *' 'data'
post joe@example.com $listserv jobs
execute
pick reply
says 'Line [0-9]+: ' 'what is wrong with a job is told by its line'

# --- whom we never answer ----------------------------------------------------------------------------------

# silent NAME - the message is not answered, and not executed
silent() {
	execute
	is "$count $(files "$command/new")" '0 0' "$1 is not answered"
	not_ok "$1 does nothing" sh -c 'lsv-list export OPEN-L | grep -q robot'
}
text 'sub open-l Robot'
env='' post robot@example.com $listserv x
silent 'a null sender'
post robot@example.com $listserv x 'Auto-Submitted: auto-generated'
silent 'a program'
post robot@example.com $listserv x 'Precedence: bulk'
silent 'bulk mail'
post robot@example.com $listserv x 'List-Id: <x.example.com>'
silent 'a list'
post noreply@example.com $listserv x
silent 'an address that nobody reads'
post open-l@$host $listserv x
silent 'a list of ours'
env=joe@example.com post listserv@other.example $listserv x
silent 'LISTSERV at another server, with another sender'
post listserv@other.example $listserv x
silent 'LISTSERV at another server'
# past lsv-score as well
for from in '' mailer-daemon@example.com; do
	id=0647c1a2b3d4e.9f02c4d1a${#from}
	id=$(printf %.24s "$id")
	printf 'From: robot@example.com\n\nsub open-l Robot\n' >"$T/m"
	{
		printf 'lsv-file: 1\nid: %s\nclass: command\ncreated: 1\n' "$id"
		printf 'from: %s\nto: %s\nlist: \nform: listserv\n' "$from" $listserv
		printf 'detail: \npool: \nreason: \nrcpts: 0\nsize: %020d\nend\n' \
			"$(wc -c <"$T/m")"
		cat "$T/m"
	} >"$command/new/$id"
	silent "a sender '$from' that lsv-score let through"
	like "$(cat "$log")" 'executed|dropped' 'and that is logged'
done

# --- limits --------------------------------------------------------------------------------------------------

text '//A JOB' thanks '// EOJ' '//B JOB' thanks '// EOJ' '//C JOB' thanks '// EOJ' \
	'//D JOB' thanks '// EOJ' '//E JOB' thanks '// EOJ'
config COMMAND_MAX=3
post jobs@example.com $listserv jobs
execute
is "$count" 4 'a job counts as a message'
pick reply 4
says 'more than 3 messages with commands, or jobs' 'and who sends too many is told'
config
repeated 60 'sub open-l V' 'signoff open-l'
post victim@example.com $listserv bomb
execute
is "$count" 51 'nobody is sent more than 50 welcomes and farewells a day'
mail victim@example.com 'sub conf-l'
says 'Too many messages that ask you to confirm' 'or questions'
# one request came before
for i in $(seq 100); do
	printf 'From: many%d@example.com\nTo: %s\n\nsub own-l Many\n' "$i" "$listserv" |
		lsv-inject -f "many$i@example.com" "$listserv"
done
lsv-score -1 2>"$T/score"
execute
is "$(grep -l '^reason: approve$' "$route"/new/* | wc -l)" 99 \
	'owners are asked 100 times a day'
is "$(grep -l 'asked too often today' "$route"/new/* | wc -l)" 1 \
	'and who came too late is told'
config COMMAND_MAX=3
for i in 1 2 3; do
	mail many@example.com thanks
done
says "You're welcome" 'the last message of a day'
mail many@example.com thanks
says 'more than 3 messages with commands' 'the first too many is told'
mail many@example.com thanks
is "$count" 0 'the others are not'
for i in 1 2; do
	mail spam@example.com 'buy this'
done
is "$count" 0 'what has no command in it is answered once a day'
config

config
list BIG-L 'Review= Public' 'Default-Options= Conceal'
seq -f '%.0f@big.example' 300000 >"$T/big"
lsv-list import BIG-L "$T/big" >"$T/out" 2>&1
repeated 1000 'review big-l'
post joe@example.com $listserv work
execute
pick reply
is "$(body | grep -c 'concealed subscribers: 300000') $(body | grep -c 'asks for too much')" \
	'4 1' 'what asks for too much is not executed to its end'

# --- crashes ---------------------------------------------------------------------------------------------------

text 'sub open-l Crash'
for i in 1 2 3; do
	post "Crash$i <crash$i@example.com>" $listserv x
done
execute
is "$count" 6 'several messages are executed one after the other'
text 'sub open-l Twice' 'set open-l conceal' thanks
for i in $(seq 20); do
	post "Twice$i <twice$i@example.com>" $listserv x
done
rm -f "$route"/new/*
for i in 1 2 3; do
	lsv-command 2>>"$T/killed" &
	sleep 0.02
	kill -KILL $!
	wait $! 2>/dev/null
done
lsv-command -1 2>>"$T/killed" &
other=$!
run lsv-command -1
wait $other
is "$status $(files "$command/new") $(files "$command/out")" '0 0 0' \
	'after kills, two at once end all that is there'
is "$(files "$route/new")" 40 'each has one welcome and one reply'
is "$(lsv-list export OPEN-L | grep -c 'Twice')" 20 'and is subscribed'
id=0647c1a2b3d4f.9f02c4d1ab
echo left >"$command/out/$id.000001"
execute
is "$(files "$command/out") $count" '0 0' \
	'what a message made that was not executed is removed'
echo nonsense >"$command/new/$id"
execute
is "$status $(files "$command/new")" '0 0' 'what is no message goes to bad/'
like "$(cat "$command/bad/$id.why")" 'not the key' 'with the reason'
mv "$LSV_LIB/command" "$LSV_LIB/away"
run lsv-command -1
is "$status" 100 'without its memory it exits 100'
mv "$LSV_LIB/away" "$LSV_LIB/command"
mv "$LSV_ETC/site.cdb" "$T/site.cdb"
run lsv-command -1
is "$status" 100 'without a configuration as well'
mv "$T/site.cdb" "$LSV_ETC/site.cdb"

lsv-command -h >"$T/out"
like "$(cat "$T/out")" '^usage: lsv-command' 'it tells how it is used'
run lsv-command --nonsense
is "$status" 100 'and what it does not understand'

done_testing
