#!/bin/sh
# Passwords that lsv-smtpw cannot read: for want of descriptors it ends, to be
# started again; what a person has to mend stops no other mail.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

command -v strace >/dev/null || skip_all 'there is no strace'

tree_make "$(free_port)" 'SMTP_FORWARD_1="127.0.0.1:1;AUTH=us;POOL=A"' \
	'SMTP_FORWARD_2="127.0.0.1:1;POOL=B"'
echo 'us joe secret' >"$LSV_ETC/auth"
chmod 640 "$LSV_ETC/auth"
[ "$(id -u)" != 0 ] || chown lsvsmtp "$LSV_ETC/auth"

# begins ERROR - lsv-smtpw, whose first open of the passwords fails so; it is
# ended once it is ready
begins() {
	run timeout -s TERM 3 strace -qq -o "$T/strace" -P "$LSV_ETC/auth" \
		-e trace=openat -e "inject=openat:error=$1:when=1" \
		env ${tree_user:+s6-setuidgid "$tree_user"} lsv-smtpw -d 3 3>"$T/ready"
}

tree_user=
[ "$(id -u)" != 0 ] || tree_user=lsvsmtp

begins EMFILE
is "$status" 111 'without descriptors it ends, and is started again'
like "$(cat "$T/err")" 'unable to read .*/auth: Too many open files' \
	'it says why'
is "$(wc -c <"$T/ready")" 0 'it was not ready'
begins EACCES
like "$(cat "$T/err")" 'unable to read .*/auth: Permission denied' \
	'where it may not read them that is said'
is "$(wc -c <"$T/ready")" 1 'and other mail goes on'
done_testing
