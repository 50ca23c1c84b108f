# mail: the sender of a message is known.

require ["environment", "variables", "vnd.stalwart_g.policy"];

if environment "disk.low" "1" {
    reply :code 452 :status "4.3.1" "No room for mail at the moment";
}

if not environment "auth.account" "" {
    # A user sends as one of its own addresses: any that its mail comes in by. Bounces have no sender.
    if not anyof (environment "sender.null" "1", environment "sender.owned" "1") {
        reply :code 553 :status "5.7.1" "You cannot send as <${env.sender}>";
    }
    # A stolen password shall not send the world's spam.
    if not limit :key "submission:${env.auth.account}" :count 500 :period 3600 {
        reply :code 451 :status "4.7.1" "You have sent a lot, go on a little later";
    }
    stop;
}

# Programs on this machine are not in any domain's list of senders.
if string "${session.neighbour}" "1" {
    stop;
}

# Strangers. The domain says that it forbids this client to send for it (SPF). Forwarders break that, so it is only
# written down, for dsn.sieve; to refuse such mail at once, use the second form.
if environment "spf.result" "fail" {
    note "suspect" "1";
    # reply :code 550 :status "5.7.23" "SPF forbids: ${env.spf.explanation}";
}

# Nobody could answer this mail: the sender's domain takes none (RFC 7505). Costs a question to the DNS.
#
# if environment "sender.mx" "null" {
#     reply :code 550 :status "5.7.27" "The domain of <${env.sender}> takes no mail, so it sends none";
# }
