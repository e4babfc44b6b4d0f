#!/bin/sh
# lsv-merge: copies with values of their own, from the table to the host, where
# every one of them is read again.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

port=$(free_port)
tree_make "$port" RETRY_MIN=300ms MAXBSMTP=100

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# people N [PREFIX] - a table of N rows: plain, NULL, not ASCII, markup, missing;
# with $wide a column more, of so many bytes
wide=0
people() {
	python3 - "$1" "${2:-p}" "$wide" <<'X'
import csv, sys
w = csv.writer(sys.stdout, lineterminator="\r\n")
wide = int(sys.argv[3])
w.writerow(["address", "name", "City", "CODE"] + ["WIDE"] * (wide > 0))
for i in range(1, int(sys.argv[1]) + 1):
    name = ["Joe %d", "", "J\u00fcrgen %d", "<b>&\"%d\"</b>", "O'Neil, %d"][i % 5]
    name = name % i if "%" in name else name
    row = ["%s%05d@example.net" % (sys.argv[2], i), name,
           "K\u00f6ln am Rhein " * (i % 7), "." * (i % 4 == 0) + "c-%d" % i]
    row = row[:2 + i % 3]
    if wide:
        row += [""] * (4 - len(row)) + ["x" * wide]
    w.writerow(row)
X
}

# template - text in 8 bits beside markup in quoted-printable
template() {
	cat <<'X'
From: "Shop" <shop@lists.example.org>
To: "&NAME;" <&*TO;>
Subject: Hello &NAME;, code &CODE;!
List-Unsubscribe: <https://example.org/u?c=&CODE;&to=1>
X-Code: &CODE;
Comments: folded
 &NAME;
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Dear &NAME; of &CITY; (&CODE;, &*TO;, &none;):
.a line with a dot, and Grüße
&CODE;
--=_b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p title=3D"&NAME;">Dear <i>&NAME;</i> of &CITY;, this line is longer than =
it may be, with &amp; and &CODE;</p> Gr=C3=BC=C3=9Fe &*TO;
--=_b--
X
}

# verify N [PREFIX] - is there one copy for each of the N people, with all in it
# that is theirs, and nothing else?
verify() {
	wide=0
	people "$1" "${2:-p}" >"$T/verify.csv"
	python3 - "$T/verify.csv" "$T/saved" "${2:-p}" <<'X'
import csv, email, email.policy, glob, html, sys
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8", newline="")))[1:]
want = {}
for r in rows:
    r += [""] * (4 - len(r))
    want[r[0]] = r
seen, bad = {}, 0
def differs(to, what, a, b):
    global bad
    if a != b:
        bad += 1
        print("%s: %s is %r, not %r" % (to, what, a, b))
for name in glob.glob(sys.argv[2] + "/*.eml"):
    raw = open(name, "rb").read()
    m = email.message_from_bytes(raw, policy=email.policy.default)
    to = m["To"].addresses[0].addr_spec
    if not to.startswith(sys.argv[3]):
        continue
    seen[to] = seen.get(to, 0) + 1
    _, who, city, code = want[to]
    differs(to, "the name in To", m["To"].addresses[0].display_name, who)
    differs(to, "Subject", m["Subject"].strip(),
            "Hello %s, code %s!" % (who, code))
    differs(to, "List-Unsubscribe", m["List-Unsubscribe"],
            "<https://example.org/u?c=%s&to=1>" % code)
    differs(to, "X-Code", m["X-Code"].strip(), code)
    differs(to, "Message-ID", "@lists.example.org>" in m["Message-ID"], True)
    differs(to, "Date", m["Date"].datetime.year > 2000, True)
    text, markup = m.get_payload()
    differs(to, "text", text.get_content().replace("\r\n", "\n"),
            "Dear %s of %s (%s, %s, &none;):\n"
            ".a line with a dot, and Gr\u00fc\u00dfe\n%s" %
            (who, city, code, to, code))
    e = html.escape(who, quote=True).replace("&#x27;", "&#39;")
    differs(to, "markup", markup.get_content(),
            '<p title="%s">Dear <i>%s</i> of %s, this line is longer than '
            'it may be, with &amp; and %s</p> Gr\u00fc\u00dfe %s' %
            (e, e, city, code, to))
    part = raw.split(b"--=_b")[2]
    for line in part.split(b"\r\n"):
        if len(line) > 76 or line[-1:] in (b" ", b"\t"):
            differs(to, "a quoted-printable line", line, b"")
for to in want:
    differs(to, "the number of copies", seen.get(to, 0), 1)
sys.exit(bad > 0)
X
}

