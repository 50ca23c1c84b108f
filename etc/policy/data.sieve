# data: the whole message is here. What is refused now, the sender's server knows at once.

require ["environment", "variables", "relational", "comparator-i;ascii-numeric", "vnd.stalwart_g.policy"];

# A mail that has been through so many servers goes round in circles. (The server itself stops it at 50.)
if environment :value "gt" :comparator "i;ascii-numeric" "msg.hops" "30" {
    reply :code 554 :status "5.4.6" "Too many hops, this looks like a loop";
}

if allof (environment "auth.account" "", not string "${session.neighbour}" "1") {
    # From another server: find out whether it may send this mail (SPF, DKIM, ARC, DMARC), and write it down.
    param "add.spf" "1";
    param "add.results" "1";

    # The author's domain wants such mail refused (DMARC). Mailing lists break signatures, so many only write it down;
    # a sealed chain of somebody you know may count instead: environment "arc.sealers" "lists.example.net".
    #
    # if allof (environment "dmarc.result" "fail", environment "dmarc.policy" "reject") {
    #     reply :code 550 :status "5.7.1" "${env.dmarc.domain} does not know this mail (DMARC)";
    # }

    # Large mail from strangers:
    #
    # if environment :value "gt" :comparator "i;ascii-numeric" "msg.size" "26214400" {
    #     reply :code 552 :status "5.3.4" "Too large, put it somewhere and send a link";
    # }
} elsif not environment "auth.account" "" {
    # From a user's program, which may have left out what a mail must have (RFC 6409 section 8).
    param "add.date" "1";
    param "add.msgid" "1";

    # Users' home addresses are nobody's business:
    #
    # param "received.hide_client" "1";

    # The author, too, must be the user's own address; mail.sieve judges only the sender of the envelope:
    #
    # if not environment "from.owned" "1" {
    #     reply :code 550 :status "5.7.1" "You cannot write as ${env.from}";
    # }
}

# Other things to do here: reply, discard, hold "reason", redirect, setenvelope; and all tests of Sieve, such as
#
# if header :contains "subject" "[internal]" { hold "looks internal"; }
