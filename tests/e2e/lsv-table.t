#!/bin/sh
# lsv-table as an administrator's cron runs it, on private roots
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_LIB=$T/lib
export LSV_ETC LSV_LIB
mkdir -p "$LSV_ETC" "$LSV_LIB/spam"
spam=$LSV_LIB/spam
black=$T/black.txt
white=$T/white.txt

# site TABLE=FILE... - a configuration with these variables
site() {
	{
		printf 'NODE=lsv.example.org\nPOSTMASTER=joe@example.org\n'
		for word; do
			printf 'SPAM_%s\n' "$word"
		done
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/said" 2>&1 || diag "$(cat "$T/said")"
}

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

tables() {
	(cd "$spam" && echo *.cdb)
}

# --- usage -------------------------------------------------------------------

run lsv-table -h
is "$status" 0 '-h exits 0'
like "$(out)" '^usage: lsv-table spam' 'and prints the usage'
for wrong in '' 'frobnicate' 'spam twice' 'spam --frobnicate'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-table $wrong
	is "$status" 100 "lsv-table $wrong is wrong usage"
done
run lsv-table spam
is "$status" 100 'without a configuration it exits 100'
like "$(err)" 'unable to read .*site.cdb [(]lsv-config apply makes it[)]' \
	'and says what to do'

# --- nothing set -------------------------------------------------------------

site
run lsv-table spam
is "$status/$(err)" 0/ 'without tables it exits 0'
is "$(out)" 'whitelist_from: no table is set
whitelist_to: no table is set
blacklist_from: no table is set
blacklist_to: no table is set' 'and says so for each list'
mv "$spam" "$spam.away"
run lsv-table spam
is "$status" 100 'without its directory it exits 100'
like "$(err)" "unable to open $spam: No such file" 'and names it'
mv "$spam.away" "$spam"

# --- a table -----------------------------------------------------------------

printf '\357\273\277# comment\r\n\r\n>JAMES@EXAMPLE.COM\r\n' >"$black"
printf '  *@*.example.net \t# all of them\n\t\n#\n*spam*@*\n' >>"$black"
printf '"a #b"@example.org\nb\303\274cher.example' >>"$black"
site "BLACKLIST_FROM_TABLE=$black"
run lsv-table spam --dry-run
is "$status/$(err)" 0/ 'a dry run exits 0'
like "$(out)" \
	'^blacklist_from: 5 entries, [0-9]+ bytes, [0-9]+ ms \(dry run' \
	'and tells what would be'
is "$(ls -A "$spam")" lock 'and makes no table'
said=$(sed -n 's/.*entries, \([0-9]*\) bytes.*/\1/p' "$T/out")
run lsv-table spam
is "$status/$(err)" 0/ 'comments, blank lines, CR LF, BOM and UTF-8 are taken'
like "$(out)" '^blacklist_from: 5 entries, [0-9]+ bytes, [0-9]+ ms$' \
	'a line per table says what was made'
is "$(tables)" blacklist-from.cdb 'the table has its name'
is "$(stat -c '%a %s' "$spam/blacklist-from.cdb")" "644 $said" \
	'its mode, and the size that was said before'
for key in ajames@example.com sexample.net gspam dxn--bcher-kva.example \
	'a"a #b"@example.org'; do
	ok "it holds $key" grep -qaF "$key" "$spam/blacklist-from.cdb"
done

run lsv-table spam --json
is "$status" 0 '--json exits 0'
is "$(json '[t["list"] for t in d["tables"]]')" \
	"['whitelist_from', 'whitelist_to', 'blacklist_from', 'blacklist_to']" \
	'has the four lists'
is "$(json '[d["tables"][2][k] for k in ("text", "state", "entries", "bad")]')" \
	"['$black', 'made', 5, 0]" 'and what became of each'
is "$(json 'd["tables"][2]["bytes"]')" "$said" 'with its size'
is "$(json '[d["tables"][0][k] for k in ("text", "state", "bytes")]')" \
	"[None, 'none', 0]" 'or that there is none'

# --- bad lines ---------------------------------------------------------------

cp "$spam/blacklist-from.cdb" "$T/before"
printf 'a@b\n\n>>\na b@c\nx@\n\na\001@b\n\377@x\nb@c\n' >"$black"
printf '%1025s\n' ok@ok >>"$black"
printf '%0600d@example.com' 0 >>"$black"
printf 'example.org\n' >"$white"
site "BLACKLIST_FROM_TABLE=$black" "WHITELIST_TO_TABLE=$white"
run lsv-table spam
is "$status" 65 'a bad line exits 65'
zeros=$(printf '%080d' 0)
is "$(err)" "$black:3: an address or a pattern is missing: >>
$black:4: blank within an entry: a b@c
$black:5: nothing after the @: x@
$black:7: control byte: a?@b
$black:8: bytes that are not UTF-8: $(printf '\377')@x
$black:10: line over 1024 bytes: ok@ok
$black:11: pattern over 512 bytes: $zeros" \
	'each one is named with file, line, reason and text'
is "$(out | grep black)" 'blacklist_from: 7 bad lines; nothing is changed
blacklist_to: no table is set' 'the summary says so'
ok 'the old table stays' cmp "$spam/blacklist-from.cdb" "$T/before"
like "$(out)" '^whitelist_to: 1 entry, ' 'the others are made'
is "$(tables)" 'blacklist-from.cdb whitelist-to.cdb' 'and nothing else is left'
yes 'a b' | head -n 1000 >"$black"
run lsv-table spam
is "$(err | grep -c blank)" 20 'of many bad lines twenty are shown'
like "$(err)" "$black: 980 more bad lines are not shown" 'and the rest counted'
run lsv-table spam --json
is "$status $(json '[d["tables"][2][k] for k in ("state", "bad")]')" \
	"65 ['kept', 1000]" 'JSON counts them as well'

# More free patterns than a list may have.
i=0
while [ $i -lt 10001 ]; do
	echo "*word$i*@*"
	i=$((i + 1))
done >"$black"
run lsv-table spam
is "$status" 65 '10,001 free patterns are an error'
like "$(err)" "$black:10001: more than 10000 entries with a '\*'" \
	'that says so'
sed -i 10001d "$black"
run lsv-table spam
is "$status" 0 '10,000 are none'

# --- texts that cannot be read -----------------------------------------------

rm "$black"
cp "$spam/blacklist-from.cdb" "$T/before"
run lsv-table spam
is "$status" 100 'a missing text exits 100'
like "$(err)" "unable to read $black: No such file" 'and is named'
ok 'its old table stays' cmp "$spam/blacklist-from.cdb" "$T/before"
like "$(out)" '^whitelist_to: 1 entry, ' 'the others are made all the same'
mkdir "$black"
run lsv-table spam
like "$status $(err)" "^100 .*$black: not a regular file" 'nor is a directory read'
rmdir "$black"
mkfifo "$black"
run timeout 10 lsv-table spam
like "$status $(err)" "^100 .*$black: not a regular file" \
	'nor waited for a FIFO'
rm "$black"
: >"$black"
run lsv-table spam
is "$status" 0 'an empty text is a table without entries'
like "$(out)" '^blacklist_from: 0 entries, ' 'and counted as such'

# --- a variable that is not set any more -------------------------------------

site "BLACKLIST_FROM_TABLE=$black"
run lsv-table spam --dry-run
like "$(out)" '^whitelist_to: no table is set any more; removed \(dry run' \
	'a dry run tells that a table would go'
is "$(tables)" 'blacklist-from.cdb whitelist-to.cdb' 'and leaves it'
run lsv-table spam
is "$status" 0 'without its variable a table goes'
is "$(tables)" blacklist-from.cdb 'and the others stay'

# --- crashes and neighbours --------------------------------------------------

echo 'left behind' >"$spam/tmp.blacklist-from.cdb"
run lsv-table spam
is "$status" 0 'what a crash left is no obstacle'
not_ok 'and is removed' test -e "$spam/tmp.blacklist-from.cdb"
seq -f 'user%.0f@example.com' 1 20000 >"$black"
pids=
for i in 1 2 3 4; do
	lsv-table spam >"$T/out.$i" 2>&1 &
	pids="$pids $!"
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=$((failed + 1))
done
is "$failed" 0 'four at a time wait for each other'
is "$(tables)" blacklist-from.cdb 'and leave one table'
ok 'which is whole' grep -qa user20000@example.com "$spam/blacklist-from.cdb"

# The end of a run that is killed anywhere is the old table or the new one.
cp "$spam/blacklist-from.cdb" "$T/before"
seq -f 'other%.0f@example.com' 1 20000 >"$black"
lsv-table spam >"$T/said"
cp "$spam/blacklist-from.cdb" "$T/after"
killed=0
torn=
for ms in 001 002 004 006 008 010 012 015 020 030; do
	cp -p "$T/before" "$spam/blacklist-from.cdb"
	timeout -s KILL "0.$ms" lsv-table spam >"$T/said" 2>&1 ||
		killed=$((killed + 1))
	cmp -s "$spam/blacklist-from.cdb" "$T/before" ||
		cmp -s "$spam/blacklist-from.cdb" "$T/after" ||
		torn="$torn $ms"
done
is "$torn" '' 'killed anywhere it leaves the old table or the new one'
diag "$killed of 10 were killed"
run lsv-table spam
is "$status" 0 'after that a run makes the new one'
ok 'whole' cmp "$spam/blacklist-from.cdb" "$T/after"
is "$(ls -A "$spam")" 'blacklist-from.cdb
lock' 'and nothing else is left'

# --- a terminal, and a million -----------------------------------------------

if command -v script >/dev/null; then
	script -qec "lsv-table spam" "$T/tty" >"$T/said" 2>&1
	like "$(tr '\r' '\n' <"$T/tty")" '^blacklist_from \[#+\] [0-9]+/[0-9]+' \
		'on a terminal a bar shows how far it is'
else
	skip 'no script'
fi

{
	seq -f 'user%.0f@host.example.com' 1 400000
	seq -f '*@domain%.0f.example' 1 300000
	seq -f '*@*.below%.0f.example' 1 200000
	seq -f 'anywhere%.0f@*' 1 90000
	seq -f '*free%.0f*@*' 1 10000
} >"$black"
run sh -c "ulimit -v 400000; exec lsv-table spam --json"
if [ -z "${LSV_SANITIZED:-}" ]; then
	is "$status $(json 'd["tables"][2]["entries"]')" '0 1000000' \
		'a million entries are made into a table'
	diag "$(json 'd["tables"][2]')"
	ok 'in ten seconds, on the busiest machine' \
		test "$(json 'd["tables"][2]["ms"]')" -lt 10000
else
	skip 'not with sanitizers' 2
fi
done_testing
