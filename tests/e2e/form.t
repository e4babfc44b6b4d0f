#!/bin/sh
# The form in which mail leaves: CRLF and nothing else, dots doubled, no line
# over 998 bytes, one message for one; and what a relay cannot take fails with
# the code that says so.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

mkdir "$T/sent" "$T/want"
cat >"$T/form.py" <<'PY'
"""form.py make: the messages; form.py check: what came of them"""
import os
import random
import re
import sys

T = sys.argv[1]
LONG = 998
MIME = b"MIME-Version: 1.0\n"
EVIL = (b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.net>\r\n"
        b"DATA\r\nSubject: evil\r\n\r\nevil\r\n.\r\n")
END = {  # what some hosts took, or take, for the end of a message
    "lf-dot-lf": b"\n.\n", "cr-dot-cr": b"\r.\r", "lf-dot-crlf": b"\n.\r\n",
    "crlf-dot-lf": b"\r\n.\n", "crlf-dot-cr": b"\r\n.\r",
    "cr-dot-crlf": b"\r.\r\n", "lf-dot-cr": b"\n.\r", "cr-dot-lf": b"\r.\n",
    "cr-lf-dot-crcrlf": b"\r\n.\r\r\n", "crcrlf-dot-crlf": b"\r\r\n.\r\n",
    "crcrlf-dot-crcrlf": b"\r\r\n.\r\r\n", "crlf-dot-crlf": b"\r\n.\r\n",
    "lfcr-dot-lfcr": b"\n\r.\n\r", "two-dots": b"\r\n..\r\n",
}


def wire(body):
    body = re.sub(rb"\r\n|\r", b"\n", body)
    if body and not body.endswith(b"\n"):
        body += b"\n"
    return body.replace(b"\n", b"\r\n")


def message(name, body, want, head=b""):
    with open("%s/sent/%s" % (T, name), "wb") as f:
        f.write(b"From: joe@example.com\nSubject: %s\nMessage-ID: <%s@x>\n"
                % (name.encode(), name.encode()) + head + b"\n" + body)
    with open("%s/want/%s" % (T, name), "wb") as f:
        f.write(wire(want))


def part(kind, code, body):
    return (b"--b\nContent-Type: %s\nContent-Transfer-Encoding: %s\n\n%s\n"
            % (kind, code, body))


def encoded(code, kind=b"text/plain"):
    return (MIME + b"Content-Type: %s\nContent-Transfer-Encoding: %s\n"
            % (kind, code))


def make():
    words = b"four " * 500
    euro = "\u20ac".encode() * 400
    message("line-998", b"x" * LONG, b"x" * LONG)
    message("line-999", b"x" * 999, b"x" * LONG + b"\n x")
    message("words", words, b"four" + b" four" * 198 + b"\n"
            + b" four" * 199 + b"\n" + b" four" * 102 + b" ")
    message("no-blank", b"x" * 3000,
            b"\n ".join([b"x" * LONG, b"x" * 997, b"x" * 997, b"x" * 8]))
    message("html", euro, b"\n ".join([euro[:996], euro[996:]]),
            encoded(b"8bit", b"text/html; charset=utf-8"))
    message("line-64k", b"x" * 65000,
            b"x" * LONG + b"".join(b"\n " + b"x" * 997 for _ in range(64))
            + b"\n " + b"x" * (65000 - LONG - 64 * 997))
    message("quoted", b"=3D" * 1000,
            b"=\n".join([b"=3D" * 332] * 3 + [b"=3D" * 4]),
            encoded(b"quoted-printable"))
    message("base64", b"QUJD" * 500,
            b"\n".join([(b"QUJD" * 500)[:998], (b"QUJD" * 500)[998:1996],
                        (b"QUJD" * 500)[1996:]]),
            encoded(b"base64", b"application/pdf"))
    two = part(b"text/plain", b"7bit", b"a" * 999) + part(
        b"image/png", b"base64", b"C" * 999) + b"--b--\n"
    message("multipart", two,
            two.replace(b"a" * 999, b"a" * LONG + b"\n a").replace(
                b"C" * 999, b"C" * LONG + b"\nC"),
            MIME + b"Content-Type: multipart/mixed; boundary=b\n")
    message("large", b"y" * 999 + b"\n" + b"line\n" * 60000 + b"z" * 999,
            b"y" * LONG + b"\n y\n" + b"line\n" * 60000 + b"z" * LONG + b"\n z")
    message("dkim", b"x" * 999, b"x" * LONG + b"\n x",
            b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; h=from;\n"
            b" bh=AAAA; b=AAAA\n")
    message("long-field", b"body", b"body", b"X-Long:" + b" word" * 600 + b"\n")
    for name, end in END.items():
        body = b"before" + end + EVIL
        message("end-" + name, body, body)
    rand = random.Random(29)
    for i in range(60):
        body = b"".join(rand.choice([
            b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"DATA", b"\xff", b" ",
            b"\t", b"QUIT", EVIL]) for _ in range(rand.randrange(200)))
        message("random-%d" % i, body, body)


