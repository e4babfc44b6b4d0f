#!/bin/sh
# lsv-path: where mail for a host goes, what a distribution sends, and the map
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/spool.sh"

net=$TOP/tests/data/network
TMPDIR=$T
export TMPDIR

cat >"$T/five" <<'END'
joe@ws-4.xyz.edu BSMTP
jack@abc.com BSMTP
jim@tamvm1.bitnet BSMTP
jill@alpha.cc.buffalo.edu BSMTP
james@library.rice.edu BSMTP
END
printf '%s\n' Y@FRECP11 X@CEARN Y@CEARN X@CZHRZU1A X@NEUVM1 X@IBACSATA \
	X@EARNET X@PSUVM >"$T/eight"
cat >"$T/trace" <<'END'
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
END

# --- text tables -----------------------------------------------------------

searn="--dir $net/rfc1429 --self SEARN"
frecp="--dir $net/topology-a --self FRECP11"

# shellcheck disable=SC2086 # each is three words
path() {
	path_of=$1
	shift
	run lsv-path $path_of "$@"
}

path "$searn" alpha.cc.buffalo.edu
is "$status $(cat "$T/out")" "0 alpha.cc.buffalo.edu
  nearest  UBVM (027), LISTSERV@ubvm.cc.buffalo.edu
  path     UGA UBVM
  cost     67.710 to it, 0.000 from there, 67.710 directly
  decided  *.buffalo.edu, a suffix in line 15 of peers.names" \
	'a host: the nearest server, the way, the cost, and the line'
path "$searn" joe@TAMVM1.bitnet
like "$(cat "$T/out")" 'nearest  TAIVM1 \(247\)' 'an address: its host'
like "$(cat "$T/out")" 'decided  TAMVM1, a node in line [0-9]+ of bitearn' \
	'and a node is called one'
path "$searn" SEARN
like "$(cat "$T/out")" 'path     none: it is this server' 'our own node'
path "$frecp" NEUVM1
like "$(cat "$T/out")" \
	'cost     5 links to it, 1 link from there, 6 links directly' \
	'without speeds links are counted'
path "$searn" abc.com uga.bitnet
is "$status" 1 'a host that no table knows: exit 1'
like "$(cat "$T/out")" 'no entry knows it: this server delivers' 'and said'
path "$searn" --json alpha.cc.buffalo.edu abc.com
is "$(json '[(h["server"], h["index"], h["path"], h["cost_to_server"],
	h["cost_direct"], h["kind"], h["by"], h["line"]) for h in d["hosts"]]')" \
	"[('UBVM', 27, ['UGA', 'UBVM'], 67710, 67710, 'suffix', '*.buffalo.edu', 15), ('SEARN', 213, [], 0, None, 'unknown', None, None)]" \
	'the same in JSON'

# --- trace -----------------------------------------------------------------

# shellcheck disable=SC2086
trace() {
	trace_of=$1 trace_in=$2
	shift 2
	lsv-path $trace_of --trace "$@" <"$trace_in" >"$T/out" 2>"$T/err"
	status=$?
}

trace "$searn" "$T/five"
is "$status $(cat "$T/out")" "0 $(cat "$T/trace")" \
	'the example of RFC 1429, word for word'
{
	cat "$T/five"
	printf '%s\r\n' 'JACK@abc.com Jack Again' '' 'two words@x.example' '@' \
		"$(printf 'a\001b@x.example')"
} >"$T/six"
trace "$searn" "$T/six"
is "$status $(cat "$T/out")" "65 $(cat "$T/trace")" \
	'one twice, an empty line and bad ones: the same, exit 65'
like "$(cat "$T/err")" 'lsv-path: line 8: ' 'with the numbers of the lines'
is "$(grep -c . "$T/err")" 3 'and of no other'
trace "$searn" "$T/five" --json
is "$(json '[d["local"], d["direct"], d["forward"]]')" \
	"[[], ['jack@abc.com', 'joe@ws-4.xyz.edu'], [{'server': 'UGA', 'recipients': ['jim@tamvm1.bitnet', 'jill@alpha.cc.buffalo.edu', 'james@library.rice.edu']}]]" \
	'in JSON: local, direct, forward'
