# shellcheck shell=sh disable=SC2034 # for the test
# mta.sh - a mail server that is unpacked under build/deps and not installed,
# in a mount namespace of its own: nothing of the system is touched; read after
# tree.sh, as root
#
#   mta_needs NAME PROGRAM    skips the whole file unless we are root and can
#                    run PROGRAM, which is its path below build/deps: $mta_prog
#   mta_lists KIND   the host that it gives all other mail to, $in_port for
#                    itself, and an lsv with the list test; what lsv-list
#                    aliases KIND prints while there is a list away as well is
#                    in $T/aliases and, with --map, in $T/map
#   mta_section TITLE         prints the part of $T/aliases for that file
#   mta_etc          $T/etc becomes a copy of /etc, for it to have
#   mta_user NAME    a user of the system of that name, there only
#   mta_exim, mta_opensmtpd   what these need: $T/etc, users, $T/mta.mounts
#   mta_start COMMAND...      in the namespace, where $T/etc is /etc, and
#                    /run, /var/spool, /var/lib and /usr/libexec are empty but
#                    for what $T/mta.mounts, a script, puts there; it is ended
#                    when the test ends, with all that it has started
#   mta COMMAND...   another command in the same namespace
#   mta_answers      exits 0 when it takes mail
#   send FROM TO <MESSAGE     by SMTP to 127.0.0.1, port $in_port
#   took N           exits 0 when the host took mail for N recipients
#   spool_close, spool_open   nobody can give lsv mail; as it was
#
# What is expected of all of them, as tests; the host took nothing before:
#   mta_takes_postings        the first recipients are those of list test, 2
#   mta_refuses_unknown TEXT  1 more; a line of the bounce has TEXT
#   mta_takes_owner ADDRESS   1 more
#   mta_keeps_all N  at the end: each of list test got N postings, each exactly
#                    once

mta_pid=

mta_needs() {
	is_root || skip_all "only root can start $1"
	mta_prog=$TOP/build/deps/$2
	[ -x "$mta_prog" ] ||
		skip_all "no $1 under build/deps (configure --with-deps)"
	if ldd "$mta_prog" | grep -q 'not found'; then
		skip_all "a library of $1 is missing (configure --with-deps)"
	fi
}

mta_lists() {
	in_port=$(free_port)
	host --delay 0
	tree_make "$port"
	with test one two
	list away
	lsv-list aliases "$1" >"$T/aliases"
	lsv-list aliases "$1" --map >"$T/map"
	lsv-list delete away
}

mta_section() {
	awk -v title="$1" '/^# ---/ { on = index($0, title) > 0 } on' \
		"$T/aliases"
}

mta_etc() {
	mkdir "$T/etc" &&
		tar -C /etc --exclude=./ssl/private -cf - . |
		tar -C "$T/etc" -xf -
}

mta_user() {
	mta_ids=$((mta_ids + 1))
	echo "$1:x:$mta_ids:$mta_ids::/nonexistent:/usr/sbin/nologin" \
		>>"$T/etc/passwd"
	echo "$1:x:$mta_ids:" >>"$T/etc/group"
}
mta_ids=64100

mta_exim() {
	mta_etc
	mta_user Debian-exim
	mkdir -p "$T/etc/exim4"
	cat >"$T/mta.mounts" <<-X
		mkdir /run/exim /var/spool/exim4 /var/spool/exim4/log
		install -m 4755 '$mta_prog' /run/exim/exim4
		chown Debian-exim /var/spool/exim4 /var/spool/exim4/log
	X
}

mta_opensmtpd() {
	mta_deps=$TOP/build/deps/opensmtpd
	mta_etc
	mta_user opensmtpd
	mta_user opensmtpq
	cat >"$T/mta.mounts" <<-X
		mkdir -p /var/spool/smtpd /var/lib/opensmtpd/empty /run/smtpd
		chmod 711 /var/spool/smtpd
		cp -r '$mta_deps/usr/libexec/opensmtpd' /usr/libexec/
		cp '$mta_prog' /run/smtpd/
		install -g opensmtpq -m 2755 '$mta_deps/usr/sbin/smtpctl' /run/smtpd/
	X
}

# A process namespace as well: what it leaves behind ends with it.
mta_start() {
	cat >"$T/mta.sh" <<-X
		set -e
		mount --bind '$T/etc' /etc
		for dir in /run /var/spool /var/lib /usr/libexec; do
			mount -t tmpfs -o mode=755,suid tmpfs \$dir
		done
		. '$T/mta.mounts'
		exec "\$@"
	X
	unshare -m -p -f --kill-child --mount-proc sh "$T/mta.sh" "$@" \
		>"$T/mta.out" 2>&1 &
	mta_pid=$!
}

mta_inside() {
	pgrep -P "$mta_pid"
}

mta() {
	nsenter -t "$(mta_inside)" -m -p "$@"
}

mta_end() {
	[ -n "$mta_pid" ] || return 0
	kill -9 "$(mta_inside)" 2>/dev/null
	wait "$mta_pid" 2>/dev/null
	mta_pid=
}
at_exit mta_end

mta_answers() {
	python3 - "$in_port" <<-X
		import smtplib, sys
		smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=5).quit()
	X
}

send() {
	sed 's/$/\r/' >"$T/wire"
	python3 - "$in_port" "$1" "$2" "$T/wire" <<-X
		import smtplib, sys
		with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=10) as s:
		    s.sendmail(*sys.argv[2:4], open(sys.argv[4], "rb").read())
	X
}

took() {
	[ "$(taken | wc -l)" = "$1" ]
}

spool_close() {
	chmod 700 "$LSV_SPOOL/score/new"
	chown root:root "$LSV_SPOOL/score/new"
}

spool_open() {
	chown lsvscore:lsvin "$LSV_SPOOL/score/new"
	chmod 3770 "$LSV_SPOOL/score/new"
}

mta_post() {
	send joe@example.com "test@$node" <"$T/posting"
}

mta_takes_postings() {
	{
		letter 'a posting'
		printf '.\n..two\nFrom here\ncaf\303\251\n'
	} >"$T/posting"
	ok 'a posting is sent by SMTP' mta_post
	ok 'and goes to all' wait_for 15 took 2
	is "$(taken "owner-test@$node" | tr '\n' ' ')" \
		'one@example.net two@example.net ' 'from the owner- address'
	sed '1,/^\r$/d' "$T/saved/1.eml" | tr -d '\r' >"$T/body"
	sed '1,/^$/d' "$T/posting" >"$T/want"
	ok 'its body is the same to the byte' cmp "$T/want" "$T/body"
}

mta_refuses_unknown() {
	letter 'for a list that is gone' | send joe@example.com "away@$node"
	ok 'mail for an unknown list comes back' wait_for 15 took 3
	is "$(taken '<>')" joe@example.com 'to its sender'
	like "$(tr -d '\r' <"$T/saved/2.eml")" "$1" 'and says why'
}

mta_takes_owner() {
	letter odd | send joe@example.com "$1"
	ok 'an odd address of the owners is taken' wait_for 15 took 4
	like "$(taken)" "^$owner\$" 'and goes to them'
}

mta_keeps_all() {
	is "$(taken "owner-test@$node" | uniq -c | tr -s ' \n' ' ')" \
		" $1 one@example.net $1 two@example.net " \
		'each has each posting exactly once'
	is "$(cut -f 2,5 "$T/taken" | sort | uniq -d)" '' 'nobody has one twice'
	mta_end
	host_end
	is "$(cat "$T/host.err")" '' 'the smart host has nothing to complain of'
}
