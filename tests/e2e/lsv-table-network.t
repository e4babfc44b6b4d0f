#!/bin/sh
# lsv-table network as an administrator's cron runs it, on private roots
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_LIB=$T/lib
export LSV_ETC LSV_LIB
given=$TOP/tests/data/network
net=$LSV_ETC/network
lib=$LSV_LIB/network
mkdir -p "$LSV_ETC" "$lib" "$T/o"
cp -r "$given/topology-a" "$net"

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# fresh [TOPOLOGY] - the tables as they are given
fresh() {
	rm -rf "$net"
	cp -r "$given/${1:-topology-a}" "$net"
}

# --- usage -------------------------------------------------------------------

run lsv-table -h
like "$(out)" '^ +lsv-table network ' 'the usage knows lsv-table network'
for wrong in 'network twice' 'network --frobnicate' 'network --dir' \
	'network --check --self X' 'network --check -o X' 'spam --dir X' \
	'spam --self X' 'spam -o X' 'spam --check'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-table $wrong
	is "$status" 100 "lsv-table $wrong is wrong usage"
done

# --- who it is for -----------------------------------------------------------

run lsv-table network
is "$status" 100 'without a configuration it exits 100'
like "$(err)" 'lsv-config apply makes it' 'and says what to do'
printf 'NODE=cearn.example\nPOSTMASTER=joe@example.org\n' >"$LSV_ETC/site.cfg"
lsv-config apply >"$T/said" 2>&1 || diag "$(cat "$T/said")"
run lsv-table network
is "$status/$(err)" 0/ 'it is for NODE of the configuration'
like "$(out)" '^network: 5 servers \(5 reached\), 12 nodes, 22 links, 24 entries, [0-9]+ bytes, [0-9]+ ms$' \
	'and tells what it made'
is "$(ls -A "$lib")" 'network.cdb
network.cdb.lock' 'where programs look for it'
is "$(stat -c %a "$lib/network.cdb")" 644 'so that all can read it'
run lsv-table network --self FRECP
is "$status" 100 'a server that is not there is an error'
like "$(err)" 'no server "FRECP" among the 5 of .*near are: FRECP11, ' \
	'that names those that may be meant'
is "$(out)" 'network: nothing is changed' 'and nothing is changed'
run lsv-table network --self NEUVM1
is "$status" 100 'neither is a node without a server one'
run lsv-table network --self "$(printf 'X\001\377%0200d' 0)"
is "$status" 100 'nor a name that can be none'
for name in frecp11 FRECP11.example FRECP11; do
	run lsv-table network --self "$name" -o "$T/o/x.cdb"
	is "$status" 0 "a server may be called $name"
done
like "$(out)" 'nothing has changed since ' 'and is the same by each name'

# --- what it changes ---------------------------------------------------------

rm "$T"/o/*
run lsv-table network --dry-run --self DEARN -o "$T/o/x.cdb"
is "$status/$(err)" 0/ 'a dry run exits 0'
like "$(out)" ' ms \(dry run, nothing is changed\)$' 'says what it would do'
is "$(ls -A "$T/o")" '' 'and leaves nothing behind'
said=$(sed -n 's/.* entries, \([0-9]*\) bytes.*/\1/p' "$T/out")
run lsv-table network --self DEARN -o "$T/o/x.cdb"
is "$(stat -c %s "$T/o/x.cdb")" "$said" 'the size is that it said'
before=$(stat -c '%i %y' "$T/o/x.cdb")
run lsv-table network --self DEARN -o "$T/o/x.cdb"
is "$status" 0 'unchanged tables exit 0'
like "$(out)" '^network: nothing has changed since .*; nothing to do$' \
	'and are not compiled again'
is "$(stat -c '%i %y' "$T/o/x.cdb")" "$before" 'the table is left alone'
run lsv-table network --self CEARN -o "$T/o/x.cdb"
like "$(out)" '^network: 5 servers ' 'for another server they are'
touch "$net/local.overrides"
run lsv-table network --self CEARN -o "$T/o/x.cdb"
like "$(out)" '^network: 5 servers ' 'so are they with one file more'
cp "$T/o/x.cdb" "$T/second"
echo '# nothing' >>"$net/local.overrides"
run lsv-table network --self CEARN -o "$T/o/x.cdb"
is "$status" 0 'and with one line more'
ok 'the table before is kept' cmp "$T/o/x.cdb.1" "$T/second"
is "$(ls "$T/o")" 'x.cdb
x.cdb.1
x.cdb.lock' 'but none older'
(cd "$T/o" && lsv-table network --self CEARN -o y.cdb >"$T/said" 2>&1)
ok 'a file without a directory is here' test -s "$T/o/y.cdb"
fresh

