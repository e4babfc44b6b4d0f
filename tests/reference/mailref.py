"""mailref - the fields of a message and the addresses in them, read slowly

For spamref, which needs them; by hand from RFC 5322 section 3.4, with nothing
of lsv and nothing of the email package of Python.
"""
import re
import unicodedata


def lower(text):
    """Letters A to Z in lower case, and no others."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def domain_label(label):
    """A label as the DNS has it (RFC 5890): müller is xn--mller-kva."""
    if label.isascii():
        return lower(label)
    label.encode()    # not UTF-8: no name, UnicodeError
    label = unicodedata.normalize("NFC", label.lower())
    return "xn--" + label.encode("punycode").decode("ascii")


def domain_name(domain):
    """Every label of a domain as the DNS has it."""
    try:
        return ".".join(domain_label(x) for x in re.split("[.\u3002]", domain))
    except UnicodeError:
        return lower(domain)


def fields(message):
    """Names, in lower case, and values of the fields of a header, RFC 5322
    section 2.2; a line that begins with a blank goes on with the one above."""
    found = []
    for line in message.split(b"\n"):
        line = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        if line == "":
            break
        if line[0] in " \t" and found:
            found[-1][1] += line
        elif not found and re.match(r"From (?![ \t]*:)", line):
            continue
        else:
            name, _, value = line.partition(":")
            found.append([lower(name.rstrip(" \t")), value])
    return found


# --- addresses: RFC 5322 section 3.4, by hand --------------------------------

ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+")
HOST = re.compile(r"[A-Za-z0-9_\u0080-\U0010ffff.-]+")
LITERAL = re.compile(r"\[[^\[\]\\\x00-\x20\x7f]*\]")


class NotWritten(Exception):
    """It is not what RFC 5322 calls a mailbox."""


def quoted_end(text, at):
    """Behind the quoted string or comment-free text that begins at at."""
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise NotWritten("a quote without its end")
    return at + 1


def comment_end(text, at):
    """Behind the comment that begins at at; they nest."""
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "(":
            depth += 1
            if depth > 32:
                raise NotWritten("comments in more than 32 others")
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise NotWritten("a comment without its end")


def tokens(text):
    """Words, quoted strings, literals and single characters; blanks and
    comments are left out."""
    at, found = 0, []
    while at < len(text):
        c = text[at]
        if c in " \t\r\n":
            at += 1
        elif c == "(":
            at = comment_end(text, at)
        elif c == '"':
            end = quoted_end(text, at)
            found.append(("quoted", text[at:end]))
            at = end
        elif ATOM.match(text, at):
            end = ATOM.match(text, at).end()
            found.append(("atom", text[at:end]))
            at = end
        elif LITERAL.match(text, at):
            end = LITERAL.match(text, at).end()
            found.append(("literal", text[at:end]))
            at = end
        elif c in "<>@,;:.":
            found.append((c, c))
            at += 1
        else:
            raise NotWritten("a character that has no place")
    return found


def plain_local(local):
    """A local part without quotes that it does not need."""
    if len(local) < 2 or local[0] != '"' or local[-1] != '"':
        return local
    text = re.sub(r"\\(.)", r"\1", local[1:-1])
    parts = text.split(".")
    if all(ATOM.fullmatch(x) for x in parts):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def addr_spec(toks):
    """local-part "@" domain, blanks and comments around dots allowed."""
    at = [i for i, (kind, _) in enumerate(toks) if kind == "@"]
    if len(at) != 1:
        raise NotWritten("not one @")
    local, domain = toks[:at[0]], toks[at[0] + 1:]
    for side in local, domain:
        dots = [kind == "." for kind, _ in side]
        if not side or dots != [i % 2 == 1 for i in range(len(side))] \
                or dots[-1]:
            raise NotWritten("dots do not stand between words")
    if any(k not in ("atom", "quoted", ".") for k, _ in local) \
            or any(k not in ("atom", ".") for k, _ in domain) \
            and [k for k, _ in domain] != ["literal"]:
        raise NotWritten("no local part, or no domain")
    name = "".join(t for _, t in domain)
    if domain[0][0] == "atom" and not HOST.fullmatch(name):
        raise NotWritten("a domain with characters that hosts do not have")
    words = [t for _, t in local]
    if any(w[0] == '"' for w in words) and len(words) > 1:
        raise NotWritten("quoted words between dots")
    text = plain_local("".join(words))
    if re.search("[\x00-\x1f\x7f\udc80-\udcff]", text + name):
        raise NotWritten("control bytes, or bytes that are not UTF-8")
    if len(text.encode("utf-8", "surrogateescape")) > 64:
        raise NotWritten("a local part over 64 bytes")
    if len(domain_name(name)) > 255 or any(
            len(x) > 63 for x in domain_name(name).split(".")):
        raise NotWritten("a domain over 255 bytes, or a label over 63")
    return normal(text, name)


def mailbox(text):
    """[display-name] "<" addr-spec ">", or an addr-spec alone.

    A display name is what people read and no address, also where one writes
    an '@' in it without the quotes that it needs: joe@a.test <joe@b.test>.
    """
    toks = tokens(text)
    kinds = [kind for kind, _ in toks]
    if "<" not in kinds:
        return addr_spec(toks)
    open_at = kinds.index("<")
    if kinds[-1] != ">" or any(
            k not in ("atom", "quoted", ".", "@", "literal")
            for k in kinds[:open_at]):
        raise NotWritten("no display name, or text behind the >")
    inner = toks[open_at + 1:-1]
    if inner and inner[0][0] == "@":    # a source route of RFC 822
        colons = [i for i, (kind, _) in enumerate(inner) if kind == ":"]
        if not colons:
            raise NotWritten("a route without its end")
        inner = inner[colons[0] + 1:]
    return addr_spec(inner)


def normal(local, domain):
    """As addresses are compared: without case, the domain as A-labels."""
    domain = domain.strip(".")
    name = domain_name(domain)
    if len(name) > 255 or any(len(x) > 63 for x in name.split(".")):
        name = lower(domain)    # the DNS has no such name
    return lower(local) + "@" + name


# --- what is written otherwise -----------------------------------------------
#
# The manual does not know of mailboxes that break the rules.  They are searched
# for all that a mail program may show as an address (lsv-site.cfg(5)).

STOP = "()<>[],;:@"


def loose_domain(right, squeeze, clean):
    """The domain behind an '@'."""
    out = ""
    while right:
        c = right[0]
        if c in " \t\r\n(":
            rest = right
            while rest and rest[0] in " \t\r\n(":
                if rest[0] == "(":
                    try:
                        rest = rest[comment_end(rest, 0):]
                    except NotWritten:
                        break
                else:
                    rest = rest[1:]
            if out == "":
                if rest and rest[0] == "(":    # one without its end
                    rest = rest[1:]
            elif not rest or rest[0] == "(" or not clean or not (
                    squeeze or rest[0] == "." or out[-1] == "."):
                return out
            right = rest
        elif c == "[" and out == "":
            return right[:right.find("]") + 1]
        elif c.isalnum() and c.isascii() or c in "-._" or ord(c) > 127:
            out += c
            right = right[1:]
        elif clean and (c in "\"'`\\" or ord(c) < 32 or c == "\x7f"):
            right = right[1:]
        else:
            return out
    return out


def without_tail(left):
    """Text without the blanks and comments at its end."""
    while True:
        left = left.rstrip(" \t\r\n")
        if not left.endswith(")"):
            return left
        depth, at = 0, len(left)
        while at > 0:
            at -= 1
            depth += {")": 1, "(": -1}.get(left[at], 0)
            if depth == 0:
                break
        if depth:
            return left
        left = left[:at]


def is_noise(c):
    return c in '"\\\x7f' or ord(c) < 32 and c not in " \t\r\n"


def loose_forms(left, right, before):
    """The addresses that an '@' between two texts may stand for."""
    forms = []
    end = without_tail(left)
    # as the bytes around it are
    run = re.search(r"[^ \t\r\n\"\\\x00-\x1f\x7f()<>\[\],;:@]*\Z", end)
    forms.append((run.group(), loose_domain(right, False, False)))
    # without quotes and control bytes
    run = re.search(r"(?:[^ \t\r\n()<>\[\],;:@])*\Z", end).group()
    run = "".join(c for c in run if not is_noise(c) and c not in "'`")
    forms.append((run, loose_domain(right, False, True)))
    # with the quoted text in front of it, with and without the quotes
    text = before[:len(before) - len(left)] + end
    if end.endswith('"') and not end.endswith('\\"'):
        opens = [m.start() for m in re.finditer(r'(?<!\\)"', text[:-1])]
        if opens:
            inner = text[opens[-1]:]
            domain = loose_domain(right, False, True)
            forms.append((inner, domain))
            forms.append((re.sub(r"\\(.)", r"\1", inner[1:-1], flags=re.S),
                          domain))
    # without the blanks and comments when it stands behind a '<'
    run = re.search(r"<([^<>,;:]*)\Z", left)
    if run:
        inner = run.group(1)
        plain, depth = "", 0
        for c in inner:
            depth = max(0, depth + {"(": 1, ")": -1}.get(c, 0))
            plain += c if depth == 0 and c != ")" else ""
        if depth:
            plain = inner.replace("(", "").replace(")", "")
        plain = "".join(c for c in plain
                        if not is_noise(c) and c not in "'` \t\r\n")
        forms.append((plain, loose_domain(right, True, True)))
    return forms


def loose(text):
    """Every '@' in a mailbox that is not written as it should be."""
    found, start = [], 0
    pieces = text.split("@")
    for i in range(len(pieces) - 1):
        start += len(pieces[i]) + (i > 0)
        forms = []
        for local, domain in loose_forms(
                pieces[i], pieces[i + 1], text[:start]):
            if local and domain.strip("."):
                address = normal(cut(local, 256), cut(domain, 255, True))
                if address not in forms:
                    forms.append(address)
        found += forms
    return found


def cut(text, most, at_start=False):
    """At most so many bytes of a text."""
    raw = text.encode("utf-8", "surrogateescape")
    raw = raw[-most:] if at_start else raw[:most]
    return raw.decode("utf-8", "surrogateescape")


def angle_end(text, at):
    """Behind the '>' of the '<' that stands at at."""
    while at < len(text):
        if text[at] == '"':
            at = quoted_end(text, at)
        elif text[at] == "(":
            at = comment_end(text, at)
        elif text[at] == ">":
            return at + 1
        else:
            at += 1
    raise NotWritten("a < without its >")


def mailboxes(value):
    """The mailboxes of a field, groups entered: "name: a@b, c@d;".

    Where a quote, a comment or a '<' has no end, nobody knows where the mailbox
    has: it is all the rest.
    """
    ends = {'"': quoted_end, "(": comment_end, "<": angle_end}
    start, at, group = 0, 0, False
    while at < len(value):
        c = value[at]
        try:
            if c in ends:
                at = ends[c](value, at)
                continue
        except NotWritten:
            break
        if c == ":" and not group and "@" not in value[start:at]:
            start, group = at + 1, True
        elif c in ",;":
            yield value[start:at]
            start, group = at + 1, group and c == ","
        at += 1
    yield value[start:]


def addresses(header, names):
    """Every address of the fields of these names, those that are written as
    they should be and those that are not."""
    found = []
    for name, value in header:
        if name not in names:
            continue
        for text in mailboxes(value):
            try:
                if tokens(text):    # else nothing, or a comment alone
                    found.append(mailbox(text))
            except NotWritten:
                found += loose(text)
    return found
