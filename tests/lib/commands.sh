# shellcheck shell=sh disable=SC2034 # for the test
# commands.sh - mail with jobs, from lsv-inject to what lsv-command hands to
# lsv-route; read after tap.sh, in a namespace where all files belong to one user
#
#   commands_make [LINE...]   the roots, with LINEs in site.cfg
#   commands_config [LINE...] another site.cfg, applied
#   network DIR SELF          the table of tests/data/network/DIR
#   job FROM [FIELD...]       the text in $T/text, sent and executed; $env is its
#                             envelope sender when that is another.  The reply, if
#                             any, is in $T/file
#   text LINE...              what $T/text is
#   execute                   what waits; $count files are made
#   pick REASON [N], pick_class CLASS [N]
#                             the N-th (first) file of those made, into $T/file
#   value KEY                 of its head
#   rows                      how many there are
#   field NAME                of its message
#   body                      of its message
#   table                     its rows
#   cookie                    the code in the mail that was picked
#   confirmed ADDRESS         answers the mail that asked, with OK
#   password ADDRESS WORD     gives somebody a password

commands_config() {
	{
		echo "NODE=$host"
		echo 'POSTMASTER="ann@example.net Hide: secret@example.net"'
		echo 'SMTP_FORWARD=127.0.0.1'
		echo 'SPAM_DELAY=0'
		echo 'COMMAND_MAX=100000'
		for line; do
			echo "$line"
		done
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

commands_make() {
	host=${host-lists.example.org}
	listserv=listserv@$host
	command=$LSV_SPOOL/command
	route=$LSV_SPOOL/route
	log=$T/err
	n=0
	inboxes score route command
	mkdir "$command/out" "$command/wait"
	mkdir -m 700 "$LSV_LIB/command"
	commands_config "$@"
}

network() {
	mkdir -p "$LSV_LIB/network"
	lsv-table network --dir "$TOP/tests/data/network/$1" --self "$2" \
		-o "$LSV_LIB/network/network.cdb" >"$T/network" 2>&1 ||
		diag "$(cat "$T/network")"
}

text() {
	printf '%s\n' "$@" >"$T/text"
}

files() {
	find "$1" -type f | wc -l
}

execute() {
	rm -f "$route"/new/*
	run lsv-command -1
	count=$(files "$route/new")
}

mail() {
	n=$((n + 1))
	mail_from=$1
	shift
	{
		echo "From: $mail_from"
		echo "To: $listserv"
		echo "Subject: ${about-a job}"
		echo "Message-ID: <test$n@example.com>"
		for line; do
			printf '%s\n' "$line"
		done
		echo
		cat "$T/text"
	} >"$T/m"
	lsv-inject -f "${env-$(expr "$mail_from" : '.*<\(.*\)>' \| "$mail_from")}" \
		"$listserv" <"$T/m" && lsv-score -1 2>"$T/score"
}

job() {
	mail "$@"
	execute
	pick reply
}

picked() {
	: >"$T/file"
	picked_skip=$2
	for f in "$route"/new/*; do
		sed '/^end$/q' "$f" 2>/dev/null | grep -aq "^$1\$" || continue
		picked_skip=$((picked_skip - 1))
		[ $picked_skip = 0 ] || continue
		cp "$f" "$T/raw"
		tr -d '\r' <"$f" >"$T/file"
		return 0
	done
	return 1
}

pick() {
	picked "reason: $1" "${2:-1}"
}

pick_class() {
	picked "class: $1" "${2:-1}"
}

value() {
	sed -n "/^end\$/q;s/^$1: //p" "$T/file"
}

rows() {
	value rows | sed 's/^0*//'
}

# rows of the table are no part of the message
message() {
	sed '1,/^end$/d' "$T/file" | tail -n "+$(($(rows) + 1))"
}

table() {
	sed '1,/^end$/d' "$T/file" | head -n "$(rows)"
}

field() {
	message | sed -n "/^\$/q;s/^$1: //p"
}

body() {
	message | sed '1,/^$/d'
}

says() {
	like "$(body)" "$1" "$2"
}

cookie() {
	field Subject | sed -n 's/.*(\([0-9A-F]*\)).*/\1/p'
}

confirmed() {
	pick confirm
	text "OK $(cookie)"
	job "$1"
}

password() {
	text "PW ADD $2"
	job "$1"
	confirmed "$1"
}
