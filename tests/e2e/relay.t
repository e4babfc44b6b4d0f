#!/bin/sh
# several servers: a job and a posting go from one to the next, and everybody gets
# one copy
#
# Each server is a tree of its own with all its services; what is between them is
# played by tests/lib/hub.py.  All files belong to one user.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/bench/site.sh"

nodes=$TOP/tests/data/network/topology-a
servers='frecp11.example cearn.example dearn.example dkearn.example
	earnet.example'

peers=$(printf '%s' "$servers" | tr -s '\n\t' '  ')

# at SERVER - all that follows is done there
at() {
	LSV_ETC=$T/$1/etc LSV_SPOOL=$T/$1/spool LSV_LIB=$T/$1/lib
	LSV_RUN=$T/$1/run
	export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
}

# shellcheck disable=SC2086 # servers are words
python3 "$TOP/tests/lib/hub.py" "$T" "$LSV_BUILD/bin/lsv-inject" $servers \
	>"$T/ports" 2>"$T/hub.err" &
hub=$!
everything_down() {
	for s in $servers; do
		at "$s"
		lsv-service down >/dev/null 2>&1
	done
	kill $hub
}
at_exit everything_down
wait_for 10 test -s "$T/ports"
i=0
for s in $servers; do
	i=$((i + 1))
	port=$(sed -n "${i}p" "$T/ports")
	site_prepare "$T/$s"
	cat >"$LSV_ETC/site.cfg" <<-END
		NODE=$s
		POSTMASTER=keeper@$s
		SMTP_FORWARD=127.0.0.1:$port
		SPAM_DELAY=0
		RETRY_MIN=200ms
		RUNMODE=NETWORKED
		DIST_SECURITY=0
		COMMAND_MAX=1000
		DIST2_UNSIGNED="$peers"
	END
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
	lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
	name=$(echo "${s%%.*}" | tr '[:lower:]' '[:upper:]')
	mkdir -p "$LSV_LIB/network"
	lsv-table network --dir "$nodes" --self "$name" >"$T/network" 2>&1 ||
		diag "$(cat "$T/network")"
	lsv-list create LOCAL-L --owner "owner@$s" >/dev/null
	ok "$name is up" lsv-service up
done

# arrived N - so many recipients that are no servers
arrived() {
	[ "$(grep -vci '	listserv@' "$T/hub")" -ge "$1" ]
}

# the seed's eight
at frecp11.example
{
	printf '%s\n' 'From: X <X@frecp11.example>' 'To: LISTSERV@frecp11.example' \
		'' '//EIGHT JOB Echo=No' 'DISTRIBUTE MAIL' '//TO DD *'
	for r in Y@FRECP11 X@CEARN Y@CEARN X@CZHRZU1A X@NEUVM1 X@IBACSATA \
		X@EARNET X@PSUVM; do
		echo "$r.EXAMPLE BSMTP"
	done
	printf '%s\n' '/*' '//DATA DD *,EOF' 'From: X@frecp11.example' \
		'Subject: eight' '' '.dot' 'From here'
} | lsv-inject -f X@frecp11.example LISTSERV@frecp11.example
ok 'the eight recipients of the example get their mail' wait_for 60 arrived 8
sleep 2
is "$(grep -vi '	listserv@' "$T/hub" | cut -f1,2 | sort)" \
	'cearn.example	X@cearn.example
cearn.example	X@czhrzu1a.example
cearn.example	Y@cearn.example
dearn.example	X@neuvm1.example
dearn.example	X@psuvm.example
earnet.example	X@earnet.example
earnet.example	X@ibacsata.example
frecp11.example	Y@frecp11.example' 'each once, from the server of the narration'
is "$(grep -i '	listserv@' "$T/hub" | cut -f1,2 | sort)" \
	'cearn.example	LISTSERV@dearn.example