# --- JSON --------------------------------------------------------------------

rm "$T"/o/*
run lsv-table network --json --self FRECP11 -o "$T/o/x.cdb"
is "$status" 0 '--json exits 0'
is "$(json '[d[k] for k in ("state", "self", "servers", "reached", "nodes", "links", "entries", "hops", "nerrors", "nwarnings", "errors", "warnings", "dry_run")]')" \
	"['made', 'FRECP11', 5, 5, 12, 22, 24, True, 0, 0, [], [], False]" \
	'and has all figures'
is "$(json 'd["bytes"]')" "$(stat -c %s "$T/o/x.cdb")" 'and the size'
digest=$(json 'd["digest"]')
run lsv-table network --json --self CEARN -o "$T/o/y.cdb"
is "$(json 'd["digest"]')" "$digest" \
	'tables that are the same have the same digest everywhere'
run lsv-table network --json --self CEARN -o "$T/o/y.cdb"
is "$(json '[d[k] for k in ("state", "servers", "digest")]')" \
	"['same', 5, '$digest']" 'also when there is nothing to do'
run lsv-table network --json --check
is "$(json '[d[k] for k in ("state", "self")]')" "['checked', None]" \
	'and when nothing is made at all'

# --- tables with mistakes ----------------------------------------------------

cp "$T/o/x.cdb" "$T/before"
echo ':node.X :links1.NOWHERE' >>"$net/bitearn.nodes"
run lsv-table network --check
is "$status" 0 'a warning is no error'
like "$(err)" '^warning: bitearn.nodes:51: links: .*: NOWHERE$' \
	'but is shown with file, line and tag'
like "$(out)" '^network: 1 warning, .*; the tables can be used$' 'and counted'
echo ':nick.BAD :index.none :node.CEARN' >>"$net/peers.names"
run lsv-table network --self FRECP11 -o "$T/o/x.cdb"
is "$status" 65 'an error exits 65'
like "$(err)" '^error: peers.names:16: index: ' 'is shown likewise'
like "$(out)" '^network: 1 error, 1 warning, nothing is changed$' 'is counted'
ok 'and the old table stays' cmp "$T/o/x.cdb" "$T/before"
run lsv-table network --check
is "$status $(out)" '65 network: 1 error, 1 warning, the tables cannot be used' \
	'a check says the same'
run lsv-table network --json --self FRECP11 -o "$T/o/x.cdb"
is "$status $(json '[d[k] for k in ("state", "nerrors", "nwarnings")]')" \
	"65 ['kept', 1, 1]" 'and JSON'
like "$(json 'd["errors"][0]')" '^peers.names:16: index: ' 'with the text'
fresh

printf ':nick.AA :node.BB\n:nick.BB :node.CC\n:nick.CC :node.AA\n' \
	>"$net/aliases.names"
run lsv-table network --self FRECP11 -o "$T/o/x.cdb"
is "$status" 65 'a loop of aliases is an error'
like "$(err)" '^error: aliases.names:[123]: ' 'with its line'
fresh
for links in 'CEARN(P,64k,-1)' 'CEARN(P,64k,1e999)' 'CEARN(P,64k,inf)' \
	'CEARN(P,64k,nan)' 'CEARN(P,99999999999999999999M)' 'CEARN(P' \
	'CEARN(Q)' '(((((' 'CEARN(V999999999999)'; do
	echo ":node.X :links1.$links" >>"$net/bitearn.nodes"
	run lsv-table network --self FRECP11 -o "$T/o/x.cdb"
	case $status in
	0 | 65) pass "the link $links is judged" ;;
	*) fail "the link $links is judged (exit $status)" ;;
	esac
	like "$(err)" '^(error|warning): bitearn.nodes:51: links' 'by its line'
	fresh
done

# A table that ends anywhere, or is no text at all.
run lsv-table network --self FRECP11 -o "$T/o/x.cdb"
bad=
for bytes in 0 1 5 17 60 300 500 900; do
	for file in bitearn.nodes peers.names; do
		head -c "$bytes" "$given/topology-a/$file" >"$net/$file"
		run timeout 20 lsv-table network --self FRECP11 -o "$T/o/z.cdb"
		case $status in
		0 | 65 | 100) ;;
		*) bad="$bad $file:$bytes:$status" ;;
		esac
		cp "$given/topology-a/$file" "$net/$file"
	done
done
is "$bad" '' 'cut files are made into a table or refused'
head -c 100000 /dev/urandom >"$net/bitearn.nodes"
run timeout 20 lsv-table network --self FRECP11 -o "$T/o/x.cdb"
is "$status" 65 'random bytes are refused'
fresh
i=0
{
	cat "$given/topology-a/bitearn.nodes"
	while [ $i -lt 10000 ]; do
		echo ":node.L$i :links1.CEARN"
		i=$((i + 1))
	done
} >"$net/bitearn.nodes"
run timeout 60 lsv-table network --self FRECP11 -o "$T/o/x.cdb"
is "$status" 0 '10,000 links to one node are taken'
like "$(out)" ', 10012 nodes, ' 'all of them'
fresh

# --- files that cannot be read, places that cannot be written ------------------

run lsv-table network --dir "$T/nowhere" --self X -o "$T/o/x.cdb"
is "$status" 100 'a directory that is not there exits 100'
like "$(err)" "unable to read $T/nowhere: No such file" 'and is named'
mkdir "$T/empty"
run lsv-table network --dir "$T/empty" --self X -o "$T/o/x.cdb"
is "$status" 65 'a directory without tables is an error'
like "$(err)" 'there is none of the tables.*bitearn.nodes' \
	'that says what is looked for'
mkdir "$T/empty/peers.names"
run lsv-table network --dir "$T/empty" --self X -o "$T/o/x.cdb"
is "$status" 100 'a directory is no table'
rmdir "$T/empty/peers.names"
mkfifo "$T/empty/peers.names"
run timeout 20 lsv-table network --dir "$T/empty" --self X -o "$T/o/x.cdb"
is "$status" 100 'nor is a FIFO, and nobody waits for it'
for wrong in "$T/nowhere/x.cdb" "$T/o/" "$T/o/." /; do
	run lsv-table network --self FRECP11 -o "$wrong"
	is "$status" 100 "-o ${wrong#"$T"} is an error"
done
mkdir "$T/o/dir"
run lsv-table network --self FRECP11 -o "$T/o/dir"
is "$status" 111 'a directory is not replaced'
ok 'it is still there' test -d "$T/o/dir"

# --- damage, crashes and neighbours ------------------------------------------

rm -r "$T"/o/*
lsv-table network --self FRECP11 -o "$T/o/x.cdb" >"$T/said"
cp "$T/o/x.cdb" "$T/before"
head -c 3000 "$T/before" >"$T/o/x.cdb"
run lsv-table network --self FRECP11 -o "$T/o/x.cdb"
is "$status" 0 'a table that is damaged is made again'
ok 'whole' test "$(stat -c %s "$T/o/x.cdb")" = "$(stat -c %s "$T/before")"
fresh topology-b
pids=
for i in 1 2 3 4; do
	lsv-table network --self FRECP11 -o "$T/o/x.cdb" >"$T/out.$i" 2>&1 &
	pids="$pids $!"
done
failed=0
for pid in $pids; do
	wait "$pid" || failed=$((failed + 1))
done
is "$failed" 0 'four at a time wait for each other'
is "$(cat "$T"/out.? | grep -c 'nothing to do')" 3 'and one of them does the work'

if [ -n "${LSV_SANITIZED:-}" ]; then
	skip 'not with sanitizers'
else
	mkdir "$T/killed"
	run "$TOP/tests/lib/tablekills.py" "$given/topology-b" \
		"$given/topology-a" "$T/killed/network.cdb" FRECP11
	is "$status$(err)" 0 \
		'stopped anywhere it leaves one table or the other, and two in the end'
	diag "$(out)"
fi

# --- a terminal --------------------------------------------------------------

rm "$T"/o/*
if command -v script >/dev/null; then
	script -qec "lsv-table network --self FRECP11 -o $T/o/x.cdb" \
		"$T/tty" >"$T/said" 2>&1
	like "$(tr '\r' '\n' <"$T/tty")" '^network \[#+\] 3/3' \
		'on a terminal a bar shows how far it is'
else
	skip 'no script'
fi
done_testing
