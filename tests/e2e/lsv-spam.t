#!/bin/sh
# lsv-spam test: what a message scores, by which entry, and what that means
. "$(dirname "$0")/../lib/tap.sh"

LSV_LIB=$T/lib
LSV_ETC=$T/etc
LSV_SPOOL=$T/spool
LSV_RUN=$T/run
export LSV_LIB LSV_ETC LSV_SPOOL LSV_RUN
mkdir -p "$LSV_LIB/lists" "$LSV_LIB/spam" "$LSV_ETC"

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# site LINE... - the configuration in force
site() {
	{
		printf '%s\n' NODE=lists.test POSTMASTER=joe@example.com \
			SMTP_FORWARD=localhost SPAM_DELAY=0
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/apply" 2>&1 || diag "$(cat "$T/apply")"
}

# try FIELD... [-- OPTION...] - a message of these lines
try() {
	: >"$T/mail"
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		printf '%s\n' "$1" >>"$T/mail"
		shift
	done
	[ $# = 0 ] || shift
	printf '\nHello\n' >>"$T/mail"
	run lsv-spam test "$@" <"$T/mail"
}

# scored SCORE VERDICT NAME - by the last message
scored() {
	is "$(sed -n 's/^score  *//p; s/^verdict  *//p' "$T/out" | tr '\n' ' ')" \
		"$1 $2 " "$3"
}

white='SPAM_WHITELIST_FROM=*@EXAMPLE.COM *@*.EXAMPLE.COM'
black='SPAM_BLACKLIST_FROM=*@PUBLIC.EXAMPLE.COM >JAMES@EXAMPLE.COM'

# --- usage -----------------------------------------------------------------

run lsv-spam
is "$status" 100 'without a command it exits 100'
like "$(err)" '^lsv-spam: fatal: usage: ' 'and says how it is used'
run lsv-spam -h
is "$status" 0 '-h exits 0'
like "$(out)" 'lsv-spam release ID' 'and prints the usage'
run lsv-spam test --help
is "$status" 0 'so does a command with --help'
for wrong in frobnicate 'test x' 'test --frobnicate' 'test --list' 'show' \
	'--json test'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-spam $wrong </dev/null
	is "$status" 100 "$wrong is wrong usage"
done
run lsv-spam test </dev/null
is "$status" 100 'with no configuration in force it says so'
like "$(err)" 'unable to read .*site.cdb' 'and names the file'

# --- the example of the manual ---------------------------------------------

site "$white" "$black"
try 'From: joe@example.com' 'To: list@lists.test'
is "$status" 0 'a message is looked at'
scored 1 whitelisted 'all of EXAMPLE.COM is whitelisted'
try 'From: Joe <joe@HR.Example.Com>'
scored 1 whitelisted 'and all below it'
try 'From: joe@public.example.com'
scored 0 accept 'PUBLIC.EXAMPLE.COM is not'
try 'From: James <James@Example.COM>' 'Sender: james@example.com'
is "$status" 0 'whatever the verdict is, it exits 0'
scored -1 rejected 'JAMES is blacklisted'
like "$(out)" '^address   james@example\.com in From$' 'his address is shown'
like "$(out)" '^address   james@example\.com in Sender$' 'in each field'
like "$(out)" "^match     whitelist_from \+1  \*@EXAMPLE.COM  $LSV_ETC/site.cfg:5  james@example.com in From\$" \
	'and what matches it, and where that stands'
like "$(out)" "^match     blacklist_from -2  >JAMES@EXAMPLE.COM  $LSV_ETC/site.cfg:6  james@example.com in Sender\$" \
	'in both lists'
like "$(out)" '^points    whitelist_from 1, whitelist_to 0, blacklist_from -2, blacklist_to 0, bounce 0$' \
	'each list gives its points once'
like "$(out)" '^rule      blacklisted$' 'the rule is named'
like "$(out)" "^reason    >JAMES@EXAMPLE.COM of SPAM_BLACKLIST_FROM in $LSV_ETC/site.cfg:6 matches" \
	'and what decided'
site "$white JAMES@EXAMPLE.COM JAMES@*" "$black"
try 'From: james@example.com'
scored -1 rejected 'more entries of a list give no more'
site "$white JAMES@EXAMPLE.COM >>JAMES@*" "$black"
try 'From: james@example.com'
scored 1 whitelisted 'the one with most points counts'
try 'From: ann@example.org' 'To: james@example.com'
scored 0 accept 'a recipient is no author'
like "$(out)" '^reason    no entry matches$' 'and then no entry matches'
try 'From: Bcc <ann@example.org>, James <james@example.org>'
scored 3 whitelisted 'every address of a field counts'

# --- JSON ------------------------------------------------------------------

site "$white" "$black" 'SPAM_BLACKLIST_TO=>>honey@pot.test'
try 'From: Joe <joe@example.com>' 'Cc: honey@pot.test, x@y' -- --json
is "$status" 0 'it prints JSON'
is "$(json 'd["score"], d["verdict"], d["rule"], d["exit"]')" \
	"(-2, 'rejected', 'blacklisted', None)" 'with score and verdict'
is "$(json 'sorted(d["points"].items())')" \
	"[('blacklist_from', 0), ('blacklist_to', 3), ('bounce', 0), ('whitelist_from', 1), ('whitelist_to', 0)]" \
	'points'
is "$(json '[(m["list"], m["entry"], m["address"], m["field"], m["points"], m["line"]) for m in d["matches"]]')" \
	"[('whitelist_from', '*@EXAMPLE.COM', 'joe@example.com', 'From', 1, 5), ('blacklist_to', '>>honey@pot.test', 'honey@pot.test', 'Cc', 3, 7)]" \
	'matches'
is "$(json '[a["address"] for a in d["addresses"]]')" \
	"['joe@example.com', 'honey@pot.test', 'x@y']" 'addresses'
like "$(json 'd["reason"]')" '^>>honey@pot.test of SPAM_BLACKLIST_TO in ' \
	'and a reason'
try 'From: nobody@test' -- --json
is "$(json 'd["score"], d["verdict"], d["matches"]')" "(0, 'accept', [])" \
	'also when nothing matches'

# --- bounces ---------------------------------------------------------------

site 'SPAM_BLACKLIST_FROM=>mailer-daemon@*'
try 'From: mailer-daemon@test' 'Return-Path: <>'
scored -1 rejected 'a bounce gets a point'
like "$(out)" 'bounce 1$' 'of its own'
try 'From: mailer-daemon@test' -- --sender ''
scored -1 rejected 'the sender may be given'
try 'From: mailer-daemon@test' 'Return-Path: <>' -- --sender joe@test
scored -2 rejected 'and counts more than Return-Path'
try 'From: mailer-daemon@test'
scored -2 rejected 'without either it is no bounce'
try 'From: mailer-daemon@test' 'Return-Path: (null) < >' \
	'Content-Type: text/plain'
scored -1 rejected 'comments in Return-Path do not count'
try 'From: mailer-daemon@test' -- --sender x@test
scored -2 rejected 'nor is mail with a sender'
try 'From: mailer-daemon@test' \
	'Content-Type: multipart/report; report-type=delivery-status; boundary=x'
scored -1 rejected 'a report is one'
site 'SPAM_BLACKLIST_FROM=>mailer-daemon@*' SPAM_WHITELIST_BOUNCE=4
try 'From: mailer-daemon@test' -- --sender '<>'
scored 2 whitelisted 'SPAM_WHITELIST_BOUNCE may be higher'
site 'SPAM_BLACKLIST_FROM=>mailer-daemon@*' SPAM_WHITELIST_BOUNCE=0
try 'From: mailer-daemon@test' -- --sender '<>'
scored -2 rejected 'or 0'
site
try 'From: mailer-daemon@test' -- --sender '<>'
scored 1 whitelisted 'a bounce alone is whitelisted'
like "$(out)" '^reason    SPAM_WHITELIST_BOUNCE' 'for being one'

# --- what rejecting means, and lists that do not want it --------------------

for reject in BOUNCE:rejected DISCARD:rejected HOLD:held hold:held; do
	site "$black" "SPAM_REJECT=${reject%:*}"
	try 'From: james@example.com'
	scored -2 "${reject#*:}" "SPAM_REJECT=${reject%:*}"
done
lsv-list create PLAIN --owner joe@example.com >/dev/null
printf '%s\n' '* Open' '* Owner= joe@example.com' \
	'* Misc-Options= NO_SPAM_CHECK' >"$T/header"
lsv-list create OPEN --header "$T/header" >/dev/null
try 'From: james@example.com' -- --list plain
scored -2 held 'a list is asked for its options'
try 'From: james@example.com' -- --list open
scored -2 accept 'NO_SPAM_CHECK accepts'
like "$(out)" '^reason    Misc-Options= NO_SPAM_CHECK of open$' 'and says why'
try 'From: james@example.com' -- --list nothing
is "$status" 100 'a list that is not there is an error'
like "$(err)" 'nothing: there is no such list' 'and it says so'

chmod 0 "$LSV_LIB/lists/data.mdb" "$LSV_LIB/lists/lock"
printf 'From: james@example.com\n\n' >"$T/mail"
as_user=$(is_root && echo setpriv --reuid 65534 --regid 65534 --clear-groups)
# shellcheck disable=SC2086 # words are wanted
run $as_user lsv-spam test --list open <"$T/mail"
scored -2 accept 'who may not read the lists can ask for one, too'
chmod 644 "$LSV_LIB/lists/data.mdb" "$LSV_LIB/lists/lock"
cp "$LSV_LIB/lists/lists.cdb" "$T/lists.cdb"
# of version 1, as if the flags and minutes belonged to the name
python3 -c 'import sys
table = open(sys.argv[1], "rb").read()
for before, after in (b"", b" " + b"0" * 20), (b"!edition", b" "):
    table = table.replace(before + b"2" + after, before + b"1" + after)
open(sys.argv[1], "wb").write(table)
' "$LSV_LIB/lists/lists.cdb"
run lsv-spam test --list open <"$T/mail"
is "$status" 100 'a table of an older version does not know'
like "$(err)" 'lists.cdb is of an older version .*\(any change with lsv-list makes' \
	'and it says what to do'
lsv-list add plain ann@example.com >/dev/null
run lsv-spam test --list open <"$T/mail"
scored -2 accept 'which helps'
printf garbage >"$LSV_LIB/lists/lists.cdb"
run lsv-spam test --list open <"$T/mail"
is "$status" 111 'a table that is damaged is no answer'
rm "$LSV_LIB/lists/lists.cdb"
run lsv-spam test --list open <"$T/mail"
is "$status" 100 'without a table there are no lists'
like "$(err)" 'unable to open .*/lists/lists.cdb: ' 'and its name is told'
mv "$T/lists.cdb" "$LSV_LIB/lists/lists.cdb"

# --- tables ----------------------------------------------------------------

printf '# spam\n\n>evil.test # worse\nbad@example.org\r\n' >"$T/black"
site "SPAM_BLACKLIST_FROM_TABLE=$T/black" "$white"
try 'From: x@evil.test'
scored 0 accept 'without its table a list gives no points'
like "$(err)" "SPAM_BLACKLIST_FROM_TABLE: there is no $LSV_LIB/spam/blacklist-from.cdb" \
	'with a warning'
ok 'lsv-table makes it' lsv-table spam
try 'From: x@evil.test'
scored -2 rejected 'then it does'
like "$(out)" "^match .*>evil.test  $T/black:3  x@evil.test in From\$" \
	'and the line of the text is known'
printf garbage >"$LSV_LIB/spam/blacklist-from.cdb"
try 'From: x@evil.test, joe@example.com'
scored 1 whitelisted 'a damaged table does not keep the rest from counting'
like "$(err)" 'blacklist-from.cdb is damaged' 'with a warning too'

# --- another configuration --------------------------------------------------

sed 's/^NODE=.*/NODE=other.test/' "$LSV_ETC/site.cfg" >"$T/try.cfg"
printf '%s\n' 'SPAM_BLACKLIST_TO=*@pot.test' SPAM_REJECT=HOLD \
	SPAM_WHITELIST_BOUNCE=7 >>"$T/try.cfg"
try 'From: x@evil.test' 'To: x@pot.test' -- --config "$T/try.cfg"
scored -3 held 'another site.cfg can be tried'
like "$(out)" "> *evil.test  $T/black:3  " 'with its tables as they are now'
like "$(out)" "\*@pot.test  $T/try.cfg:7  " 'and its lines'
try 'From: x@evil.test' -- --config "$T/try.cfg" --sender ''
scored 5 whitelisted 'its points of a bounce count'
try 'From: bad@example.org' -- --config "$T/try.cfg"
scored -1 held 'a table may have CR LF'
echo 'SPAM_BLACKLIST_TO=a"b c"d@' >>"$T/try.cfg"
try 'From: x@y' -- --config "$T/try.cfg"
is "$status" 100 'one with errors is not tried'
like "$(err)" "try.cfg:10:26: " 'the line is named'
printf '%s\n' 'good@example.com' 'not an entry' >"$T/black"
try 'From: x@y' -- --config "$LSV_ETC/site.cfg"
is "$status" 100 'nor one with an error in a table'
like "$(err)" "$T/black:2: " 'of which the line is named as well'
try 'From: x@y' -- --config "$T/none"
is "$status" 100 'a file that is not there is an error'

# --- entries of an address --------------------------------------------------

printf '# spam\n\n>evil.test # worse\n*@*.evil.test\n>>x@*\n' >"$T/mine"
site "$white" "$black x@evil.test" "SPAM_BLACKLIST_FROM_TABLE=$T/mine" \
	'SPAM_BLACKLIST_TO=*vil*'
run lsv-table spam
run lsv-spam entry X@Evil.Test
is "$status" 0 'entry finds what matches an address'
is "$(sort "$T/out")" \
	"$(printf '%s\n' \
		"blacklist_from -1  x@evil.test  $LSV_ETC/site.cfg:6  x@evil.test" \
		"blacklist_from -2  >evil.test  $T/mine:3  x@evil.test" \
		"blacklist_from -3  >>x@*  $T/mine:5  x@evil.test" \
		"blacklist_to -1  *vil*  $LSV_ETC/site.cfg:8  x@evil.test")" \
	'in all lists, every entry with its points, file and line'
run lsv-spam entry 'Joe (at home) <joe@sub.example.com>'
is "$(out)" "whitelist_from +1  *@*.EXAMPLE.COM  $LSV_ETC/site.cfg:5  joe@sub.example.com" \
	'it may be written as in a message'
run lsv-spam entry --json joe@example.com
is "$(json '[(m["list"], m["entry"], m["address"], m["points"], m["file"].split("/")[-1], m["line"]) for m in d]')" \
	"[('whitelist_from', '*@EXAMPLE.COM', 'joe@example.com', 1, 'site.cfg', 5)]" \
	'with --json as JSON'
run lsv-spam entry joe@example.org
is "$status $(out)" '1 ' 'when none matches it exits 1 and prints nothing'
run lsv-spam entry --json joe@example.org
is "$status $(out)" '1 []' 'or an empty array'
echo 'SPAM_BLACKLIST_TO=*@bücher.test' >>"$LSV_ETC/site.cfg"
run lsv-spam entry --config "$LSV_ETC/site.cfg" joe@BÜCHER.test
is "$(out)" "blacklist_to -1  *@bücher.test  $LSV_ETC/site.cfg:9  joe@xn--bcher-kva.test" \
	'of another configuration, in any alphabet'
run lsv-spam entry joe
is "$status" 100 'what is no address is refused'
like "$(err)" 'joe is no address' 'and it says so'
for wrong in '' 'a@b c@d' '--frobnicate a@b' '--config'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-spam entry $wrong
	is "$status" 100 "entry $wrong is wrong usage"
done
run lsv-spam entry "$(printf 'a@b\nFrom: x@evil.test')"
is "$status" 100 'one line is an address, not two'

# --- bad input -------------------------------------------------------------

site "$white" "SPAM_BLACKLIST_FROM=*@evil.example"
run lsv-spam test </dev/null
is "$status" 65 'no message at all exits 65'
like "$(err)" 'standard input:1: ' 'with the line'
printf 'From: a@b\nthis is no header\n' >"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 65 'so does text without a header'
like "$(err)" 'standard input:2: a header line is no field' 'with its line'
python3 -c 'print("From: a@b\n" * 100000)' >"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 65 'so do 100,000 fields'
python3 -c 'print("From: " + "a@b, " * 20000000)' >"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 65 'and a line of 100 MB'
python3 -c 'print("From: " + "a@b, " * 12000000)' >"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 65 'and one of 60 MB'
like "$(err)" 'standard input:1: ' 'for being a line that is too long'
{
	printf 'From: x@evil.example\n\n'
	head -c $((64 * 1024 * 1024 - 22)) /dev/zero
} >"$T/mail"
run lsv-spam test <"$T/mail"
scored -1 rejected 'a message of 64 MiB is looked at'
printf x >>"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 65 'one with a byte more is not'
like "$(err)" 'standard input is larger than 64 MiB' 'which is said'
rm -f "$T/mail"
python3 -c 'print("From: x@y\nTo:" + "".join(" a%d@x,\n" % i
	for i in range(10500)) + " z@x")' >"$T/mail"
