#!/bin/sh
# Filter=, Safe=, FILTER_ALSO and FILTER_ALLOW: who may not post
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/score.sh"

score_make
list plain >/dev/null
list unsafe 'Safe= No' 'Loopcheck= Noorigin' >/dev/null
list also 'Filter= Also,*@HOST2.EDU,*@*.xyz.edu' \
	'Filter= X400MAIL@*,Allow,niceguy@host2.edu' >/dev/null
list only 'Filter= Only,*@host2.edu' 'Loopcheck= None' >/dev/null
list safe 'Filter= Safe,Allow,root@host1.edu' >/dev/null
list idn 'Filter= Also,*@bücher.example' >/dev/null
list crowd 'Filter= Also,*spam*@*' 'Send= Private' >/dev/null

# from NAME LIST AUTHOR REGEX
from() {
	author=$3
	come "envelope$n@example.com" "$2"
	judged "$1" "$4"
}

# --- what a header may say -------------------------------------------------

for wrong in 'Filter= *@host2.edu' 'Filter= Also,>*@host2.edu' \
	'Filter= Only,a b@c' 'Filter= Sometimes' 'Safe= Perhaps'; do
	printf '* Wrong\n* Owner= ann@example.net\n* %s\n' "$wrong" >"$T/header"
	run lsv-list header put plain "$T/header"
	is "$status" 100 "$wrong is refused"
done
like "$(cat "$T/err")" 'line 3: Safe= is Yes or No' 'with line and reason'
run score_config 'FILTER_ALSO="*@ok.example >*@badnode.example"'
like "$(cat "$T/config")" "FILTER_ALSO: a pattern of a filter has no '>'" \
	'a FILTER_ALSO with a pattern that is none as well'
score_config

# --- the built-in filters --------------------------------------------------

from 'a person may post' plain joe@example.com 'list=PLAIN rule=accepted'
from 'root may' plain root@example.com 'rule=accepted'
from 'a list server may not' plain ListServ@example.com \
	'list=PLAIN rule=filtered act=drop'
unlike "$line" 'unanswered=' 'and nobody is told: it is a program'
from 'nor may majordomo' plain majordomo@example.com 'rule=filtered act=drop'
from 'an unsafe list takes nothing from root' unsafe root@example.com \
	'list=UNSAFE rule=filtered act=drop'
from 'and from bounces of lists' unsafe x-bounces@example.com \
	'rule=filtered act=drop'
from 'and joe still may' unsafe joe@example.com 'rule=accepted'

# --- Filter= ---------------------------------------------------------------

from 'Also adds a host' also joe@host2.edu 'list=ALSO rule=filtered act=reply'
like "$(made)" 'mail from its author is not taken here' \
	'a person is told why'
from 'but for who is allowed' also NiceGuy@HOST2.edu 'rule=accepted'
from 'a domain below' also joe@sub.xyz.edu 'rule=filtered act=reply'
from 'not the domain itself' also joe@xyz.edu 'rule=accepted'
from 'a user anywhere' also x400mail@any.example 'rule=filtered act=reply'
from 'besides the built-in one' also listserv@any.example \
	'rule=filtered act=drop'
from 'Only has its own alone' only listserv@any.example 'rule=accepted'
from 'and root' only root@any.example 'rule=accepted'
from 'and stops what it names' only root@host2.edu 'rule=filtered act=reply'
from 'Safe has the safe one' safe root@host2.edu 'rule=filtered act=drop'
from 'but for who is allowed there' safe root@host1.edu 'rule=accepted'
from 'domains are compared as A-labels' idn joe@xn--bcher-kva.example \
	'rule=filtered act=reply'
from 'in both forms' idn joe@BÜCHER.example 'rule=filtered act=reply'
from 'a pattern may have a * anywhere' crowd 'joe.spammer@any.example' \
	'rule=filtered act=reply'

# --- which address ---------------------------------------------------------

author=
plain=1
come x1@example.com also 'From: "joe@host2.edu" <joe@example.com>'
judged 'a name that looks like an address is none' 'rule=accepted'
come x2@example.com also 'From: joe@example.com, =?utf-8?q?x?= <joe@host2.edu>'
judged 'each of several authors counts' 'rule=filtered'
come x3@example.com also 'From: crew: a@b.example, joe@(x)host2.edu;'
judged 'also in a group, with comments' 'rule=filtered'
come x4@example.com also 'From: joe@example.com' 'Sender: joe@host2.edu'
judged 'Sender does not' 'rule=accepted'
come joe@host2.edu also 'From: joe@example.com'
judged 'nor does the envelope' 'rule=accepted'
come x5@example.com also 'Subject: no author'
judged 'without any author nothing is filtered' 'rule=accepted'
come x6@example.com also "From: $(yes '<a@b.example>,' |
	head -n 2000 | fold -w 900 | sed '2,$s/^/ /') joe@host2.edu"
judged 'the last of two thousand counts' 'rule=filtered'
come '' also 'From: joe@host2.edu'
judged 'an error report is no posting' 'rule=bounce act=forward'
come x7@example.com also 'From: joe@host2.edu' 'Auto-Submitted: auto-generated'
judged 'an automatic message is not answered' \
	'rule=filtered act=drop unanswered=automatic'
plain=

# --- the site --------------------------------------------------------------

score_config \
	'FILTER_ALSO="*@BADNODE.COM OBNOXUSR@SOMEHOST.NET badhost.example"' \
	'FILTER_ALLOW="listserv@friend.example *@badnode.com"' REPLY_MAX=10
from 'FILTER_ALSO holds on every list' plain joe@badnode.com \
	'rule=filtered act=reply'
from 'also with Only' only obnoxusr@somehost.net 'rule=filtered act=reply'
from 'an entry without @ is a host' plain joe@badhost.example 'rule=filtered'
from 'FILTER_ALLOW exempts from the built-in filter' plain \
	listserv@friend.example 'rule=accepted'
from 'not those of others' plain listserv@enemy.example 'rule=filtered act=drop'
author=joe@badnode.com
come x8@example.com listserv
judged 'FILTER_ALSO holds for commands' \
	'class=command .*rule=filtered act=reply'
like "$(made)" 'nothing was done:' 'and says that nothing was done'
like "$(made)" '^mail from its author is not taken here' 'and why'
unlike "$(made)" 'yet' 'and nothing else'
author=root@example.com
come x9@example.com unsafe-request
judged 'commands get the minimal filter' 'class=command .*rule=command act=pass'
author=joe@host2.edu
come x10@example.com also-request
judged 'and not that of the list' 'class=command .*rule=command act=pass'
author=majordomo@example.com
come x11@example.com listserv
judged 'programs may not command' 'class=command .*rule=filtered act=drop'
author=joe@badnode.com
come x12@example.com owner-plain
judged 'what comes to owner- is not filtered' 'class=bounce .*rule=bounce'

# --- the configuration changes ---------------------------------------------

score_config
from 'what is not set any more does not hold' plain joe@badnode.com \
	'rule=accepted'
printf '* Now\n* Owner= ann@example.net\n* Filter= Also,*@now.example\n' \
	>"$T/header"
ok 'a header gets a filter' lsv-list header put plain "$T/header"
from 'it holds at once' plain joe@now.example 'list=PLAIN rule=filtered'

done_testing