def got():
    found = {}
    for name in sorted(os.listdir(T + "/saved")):
        with open(T + "/saved/" + name, "rb") as f:
            head, _, body = f.read().partition(b"\r\n\r\n")
        subject = re.search(rb"^Subject: (\S+)", head, re.M)
        found.setdefault(subject[1].decode(), []).append((head, body))
    return found


def check():
    found = got()
    for name in sorted(os.listdir(T + "/want")):
        with open(T + "/want/" + name, "rb") as f:
            want = f.read()
        came = found.get(name, [])
        said = "same"
        if len(came) != 1:
            said = "%d came" % len(came)
        elif came[0][1] != want:
            said = "other: %r" % came[0][1][:300]
        elif max(map(len, b"\r\n".join(came[0]).split(b"\r\n"))) > LONG:
            said = "too long"
        elif re.search(rb"\r(?!\n)|(?<!\r)\n|\0", b"\r\n\r\n".join(came[0])):
            said = "bare"
        print(name, said)
    head = found["long-field"][0][0]
    field = re.search(rb"X-Long:((?: word)+\r\n)+", head)
    print("field", "folded" if field else head)


{"make": make, "check": check}[sys.argv[2]]()
PY
python3 "$T/form.py" "$T" make

# status_of LIST - the status in the report about its last posting
status_of() {
	wait_for 10 reported "$1" || echo none
	sed -n 's/^Status: \([0-9.]*\).*/\1/p' "$(reports "$1" | tail -n 1)"
}
reports() {
	grep -l "^To: owner-$1@" /dev/null "$T"/saved/*.eml 2>/dev/null
}
reported() {
	[ -n "$(reports "$1")" ]
}

# refreshed OPTION... - another host, which starts with nothing taken
refreshed() {
	host_end
	rm -rf "$T/taken" "$T/trace" "$T/saved"
	host "$@"
}

send_all() {
	for name in "$T"/sent/*; do
		to one <"$name" || return 1
	done
}

# compare WAY - what came of all messages that way
compare() {
	python3 "$T/form.py" "$T" check >"$T/checked"
	while read -r name said; do
		case $name in
		random-*) ;;
		field) is "$said" folded "$1: a field over 998 bytes is folded" ;;
		*) is "$said" same "$1: $name" ;;
		esac
	done <"$T/checked"
	is "$(grep -c '^random-.* same$' "$T/checked")" 60 \
		"$1: 60 messages of line ends, dots and commands"
	is "$(taken | grep -c victim)" 0 "$1: nothing was smuggled"
}

port=$(free_port)
# what differs in its line ends only is the same text to lsv-score
tree_make "$port" RETRY_MAX=300ms DEFAULT_LOOPCHECK=None
list one
lsv-list add one a@example.net >"$T/added"
ok 'the services start' tree_up

host
ok 'messages of every form are taken' send_all
ok 'and leave by DATA' finished 60
compare DATA
is "$(log lsv-route | grep -c ' folded lines=')" 10 \
	'what was folded is in the log'
like "$(log lsv-route)" ' folded lines=2$' 'with the number of lines'

refreshed --chunking
sed -i 's/^Message-ID: </&again-/' "$T"/sent/*
ok 'the same once more' send_all
ok 'leaves by BDAT' finished 60
like "$(cat "$T/trace")" '> BDAT' 'it does'
compare BDAT

# --- what is refused at once -------------------------------------------------

# refused NAME CODE HEAD BODY - 65 with that code; BODY is Python
refused() {
	python3 - "$3" >"$T/m" <<-PY
		import sys
		sys.stdout.buffer.write(b"From: joe@example.com\nSubject: bad\n" +
		    sys.argv[1].encode() + b"\n" + $4)
	PY
	run post joe@example.com "one@$node" <"$T/m"
	is "$status" 65 "$1: refused"
	like "$(cat "$T/err")" "^$2 " "$1: $2"
}
nl='
'
refused 'a field of 999 bytes without a blank' 5.6.0 "X: $(printf %0999d 0)$nl" \
	'b""'
refused 'a field of 1 MiB' 5.6.0 '' 'b"X: " + b"x" * (1 << 20)'
refused '8-bit that is no text' 5.6.3 "Content-Type: image/png$nl" \
	'b"\xe9" * 999'
refused 'binary' 5.6.3 "Content-Transfer-Encoding: binary$nl" 'b"x" * 999'
refused 'a signed text' 5.6.3 \
	"Content-Type: multipart/signed; boundary=s$nl" \
	'b"--s\n\n" + b"x " * 600 + b"\n--s--\n"'
refused 'ISO-2022-JP' 5.6.3 \
	"Content-Type: text/plain; charset=iso-2022-jp$nl" \
	'b"\33\44B" + b"\44\"" * 600 + b"\33(B\n"'
refused 'a line of 1 MiB' 5.6.0 '' 'b"x" * (1 << 20)'
refused 'a line of 1 MiB in base64' 5.6.0 \
	"Content-Transfer-Encoding: base64$nl" 'b"QUJD" * (1 << 18)'
refused 'NUL' 5.6.0 '' 'b"a\0b\n"'
refused 'NUL before the dot' 5.6.0 '' 'b"a\r\n\0.\r\nMAIL FROM:<evil@x>\r\n"'

# --- what a relay cannot take ------------------------------------------------

# posting HEAD BODY - as of printf, a message of its own kind
posting() {
	printf 'From: joe@example.com\nMessage-ID: <%s@x>\n' "$(date +%s%N)"
	printf '%b\n%b\n' "$1" "$2"
}
refreshed --no-8bitmime
with eight a
posting 'Subject: 8-bit\n' 'caf\0303\0251' | to eight
ok '8-bit text for a relay without 8BITMIME' finished
is "$(status_of eight)" 5.6.3 'fails with 5.6.3'
is "$(taken)" "owner-eight@$node" 'and is not sent'

refreshed
with utf8 a
posting 'Subject: caf\0303\0251\n' 'text' | to utf8
ok 'a UTF-8 header for a relay without SMTPUTF8' finished
is "$(status_of utf8)" 5.6.9 'fails with 5.6.9'
is "$(taken)" "owner-utf8@$node" 'and is not sent'
with latin a
posting 'Subject: caf\0351\n' 'text' | to latin
ok 'a header in no known character set' finished
is "$(taken "owner-latin@$node")" a@example.net \
	'goes to any relay with 8BITMIME'

refreshed --smtputf8
posting 'Subject: caf\0303\0251\n' 'text \0303\0251' | to utf8
ok 'a UTF-8 header for a relay with SMTPUTF8' finished
like "$(cat "$T/trace")" '> MAIL FROM:<owner-utf8@.*BODY=8BITMIME SMTPUTF8' \
	'is sent, and said to be'
ok 'as it is' grep -q "$(printf '^Subject: caf\303\251')" "$T/saved/1.eml"
posting 'Subject: text\n' 'text \0303\0251' | to utf8
ok 'UTF-8 in the body alone' finished
unlike "$(grep '> MAIL' "$T/trace" | tail -n 1)" SMTPUTF8 'needs no SMTPUTF8'

refreshed --size 9000
with large a
{
	letter 'too large'
	yes "$(printf %0990d 0)" | head -n 9
} | to large
ok 'a message over SIZE' finished
is "$(status_of large)" 5.3.4 'fails with 5.3.4'
unlike "$(cat "$T/trace")" '> MAIL FROM:<owner-large@' 'and is not tried'

# --- addresses ---------------------------------------------------------------

list odd
umlaut=$(printf 'b\303\274cher')
long=$(printf '%064d' 0)@$(printf '%061d.%061d.%061d.abc' 1 2 3)
for address in "joe@$umlaut.example" \
	'"two words"@example.net' '"a@b"@example.net' '"\"q\\"@example.net' \
	"o'neil+x/y=z@example.net" 'joe@[192.0.2.1]' 'joe@[IPv6:2001:db8::1]' \
	"$long"; do
	ok "added: $address" lsv-list add odd "$address"
done
not_ok 'one byte too long' lsv-list add odd "${long}d"
not_ok 'a local part too long' \
	lsv-list add odd "$(printf '%065d' 0)@example.net"
not_ok 'a local part that is not ASCII' lsv-list add odd "$umlaut@example.net"
not_ok 'a quote that does not end' lsv-list add odd '"joe@example.net'
not_ok 'no address literal' lsv-list add odd 'joe@[999.0.2.1]'
refreshed
letter 'to odd addresses' | to odd
ok 'a posting to all of them' finished
cat >"$T/wanted" <<-TO
	"\"q\\\\"@example.net
	"a@b"@example.net
	"two words"@example.net
	$long
	joe@[192.0.2.1]
	joe@[ipv6:2001:db8::1]
	joe@xn--bcher-kva.example
	o'neil+x/y=z@example.net
TO
is "$(taken "owner-odd@$node")" "$(sort "$T/wanted")" \
	'reaches them, in normal form, the domain in ASCII'

# An answer goes to whoever wrote, whatever the address; its To names it.
ask() {
	letter 'a command' | sed "s/^From: .*/From: $1@example.net/" |
		post "$1@example.net" "listserv@$node"
}
failed() {
	grep -rqa '^F 0-0 000 5[.]6[.]9 ' "$LSV_SPOOL/done"
}
answered() {
	taken | grep -q "^$1@example[.]net"
}
ok 'a sender whose address is UTF-8' ask "$umlaut"
ok 'for a relay without SMTPUTF8: the answer fails with 5.6.9' \
	wait_for 10 failed
refreshed --smtputf8
ok 'another' ask "$umlaut-2"
ok 'for a relay with SMTPUTF8: it is sent' wait_for 10 answered "$umlaut-2"
like "$(cat "$T/trace")" '> MAIL FROM:<> .*SMTPUTF8' 'and said to be'

host_end
is "$(cat "$T/host.err")" '' 'no relay saw a broken rule'
is "$(find "$LSV_SPOOL/score/bad" "$LSV_SPOOL/route/bad" -type f | wc -l)" 0 \
	'nothing was set aside'
done_testing
