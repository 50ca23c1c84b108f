# dsn: the sender is about to be told what became of a mail: delivered, delayed or failed.

require ["environment", "variables", "vnd.stalwart_g.policy"];

# The sender's address was probably forged (mail.sieve has noted that): a report would hit somebody who has never
# written to us.
if allof (environment "dsn.kind" "failure", environment "origin.kind" "smtp", string "${txn.suspect}" "1") {
    param "send" "";
}

# Only the header of the mail goes back, unless the sender asked for all of it:
#
# if environment "mail.ret" "" { param "ret" "hdrs"; }