# merge N PREFIX OPTION... - submits it, and finished waits for it
merge() {
	merge_n=$1
	people "$1" "$2" >"$T/people.csv"
	shift 2
	lsv-merge "$@" --fields "$T/people.csv" "$T/template" >"$T/out" \
		2>"$T/err" && echo "$merge_n" >>"$T/jobs"
}

template >"$T/template"
list SHOP

# --- usage -----------------------------------------------------------------

run lsv-merge
is "$status" 100 'without anything it exits 100'
like "$(err)" '^lsv-merge: fatal: usage: ' 'and says how it is used'
run lsv-merge -h
is "$status" 0 '-h exits 0'
like "$(out)" '--fields FILE' 'and prints the usage'
for wrong in "$T/template" '--fields x' '--show a@b.example --fields x y' \
	'--fields x y z' '--frob --fields x y' '--fields - -'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-merge $wrong
	is "$status" 100 "$wrong is wrong usage"
done
people 3 >"$T/people.csv"
run lsv-merge --pool 1 --fields "$T/people.csv" "$T/template"
is "$status:$(err)" '100:lsv-merge: fatal: no pool 1: A to Z or -' \
	'a pool has to be one'
run lsv-merge --list none --fields "$T/people.csv" "$T/template"
is "$status:$(err)" '100:lsv-merge: fatal: no list none' 'a list has to exist'
run lsv-merge --fields "$T/nothing" "$T/template"
is "$status" 100 'a table that is not there exits 100'

# --- a dry run -------------------------------------------------------------

run lsv-merge -n --fields "$T/people.csv" "$T/template"
is "$status" 0 'a dry run exits 0'
like "$(out)" 'To:  *<p00001@example.net>' 'and prints the first copy'
like "$(err)" '3 copies would be sent' 'and how many there are'
run lsv-merge -n --show P00003@EXAMPLE.NET --fields "$T/people.csv" \
	"$T/template"
like "$(out)" 'c=c-3|p00003@example.net' '--show prints that of another'
run lsv-merge -n --json --fields - "$T/template" <"$T/people.csv"
like "$(out)" '"id":null,"recipients":3,"fields":\["NAME","CITY","CODE"\]' \
	'--json says it for programs'
is "$(ls "$LSV_SPOOL/route/new" "$LSV_SPOOL/route/tmp")" \
	"$LSV_SPOOL/route/new:

$LSV_SPOOL/route/tmp:" 'nothing was submitted'

# --- what is refused -------------------------------------------------------

{
	echo 'to,NAME,N2'
	echo 'a@b.example,x'
	echo 'nobody,x'
	echo 'c@b.example,x,y,z'
	printf 'd@b.example,\377\n'
	printf 'e@b.example,a\001b\n'
	echo 'f@b.example,"x'
	echo 'g@b.example,x'
} >"$T/bad.csv"
printf 'From: a@b.example\n\n&NAME;\n' >"$T/plain"
run lsv-merge --fields "$T/bad.csv" "$T/plain"
is "$status" 100 'a table with bad rows exits 100'
like "$(err)" 'bad.csv:3: address: ' 'a row without an address is named'
like "$(err)" 'bad.csv:4: it has more cells than names' 'one with too much'
like "$(err)" 'bad.csv:5: NAME is not UTF-8' 'a value that is not UTF-8'
like "$(err)" 'bad.csv:6: NAME has a control byte' 'one with a control byte'
like "$(err)" 'bad.csv:7: a quote that is not closed' 'a quote left open'
like "$(err)" 'nothing was submitted: 5 bad rows' 'and nothing is submitted'
is "$(ls "$LSV_SPOOL/route/new" "$LSV_SPOOL/route/tmp")" \
	"$LSV_SPOOL/route/new:

$LSV_SPOOL/route/tmp:" 'nothing at all'