cearn.example	LISTSERV@earnet.example
frecp11.example	LISTSERV@cearn.example' 'by the servers of the narration'
is "$(python3 "$TOP/tests/reference/links.py" "$nodes/bitearn.nodes" "$T/hub" \
	frecp11.example)" '11 32 8' '11 links are crossed in place of 32'
sed '/^:node.DEARN/,/^:node.DKEARN/s/CEARN//;/^:node.CEARN/,/^:node.CZ/s/ DEARN//' \
	"$nodes/bitearn.nodes" >"$T/cut.nodes"
unlike "$(python3 "$TOP/tests/reference/links.py" "$T/cut.nodes" "$T/hub" \
	frecp11.example 2>&1)" '^11 32' 'a network with one link less counts others'
is "$(grep -lx '.dot' "$T"/hub.mail/* | wc -l)" \
	"$(grep -l '^Subject: eight' "$T"/hub.mail/* | wc -l)" \
	'the message is the same everywhere'

# personal copies are all delivered by the first
{
	printf '%s\n' 'From: X <X@frecp11.example>' '' '//PERS JOB Echo=No' \
		'DISTRIBUTE MAIL' '//TO DD *' 'a@cearn.example Anna A.' \
		'b@dearn.example' '/*' '//DATA DD *,EOF' \
		'From: X@frecp11.example' 'To: all@frecp11.example' \
		'Subject: R&D &NAME;' '' 'R&D &*TO; &NAME;'
} | lsv-inject -f X@frecp11.example LISTSERV@frecp11.example
ok 'copies of their own arrive' wait_for 60 arrived 10
is "$(grep 'R&D' "$T/hub" | cut -f1,2,4 | sort)" \
	'frecp11.example	a@cearn.example	"Anna A." <a@cearn.example>
frecp11.example	b@dearn.example	<b@dearn.example>' 'with their own To, directly'
grep -l '^Subject: R&D &NAME;$' "$T"/hub.mail/* |
	xargs -n 1 tail -n 1 >"$T/last"
is "$(sort -u "$T/last")" 'R&D &*TO; &NAME;' 'and every & of the message'

# a list at FRECP11 with subscribers everywhere, while programs are killed
lsv-list create NEWS-L --owner owner@frecp11.example >/dev/null
for i in $(seq 1 300); do
	set -- cearn czhrzu1a neuvm1 ibacsata earnet psuvm frecp11 dearn dkearn
	shift $((i % 9))
	echo "u$i@$1.example"
done >"$T/subscribers"
ok 'a list of 300' lsv-list import NEWS-L "$T/subscribers"
: >"$T/hub"
(
	end=$(($(date +%s) + 12))
	while [ "$(date +%s)" -lt $end ]; do
		at "$(echo "$servers" | xargs -n 1 | shuf -n 1)"
		pid=$(lsv-service status 2>/dev/null | sed -nE \
			's/^lsv-(score|route|command|peer) .* process ([0-9]+),.*/\2/p' |
			shuf -n 1)
		[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null && echo killed
		sleep 0.3
	done >"$T/killed"
) &
killer=$!
at frecp11.example
for k in 1 2 3; do
	printf '%s\n' 'From: owner@frecp11.example' 'To: NEWS-L@frecp11.example' \
		"Subject: news $k" '' "text $k" |
		lsv-inject -f owner@frecp11.example NEWS-L@frecp11.example
done
wait $killer
diag "$(wc -l <"$T/killed") programs were killed"
ok 'three postings arrive at all of them' wait_for 120 arrived 900
sleep 2
is "$(grep -vi '	listserv@' "$T/hub" | cut -f2,3 | sort | uniq -d | wc -l)" 0 \
	'no recipient gets a copy twice'
is "$(grep -vci '	listserv@' "$T/hub")" 900 'and none is left out'
is "$(grep -vi '	listserv@' "$T/hub" | cut -f1 | sort -u | wc -l)" 5 \
	'each server has delivered its part'

done_testing
