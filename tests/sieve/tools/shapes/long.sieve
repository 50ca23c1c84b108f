require ["fileinto", "copy", "reject", "vacation", "variables", "imap4flags", "mailbox", "relational"];
if anyof (header :contains ["subject", "from", "to"] ["one long key", "another long key"], address :is "from" "ann@example.org", not exists "x") { fileinto text:
A folder.
..dots
.
; }
# --------------------
require [
    "fileinto",
    "copy",
    "reject",
    "vacation",
    "variables",
    "imap4flags",
    "mailbox",
    "relational"
];
if anyof (
    header :contains ["subject", "from", "to"] ["one long key", "another long key"],
    address :is "from" "ann@example.org",
    not exists "x"
) {
    fileinto text:
A folder.
..dots
.
    ;
}