# table WHY TEXT - one that is refused before any of its rows
table() {
	printf '%b' "$2" >"$T/table.csv"
	run lsv-merge --fields "$T/table.csv" "$T/plain"
	like "$status:$(err)" "^100:.*$1" "a table: $1"
}

table 'no line with the names of the columns' ''
table 'no line with the names of the columns' '\n\r\n'
table 'no recipients' 'to,NAME\n'
table '"" is no name of a field' 'to,NAME,\n'
table '"FIRST NAME" is no name of a field' 'to,first name\n'
table 'table.csv:1: "NAME" is there twice' 'to,NAME,x,name\n'
table 'table.csv:1: more than 64 fields' \
	"to$(printf ',F%s' $(seq 65))\\n"
printf '\357\273\277to,name\r\n"a@b.example","x"\r\na@b.example,\r\n' \
	>"$T/table.csv"
run lsv-merge -n --fields "$T/table.csv" "$T/plain"
like "$status:$(err)" '0:.*2 copies' \
	'a mark in front, CR LF, and an address in two lines'
run lsv-merge -n --fields "$T" "$T/plain"
is "$status" 111 'a directory is no table'
{
	echo 'to,NAME'
	head -c 3000000 /dev/zero | tr '\0' x
	echo
	echo 'a@b.example,x'
} >"$T/table.csv"
run lsv-merge -n --fields "$T/table.csv" "$T/plain"
like "$(err)" 'table.csv:2: a row of more than 256 KiB' 'a row without end'
is "$(err | wc -l)" 2 'is named once'

# refused WHY TEXT... - a message that cannot be one
refused() {
	refused_why=$1
	shift
	printf '%s\n' "$@" >"$T/message"
	run lsv-merge --fields "$T/people.csv" "$T/message"
	like "$status:$(err)" "^100:.*message:[0-9]*:* $refused_why" \
		"refused: $refused_why"
}

refused 'it has no From field' 'Subject: x' '' x
refused 'a reference in a field that takes none' 'From: a@b.example' \
	'Content-Type: text/&NAME;' '' x
refused 'a multipart without a boundary' 'From: a@b.example' \
	'Content-Type: multipart/mixed' '' x
refused 'a reference in a text part in base64' 'From: a@b.example' \
	'Content-Type: text/plain' 'Content-Transfer-Encoding: base64' '' \
	'Jk5BTUU7'
printf 'From: a@b.example\nContent-Type: text/plain\n\n&CITY;\n' >"$T/message"
run lsv-merge --fields "$T/people.csv" "$T/message"
like "$(err)" 'people.csv:3: CITY is not ASCII' \
	'a value that is not ASCII in text that says it is'

printf '%s\n' 'From: a@b.example' 'MIME-Version: 1.0' \
	'Content-Type: multipart/mixed; boundary=b' '' --b '' '&NAME;' --b-- \
	>"$T/message"
printf 'to,NAME\na@b.example,--b\n' >"$T/table.csv"
run lsv-merge --fields "$T/table.csv" "$T/message"
like "$(err)" 'table.csv:2: it makes a line that is a boundary' \
	'a value that would begin a part'

# --- what a signal leaves, and a table that is not what its head says --------

# begun - is a file being written?
begun() {
	[ "$(ls "$LSV_SPOOL/route/tmp")" ]
}

mkfifo "$T/fifo"
lsv-merge --fields "$T/fifo" "$T/plain" 2>"$T/err" &
merging=$!
exec 9>"$T/fifo"
printf 'to,NAME\na@b.example,x\n' >&9
ok 'a table that takes its time is being written' wait_for 20 begun
kill "$merging" 2>/dev/null
wait "$merging"
is $? 143 'a signal ends it'
exec 9>&-
not_ok 'and nothing is left' begun

# spoil WHAT - of the last that was submitted: the number of its rows, or a row
spoil() {
	python3 - "$LSV_SPOOL/route/new/$id" "$1" <<'X'
import sys
data = open(sys.argv[1], "rb").read()
if sys.argv[2] == "rows":
    at = data.index(b"\nrows: 0") + 7
    data = data[:at] + b"1" + data[at + 1:]
else:
    at = data.index(b"\nx00002@") + 1
    data = data[:at] + b"\t" + data[at + 1:]
open(sys.argv[1], "r+b").write(data)
X
}