is "$(json '[(h["host"], h["server"], h["index"], h["single"])
	for h in d["hosts"]][2:4]')" \
	"[('LIBRARY.RICE.EDU', 'RICEVM1', 22, True), ('TAMVM1', 'TAIVM1', 247, True)]" \
	'and the hosts'
trace "$searn" /dev/null
is "$status $(cat "$T/out")" '0 Debug trace information:' \
	'nobody: nothing is sent'
seq 1 30 >"$T/numbers"
trace "$searn" "$T/numbers"
is "$(grep -c 'line [0-9]*:' "$T/err")" 20 'of many bad lines twenty are shown'
like "$(cat "$T/err")" '10 more bad lines are not shown' 'and the rest counted'
trace "$frecp" "$T/eight"
like "$(cat "$T/out")" 'Mail forwarded to LISTSERV@CEARN    for   7 recip' \
	'the example of the manual: seven to CEARN'

# --- the table -------------------------------------------------------------

# shellcheck disable=SC2086
ok 'a table is compiled elsewhere' \
	lsv-table network $searn -o "$T/searn.cdb"
trace "--table $T/searn.cdb" "$T/five"
is "$status $(cat "$T/out")" "0 $(cat "$T/trace")" '--table: the same'
run lsv-path --table "$T/none.cdb" x.example
is "$status" 100 'no table: exit 100'
like "$(cat "$T/err")" 'lsv-table network makes it' 'and who makes one'
head -c 1000 "$T/searn.cdb" >"$T/cut.cdb"
run lsv-path --table "$T/cut.cdb" x.example
is "$status" 100 'a cut table: exit 100'
like "$(cat "$T/err")" 'damaged, or no table' 'and what it is'

cat >"$LSV_ETC/site.cfg" <<END
NODE=searn.sunet.se
MYDOMAIN="searn.sunet.se lists.example.org"
POSTMASTER=ann@example.net
RUNMODE=NETWORKED
END
ok 'a configuration' lsv-config apply
run lsv-path x.example
is "$status" 100 'no table in force: exit 100'
mkdir -p "$LSV_ETC/network" "$LSV_LIB/network"
cp "$net"/rfc1429/* "$LSV_ETC/network"
ok 'the table in force is made' lsv-table network
trace '' "$T/five"
is "$status $(cat "$T/out")" "0 $(cat "$T/trace")" 'and asked by default'
echo joe@LISTS.example.org >"$T/mine"
trace '' "$T/mine" --json
is "$(json 'd["local"]')" "['joe@lists.example.org']" \
	'a domain of MYDOMAIN is local'
sed -i 's/^RUNMODE=.*/RUNMODE="TABLELESS gate.example.org"/' "$LSV_ETC/site.cfg"
ok 'TABLELESS' lsv-config apply
trace '' "$T/five"
like "$(cat "$T/out")" 'forwarded to LISTSERV@gate.example.org for   5' \
	'all go to its host'
run lsv-path x.example lists.example.org
like "$(cat "$T/out")" 'RUNMODE=TABLELESS: left to gate.example.org' \
	'and a host is told so'
sed -i 's/^RUNMODE=.*/RUNMODE=STANDALONE/' "$LSV_ETC/site.cfg"
ok 'STANDALONE' lsv-config apply
trace '' "$T/five" --json
is "$(json 'len(d["direct"])')" 5 'all are sent directly'

# --- bad tables ------------------------------------------------------------

mkdir "$T/bad"
printf ':node.A :type.NJE\n     :links1.B(P,much)\n' >"$T/bad/bitearn.nodes"
run lsv-path --dir "$T/bad" --self A x.example
is "$status" 65 'text tables with errors: exit 65'
like "$(cat "$T/err")" 'bitearn.nodes:[0-9]+: ' 'with file and line'
run lsv-path --dir "$T/none" --self A x.example
is "$status" 100 'no directory: exit 100'
run lsv-path --dir "$net/rfc1429" --self NOBODY x.example
is "$status" 100 'no such server: exit 100'
like "$(cat "$T/err")" 'no server of the tables is called NOBODY' 'and said'

# --- the map ---------------------------------------------------------------

