# rcpt: one recipient is known. Runs for each of them.

require ["environment", "variables", "include", "vnd.stalwart_g.policy"];

if environment "rcpt.domain_local" "1" {
    # Ours: say now what would bounce later.
    if environment "rcpt.exists" "error" { reply :code 451 :status "4.3.0" "Cannot look that up now, try again later"; }
    if environment "rcpt.exists" "no"    { reply :code 550 :status "5.1.1" "No such mailbox here"; }
    if environment "rcpt.quota" "over"   { reply :code 452 :status "4.2.2" "The mailbox is full"; }
} elsif environment "auth.account" "" {
    # Strangers reach our own domains only.
    reply :code 550 :status "5.7.1" "Relaying denied";
} else {
    # Users reach everybody. Without this parameter the server itself refuses.
    param "relay" "1";
}

# Users, and programs on this machine, are done.
if anyof (not environment "auth.account" "", string "${session.neighbour}" "1") {
    stop;
}

# So much an hour from one domain to one recipient.
if not limit :key "in:${env.sender.domain}:${env.rcpt}" :count 25 :period 3600 {
    reply :code 451 :status "4.4.5" "Too much for this recipient, try again later";
}

# Greylisting: put off the first mail of strangers (lib/greylist.sieve says how).
#
# include "greylist";

# Old addresses that moved. The table holds lines such as "old@example.org, new@example.org":
#
# if lookup :table "moved" :value "new" "${env.rcpt}" { setenvelope "to" "${new}"; }