bad=
for wrong in rows row; do
	for number in 3 2000; do
		people $number x >"$T/people.csv"
		run lsv-merge --fields "$T/people.csv" "$T/template"
		id=$(out | sed 's/:.*//')
		spoil $wrong
		bad="$bad $id"
	done
done

# all_bad - have all of these been set aside?
all_bad() {
	for all_bad_id in $bad; do
		[ -e "$LSV_SPOOL/route/bad/$all_bad_id.why" ] || return 1
	done
}

people 2000 y >"$T/people.csv"
run lsv-merge --pool Q --fields "$T/people.csv" "$T/template"
id=$(out | sed 's/:.*//')
run lsv-queue trace y01999@EXAMPLE.net
like "$(out)" "^$id" 'lsv-queue finds an address in a table that waits'
like "$(out)" 'y01999@example.net  *untried' 'and has it'
unlike "$(out)" 'y01998' 'and no other'
run lsv-queue --json trace y01999@example.net
like "$(out)" '"address":"y01999@example.net","result":"untried"' \
	'for programs, too'
run lsv-explain address y01999@example.net
like "$(out)" "$id" 'lsv-explain finds it as well'
rm "$LSV_SPOOL/route/new/$id"

# --- delivery --------------------------------------------------------------

host
ok 'the services start' tree_up
ok 'three copies are submitted' merge 3 s
like "$(out)" '^[0-9a-f.]*: 3 copies$' 'and it says under which name'
ok 'they are over' finished 20
ok 'those with a bad table were set aside' wait_for 20 all_bad
rm -f "$LSV_SPOOL/route/bad"/*
is "$(events lsv-route ' routed .*rcpts=3 .*files=1')" 1 'they were one file'
ok 'each has what is theirs' verify 3 s
is "$(cut -f 1 "$T/taken" | sort -u)" shop@lists.example.org \
	'the sender is the address in From'

: >"$T/taken"
rm -f "$T/saved"/*
ok '2,000 copies are submitted' merge 2000 d --from '' --pool A
ok 'they are over' finished 60
ok 'DATA: every copy has what is theirs, once' verify 2000 d
is "$(cut -f 1 "$T/taken" | sort -u)" '' 'the null sender was asked for'
is "$(wc -l <"$T/taken")" 2000 '2,000 recipients, no more'
is "$(find "$LSV_SPOOL/jobs" "$LSV_SPOOL/done" -name table)" '' \
	'the table is gone'

id=$(out | sed 's/:.*//')
run lsv-queue trace "$id"
unlike "$(out)" 'c-7' 'lsv-queue shows no values'
like "$(out)" 'd00007@example.net' 'but addresses'

host_end
host --chunking
: >"$T/taken"
rm -f "$T/saved"/*
ok '2,000 more for a list, with a sender each' merge 2000 c --verp --list shop
ok 'they are over' finished 60
ok 'BDAT: every copy has what is theirs, once' verify 2000 c
ok 'most went by BDAT' test "$(grep -c '> BDAT' "$T/trace")" -gt 1900
is "$(awk -F '\t' '{ split($2, a, "@")
	if ($1 == "owner-shop+" a[1] "=" a[2] "@lists.example.org") n++
	} END { print n }' "$T/taken")" 2000 'each names its recipient'

# --- a restart in the middle, and a host that says no ----------------------

host_end
host --chunking --rate 700
: >"$T/taken"
rm -f "$T/saved"/*
ok '3,000 copies are submitted' merge 3000 r
ok 'the first have been sent' wait_for 20 test -s "$T/taken"
ok 'lsv is taken down meanwhile' lsv-service down
ok 'not all was sent before' test "$(wc -l <"$T/taken")" -lt 3000
ok 'and brought up again' tree_up
ok 'the rest is over' finished 60
ok 'every copy has what is theirs, once' verify 3000 r

# --- many parts, and a splitting that is cut off -----------------------------

# cut_off - puts the one job back to where it was when its first wave was durable:
# table and plan as they were then, and no part behind it
cut_off() {
	python3 - "$LSV_SPOOL" <<'X'
import glob, os, sys
spool = sys.argv[1]
job, = glob.glob(spool + "/jobs/*.*")
plan = open(job + "/plan").read().splitlines(True)
_, parts, rcpts, key = plan[1].split()
rows = []
for n in range(1, 1000):
    name = glob.glob("%s/pool/default/*/%s.%06d" %
                     (spool, os.path.basename(job), n))
    if not name:
        break
    data = open(name[0], "rb").read()
    at = data.index(b"\nbytes: ") + 8
    end = data.index(b"\n", at)
    rows.append(data[end + 1:end + 1 + int(data[at:end])])
    if n > int(parts):
        os.unlink(name[0])
