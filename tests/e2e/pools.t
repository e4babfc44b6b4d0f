#!/bin/sh
# Delivery pools: every example of the tech tip that introduced them, with a
# relay for each of its hosts. Which relay got which mail?
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/fleet.sh"

for name in scooby scrappy shaggy org com spare; do
	relay $name
done
scooby=$(at scooby) scrappy=$(at scrappy) shaggy=$(at shaggy)
org=$(at org) com=$(at com)
tree_make "${scooby#*:}"

# with_header NAME RECIPIENT LINE... - a list with header lines and one
# subscriber
with_header() {
	header_name=$1 header_rcpt=$2
	shift 2
	list "$header_name" "$@"
	echo "$header_rcpt@example.net" | subscribe "$header_name"
}

# configured LINE... - another site.cfg, in force
configured() {
	tree_config "$@"
	lsv-service reload
}

forget() {
	for name in scooby scrappy shaggy org com spare; do
		: >"$T/fleet/$name.taken"
	done
}

# posted LIST... - a posting to each, all over
posted() {
	for name; do
		letter "to $name" | to "$name"
	done
	finished 15
}

# refused NAME - a posting that is answered with a rejection
refused() {
	letter 'by a stranger' | post "$1@example.com" "closed@$node"
	wait_for 10 replied "$1"
}
replied() {
	cat "$T"/fleet/*.taken | cut -f 2 | grep -qx "$1@example.com"
}

with_header usual u1
with_header emergency e1 'Delivery-Pool= B'
with_header closed c1 'Send= Private'

# --- two hosts, no pools ---------------------------------------------------

tree_config "SMTP_FORWARD_1=2*$scooby" "SMTP_FORWARD_2=$scrappy"
ok 'the services start' tree_up
ok 'two hosts share the mail of all pools' posted usual emergency
is "$(($(letters scooby) + $(letters scrappy)))" 2 'between them'
unlike "$(log lsv-smtpw)" ' fallback ' 'no pool needs the fallback'

# --- the emergency list ----------------------------------------------------

forget
ok 'an emergency list in a pool of its own' configured DEFAULT_LIST_POOL=A \
	"SMTP_FORWARD_1=2*$scooby;POOL=A-" "SMTP_FORWARD_2=$scrappy;POOL=B"
ok 'postings to both lists' posted usual emergency
is "$(got scooby)" 'u1@example.net ' 'the usual list goes through SCOOBY'
is "$(got scrappy)" 'e1@example.net ' 'the emergency list through SCRAPPY'
ok 'a posting is refused' refused eve
is "$(got scooby '<>')" 'eve@example.com ' 'the answer goes through SCOOBY, too'
like "$(log lsv-smtpw)" 'fallback worker=0[.]1 .*pools=CDEFGHIJKLMNOPQRSTUVWXYZ' \
	'the pools that nobody serves are named'

# A pool whose host hangs holds up no other.
relay_end scooby
relay scooby --on connect=silent
forget
letter stuck | to usual
letter urgent | to emergency
urgent() {
	[ "$(got scrappy)" = 'e1@example.net ' ]
}
ok 'the emergency list does not wait behind a host that hangs' \
	wait_for 5 urgent
relay_end scooby
relay scooby
ok 'the usual list gets its mail when it is back' finished 25

# --- virtual domains -------------------------------------------------------

virtual="MYDOMAIN=$node listserv.example.org listserv.example.com"
tree_config "$virtual" DEFAULT_LIST_POOL=A "SMTP_FORWARD_1=$org;POOL=A-" \
	"SMTP_FORWARD_2=$com;POOL=B"
with_header first f1 'List-Address= LISTSERV.EXAMPLE.ORG' 'Delivery-Pool= A'
with_header second s1 'List-Address= LISTSERV.EXAMPLE.COM' 'Delivery-Pool= B'
forget
ok 'a relay for each domain' lsv-service reload
letter 'first' | post joe@example.com first@listserv.example.org
echo first >>"$T/jobs"
letter 'second' | post joe@example.com second@listserv.example.com
echo second >>"$T/jobs"
both() {
	[ "$(letters org) $(letters com)" = '1 1' ]
}
ok 'postings to two domains' wait_for 10 both
is "$(got org)" 'f1@example.net ' 'EXAMPLE.ORG goes through its relay'
is "$(got com)" 's1@example.net ' 'EXAMPLE.COM goes through its own'

# --- backscatter -----------------------------------------------------------

forget
ok 'answers through a relay of their own' configured DEFAULT_LIST_POOL=A \
	"SMTP_FORWARD_1=2*$scooby;POOL=A" "SMTP_FORWARD_2=$scrappy;POOL=B" \
	"SMTP_FORWARD_3=$shaggy;POOL=-"
ok 'a posting to each list' posted usual emergency
ok 'and one is refused' refused adam
is "$(got scooby)" 'u1@example.net ' 'lists through SCOOBY'
is "$(got scrappy)" 'e1@example.net ' 'those of pool B through SCRAPPY'
is "$(got shaggy)" 'adam@example.com ' 'answers through SHAGGY'

# --- Delivery-Pool=B,A -----------------------------------------------------

with_header parted r550.p1 'Delivery-Pool= B,A'
forget
letter 'two pools' | to parted
reported() {
	got scooby '<>' | grep -q "owner-parted@\|$owner"
}
ok 'a posting that fails' wait_for 10 reported
is "$(got scrappy | grep -c p1)" 0 'nobody got it'
like "$(log lsv-smtpw | grep ' failed=1 ')" "host=$scrappy" \
	'the posting was tried through pool B'
is "$(got shaggy)" '' 'nothing of the list goes through pool -'

# --- no worker for a pool --------------------------------------------------

forget
tree_config DEFAULT_LIST_POOL=C "SMTP_FORWARD_1=$org;POOL=A-" \
	"SMTP_FORWARD_2=$com;POOL=B"
like "$(cat "$T/config")" 'pool C' 'lsv-config warns of a pool without a worker'
ok 'it is put in force' lsv-service reload
letter 'unserved' | to usual
unserved() {
	[ "$(got scooby)" = 'u1@example.net ' ]
}
ok 'its mail goes through SMTP_FORWARD' wait_for 10 unserved
like "$(log lsv-smtpw)" ' sent .*worker=0[.]1' 'by the worker 0.1'
bad=0
for name in scooby scrappy shaggy org com spare; do
	relay_end $name || bad=$((bad + 1))
done
is $bad 0 'no relay saw a broken rule'
done_testing