# what dot is given, whether it is installed or not
mkdir "$T/bin"
cat >"$T/bin/dot" <<END
#!/bin/sh
echo "\$*" >"$T/dot.args"
cat >"$T/dot.in"
echo '<svg>drawn</svg>'
END
chmod 755 "$T/bin/dot"
real=$PATH
PATH=$T/bin:$PATH
trace "$frecp" "$T/eight" --map "$T/a.svg"
is "$status $(cat "$T/out")" "0 $T/a.svg: 12 of 12 nodes, 5 servers
FRECP11: 8 recipients, 1 served here
  CEARN: 7 recipients, 3 served here
    EARNET: 2 recipients, 2 served here
    DEARN: 2 recipients, 2 served here
11 links crossed, 32 if all were sent directly" \
	'the way through all servers, and 11 links against 32'
is "$(cat "$T/a.svg")" '<svg>drawn</svg>' 'what dot drew is in the file'
is "$(grep -c 'dir=none' "$T/dot.in")" 11 'it was given the links'
is "$(grep -c 0050b0 "$T/dot.in")" 3 'three jobs for other servers'
like "$(cat "$T/dot.in")" '"FRECP11" -> "CEARN" .*label="7"' \
	'with the number of their recipients'
trace "$frecp" "$T/eight" --json --map "$T/a.svg"
is "$(json '[(s["server"], s["from"], s["recipients"], s["served"])
	for s in d["stops"]][1:] + [d["links_relayed"], d["links_direct"]]')" \
	"[('CEARN', 'FRECP11', 7, 3), ('EARNET', 'CEARN', 2, 2), ('DEARN', 'CEARN', 2, 2), 11, 32]" \
	'the same in JSON'
trace "--dir $net/topology-b --self FRECP11" "$T/eight" --map "$T/b.svg"
like "$(cat "$T/out")" '^11 links crossed, 32 if' 'the other topology'
path "$searn" --map "$T/n.svg"
is "$status $(cat "$T/out")" "0 $T/n.svg: 6 of 6 nodes, 5 servers" \
	'a map without recipients'
unlike "$(cat "$T/dot.in")" '0050b0|208020' 'shows no way'
printf '#!/bin/sh\nexit 3\n' >"$T/bin/dot"
path "$searn" --map "$T/n.svg"
is "$status" 111 'dot fails: exit 111'
is "$(cat "$T/n.svg")" '<svg>drawn</svg>' 'and the old map stays'
rm "$T/bin/dot"
PATH=$LSV_BUILD/bin
path "$searn" --map "$T/none.svg"
PATH=$real
is "$status" 100 'no dot: exit 100'
like "$(cat "$T/err")" 'it is in the package graphviz' 'and the package'
not_ok 'no map is made' test -e "$T/none.svg"
if command -v dot >/dev/null; then
	path "$searn" --map "$T/r.svg"
	like "$(cat "$T/r.svg")" '>RICEVM1<' 'dot of graphviz draws it'
else
	skip 'graphviz is not installed'
fi
is "$(find "$T" -maxdepth 1 -name 'lsv-table.*')" '' \
	'no tables are left behind'

# --- root ------------------------------------------------------------------

if is_root; then
	cp -R "$net/topology-a" "$T/theirs"
	chown -R nobody "$T/theirs"
	mkdir -m 1777 "$T/tmp"
	TMPDIR=$T/tmp
	trace "--dir $T/theirs --self FRECP11" "$T/eight"
	is "$status" 0 'root becomes the owner of the tables'
	mkdir -m 700 "$T/ours"
	path "--dir $T/theirs --self FRECP11" --map "$T/ours/x.svg"
	is "$status" 100 'and may write no more than he may'
	TMPDIR=$T
else
	skip 'only root becomes another' 2
fi

# --- usage -----------------------------------------------------------------

for args in '' '--table x --map y' '--self A x.example' '--nothing' \
	'--table x --dir y z'; do
	# shellcheck disable=SC2086
	run lsv-path $args
	is "$status" 100 "wrong usage: lsv-path $args"
done
run lsv-path -h
is "$status" 0 '-h: exit 0'
like "$(cat "$T/out")" '^usage: lsv-path ' 'how it is used'

done_testing
