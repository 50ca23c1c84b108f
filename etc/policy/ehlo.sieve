# ehlo: the client has said its name, with EHLO, HELO or LHLO.
#
# What is decided here: whether it may go on, and what it is offered.

require ["environment", "variables", "vnd.stalwart_g.policy"];

# Words before the greeting, or commands sent on where an answer had to be waited for: no mail server does that.
if anyof (environment "early_talk" "1", environment "bad_pipelining" "1") {
    reply :code 554 :status "5.5.0" :close "You talk before it is your turn";
}

if environment "listener" "smtp" {
    # Between servers. A name has a dot, or is an address in brackets (RFC 5321 section 4.1.4).
    if allof (
        not environment "helo.fqdn" "1",
        not environment "helo.literal" "1",
        not string "${session.neighbour}" "1"
    ) {
        reply :code 550 :status "5.5.0" "Say your full host name";
    }
} elsif environment "protocol" "smtp" {
    # Submission: who sends here logs in. Passwords are never taken in the clear.
    param "auth.mechanisms" ["PLAIN", "LOGIN"];
    param "auth.required" "1";
    # More is offered after the login (auth.sieve).
}
