#!/usr/bin/env -S python3 -IS
"""spamref - what the white and blacklists make of a message, slowly

usage: spamref.py CONFIG [--sender ADDRESS] MESSAGE...

A second implementation, written from the text of the manual alone ("SPAM_BLACK-
LIST_FROM, SPAM_BLACKLIST_TO, SPAM_WHITELIST_FROM, SPAM_WHITELIST_TO" of
LISTSERV's site variables), to compare lsv's with.  It shares nothing with it,
looks nothing up, and tries every entry on every address.  Each function says
which sentence it stands for.

For each MESSAGE it prints a line of JSON: score, verdict, points, addresses.
Exit status 0, or 1 when CONFIG has an entry that is none.
"""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mailref import (addresses, domain_name, fields, lower,  # noqa: E402
                     plain_local)

LISTS = ("whitelist_from", "whitelist_to", "blacklist_from", "blacklist_to")

# "The FROM lists are applied to all the origin fields in the RFC822 header -
# From:, Sender:, Resent-From: and Resent-Sender:"
FROM_FIELDS = ("from", "sender", "resent-from", "resent-sender")

# "The TO lists are applied to the various recipient fields in the RFC822
# header."
TO_FIELDS = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")

LOOKED_AT = 10000    # addresses of a side, so that nobody can buy our time


# --- the lists ---------------------------------------------------------------


def split_entry(entry):
    """Points and pattern of an entry.

    "Being whitelisted normally gives one point, and being blacklisted costs
    one point." - "every '>' sign gives another score point" - "It is possible
    to load an entry with up to 254 extra score points"
    """
    points = 1
    while entry.startswith(">"):
        points += 1
        entry = entry[1:]
    if points - 1 > 254:
        raise ValueError("more than 254 extra score points")
    if not entry:
        raise ValueError("an entry without a pattern")
    if "@" not in entry:    # a domain alone stands for all its addresses
        entry = "*@" + entry
    local, domain = entry.rsplit("@", 1)
    return points, lower(plain_local(local)) + "@" + domain_name(domain)


def matches(pattern, address):
    """Does the pattern match all of the address?

    "The first entry whitelists all EXAMPLE.COM addresses." - "JAMES@*": a '*'
    stands for any text, or none.
    """
    if "*" not in pattern:
        return pattern == address
    pieces = pattern.split("*")
    first, last = pieces[0], pieces[-1]
    if (len(address) < len(first) + len(last)
            or not address.startswith(first) or not address.endswith(last)):
        return False
    rest = address[len(first):len(address) - len(last)]
    for piece in pieces[1:-1]:
        at = rest.find(piece)
        if at < 0:
            return False
        rest = rest[at + len(piece):]
    return True


def words_of_value(value):
    """"The lists are defined in the site configuration file in the usual
    space-separated manner."
    """
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value.split()


def entries_of_text(path):
    """The entries of a text: one a line; '#' begins a comment."""
    for line in open(path, encoding="utf-8", newline="\n"):
        line = re.sub(r"(^|[ \t])#.*", "", line.rstrip("\r\n")).strip(" \t")
        if line:
            yield line


class Site:
    """What a site.cfg says of the lists; all else in it is passed over."""

    def __init__(self, path):
        self.lists = {name: [] for name in LISTS}
        # "This value is an integer, defaulting to 1"
        self.bounce = 1
        self.reject = "BOUNCE"
        self.known = {}
        for line in open(path, encoding="utf-8"):
            if "=" in line and not line.startswith("*"):
                name, value = line.rstrip("\r\n").split("=", 1)
                self.set(name.strip().upper(), value)

    def set(self, name, value):
        key = name.lower().removeprefix("spam_")
        words = words_of_value(value)
        if name == "SPAM_WHITELIST_BOUNCE":
            self.bounce = int(words[0])
        elif name == "SPAM_REJECT":
            self.reject = words[0].upper()
        elif key in LISTS:
            self.lists[key] += [split_entry(x) for x in words]
        elif key.removesuffix("_table") in LISTS:
            self.lists[key.removesuffix("_table")] += [
                split_entry(x) for x in entries_of_text(words[0])]

    def points(self, name, address):
        """The points that an address has from a list.

        "Every list gives score points at most once. [...] But, when
        applicable, you do get the highest possible number of points that you
        have matched."
        """
        if (name, address) not in self.known:
            self.known[name, address] = max(
                (points for points, pattern in self.lists[name]
                 if matches(pattern, address)), default=0)
        return self.known[name, address]


# --- the message -------------------------------------------------------------


def is_bounce(header, sender):
    """"if it is a bounce": the null sender, or a report of RFC 6522."""
    if sender == "":
        return True
    for name, value in header:
        if name == "content-type":
            kind = re.sub(r"\([^()]*\)|[ \t]", "", value).split(";")[0]
            return lower(kind) == "multipart/report"
    return False


# --- the score ---------------------------------------------------------------


def score(site, message, sender=None, off=False):
    """"The listing system is based on a score that LISTSERV maintains as it
    goes through the four lists in sequence."

    sender of the envelope, None when it is not known: "the SMTP-level MAIL
    FROM: is not used" but to see that the message is a bounce
    off    the list has Misc-Options= NO_SPAM_CHECK
    """
    header = fields(message)
    side = {"from": addresses(header, FROM_FIELDS)[:LOOKED_AT],
            "to": addresses(header, TO_FIELDS)[:LOOKED_AT]}
    points = {name: max((site.points(name, a)
                         for a in side[name.split("_")[1]]), default=0)
              for name in LISTS}
    # "SPAM_WHITELIST_BOUNCE [...] is the number to be added to the message's
    # whitelist score if it is a bounce. Set to 0 to disable."
    points["bounce"] = site.bounce if is_bounce(header, sender) else 0
    # "all the whitelists and blacklists scores are added"
    total = (points["whitelist_from"] + points["whitelist_to"]
             - points["blacklist_from"] - points["blacklist_to"]
             + points["bounce"])
    return {"score": total, "points": points,
            "verdict": verdict(site, 0 if off else total),
            "addresses": side["from"] + side["to"]}


def verdict(site, total):
    """"If the final score is zero, the message is neither white- nor black-
    listed, and processing continues normally [...]. If the final score is
    positive, the message is whitelisted and accepted [...]. If negative, the
    message is immediately rejected."
    """
    if total > 0:
        return "whitelisted"
    if total == 0:
        return "accept"
    return "held" if site.reject == "HOLD" else "rejected"


def main(words):
    sender = None
    if "--sender" in words:
        at = words.index("--sender")
        sender = words[at + 1]
        del words[at:at + 2]
    try:
        site = Site(words[0])
    except ValueError as e:
        print(f"spamref: {words[0]}: {e}", file=sys.stderr)
        return 1
    for path in words[1:]:
        with open(path, "rb") as f:
            print(json.dumps(score(site, f.read(), sender)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