assert len(rows) > int(parts) and int(parts) == 8
assert int(bytes.fromhex(key)) == len(b"".join(rows[:8]))
assert b"".join(rows[:8]).count(b"\n") == int(rcpts)
open(job + "/plan", "w").write("".join(plan[:2]))
with open(job + "/table", "wb") as f:
    f.write(b"".join(rows))
st = os.stat(job + "/plan")
os.chown(job + "/table", st.st_uid, st.st_gid)
X
}

# split - have all parts of it been made?
split() {
	grep -q '^E' "$LSV_SPOOL"/jobs/*/plan 2>/dev/null
}

host_end
: >"$T/taken"
rm -f "$T/saved"/*
routed=$(events lsv-route ' routed ')
wide=20000
ok '3,000 copies with 60 MB of values are submitted' merge 3000 w
ok 'they are split' wait_for 30 split
like "$(log lsv-route | grep ' routed ' | tail -n 1)" \
	'rcpts=3000 .*files=(5[5-9]|6[0-9])$' 'into files of 1 MiB at most'
ok 'lsv is taken down' lsv-service down
ok 'and put back to where only the first wave was durable' cut_off
host --chunking
ok 'it comes up again' tree_up
ok 'the copies arrive' finished 90
ok 'every copy has what is theirs, once' verify 3000 w
is "$(wc -l <"$T/taken")" 3000 '3,000 recipients, no more'
is "$(events lsv-route ' routed ')" $((routed + 2)) 'the splitting was resumed'

host_end
host --temporary 50
: >"$T/taken"
rm -f "$T/saved"/*
ok '60 copies, half of them put off at first' merge 60 t
id=$(out | sed 's/:.*//')
ok 'they are over' finished 30
ok 'some were put off' grep -q '< 450' "$T/trace"
ok 'every copy has what is theirs, once' verify 60 t
is "$(awk -F '\t' -v id="$id" -v node="$node" '{
	n = substr($2, 2, 5) + 0
	if (index($5, id) && index($5, "." n "@" node)) k++
} END { print k }' "$T/taken")" 60 'and the Message-ID it had in the first try'

people 1 o >"$T/people.csv"
lsv-merge --fields "$T/people.csv" "$T/template" >/dev/full 2>"$T/err"
is "$?" 0 'nobody hears that it is submitted: exit 0, for it is'
like "$(err)" 'unable to write; submitted as ' 'and it says so'
echo 1 >>"$T/jobs"
ok 'and it is sent' finished 20

host_end
host --on 'rcpt:3=550 5.1.1 no such user'
: >"$T/taken"
rm -f "$T/saved"/*
ok '5 copies, of which some are refused' merge 5 f
ok 'they are over' finished 20
ok 'the report arrives' wait_for 20 grep -q '^	shop@lists' "$T/taken"
report=$(cat "$(grep -l 'multipart/report' "$T/saved"/*.eml)")
like "$report" 'Final-Recipient: rfc822; *f0000[1-5]@example.net' \
	'it names the recipient'
unlike "$report" 'Final-Recipient:.*Joe|Final-Recipient:.*c-' 'and no value'

# --- a message that is gone --------------------------------------------------

# set_aside - are parts held, because there is nothing to send?
set_aside() {
	[ "$(events lsv-smtpw ' held why="the message of its job is gone"')" \
		-gt 0 ]
}

host_end
wide=0
ok '3,000 copies for a job that gets damaged' merge 3000 g
ok 'they are split' wait_for 30 split
ok 'lsv is taken down' lsv-service down
rm "$LSV_SPOOL"/jobs/*/body
host
ok 'it comes up again' tree_up
ok 'what cannot be sent is set aside' wait_for 20 set_aside
done_testing