run lsv-spam test <"$T/mail"
is "$status" 0 '10,501 addresses are looked at'
like "$(out)" '^address   and 501 more, which are not looked at$' 'up to 10,000'
printf 'From: \033[31m <spam er@evil.example>\nTo: a@b\n\n' >"$T/mail"
run lsv-spam test <"$T/mail"
scored -1 rejected 'what is out of order is looked at'
unlike "$(out)" "$(printf '\033')" 'no control byte reaches the terminal'
printf 'From: ja\000mes <"j\000\001"@evil.example>\n\n' >"$T/mail"
run lsv-spam test --json <"$T/mail"
is "$(json 'd["score"]')" -1 'a NUL hides nothing'
(
	printf 'From: x@evil.example\n\n'
	head -c 3000000 /dev/zero
) | lsv-spam test >"$T/out"
scored -1 rejected 'a large body is passed over'
# shellcheck disable=SC2016 # of the inner shell
ok 'and its writer is not hurt' sh -c \
	'set -e; (printf "From: a@b\n\n"; head -c 3000000 /dev/zero &&
	: >"$1/whole") | lsv-spam test >/dev/null; [ -e "$1/whole" ]' - "$T"
if [ -e /dev/full ]; then
	printf 'From: a@b\n\n' >"$T/mail"
	# shellcheck disable=SC2016 # of the inner shell
	run sh -c 'lsv-spam test <"$1" >/dev/full' - "$T/mail"
	is "$status" 111 'output that cannot be written is an error'
else
	skip 'there is no /dev/full'
fi
done_testing
