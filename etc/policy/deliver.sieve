# deliver: a mail is about to go into a mailbox here. The account's own script comes after this one.

require ["environment", "variables", "vnd.stalwart_g.policy"];

# It has been delivered to this account before: somebody forwards to himself.
if environment "delivered_to.loop" "1" {
    reply :code 554 :status "5.4.6" "Mail loop";
}

# A full mailbox: the sender's server, or our queue, tries again until it gives up. "perm" says no at once.
param "over_quota" "temp";

# Spam goes into its own folder; a script of the account may still move it.
if environment "spam.verdict" "spam" {
    param "mailbox" "Junk";
}

# Everything else that Sieve can do to a mail in a mailbox is possible here:
#
# require ["fileinto", "imap4flags"];
# if environment "rcpt.detail" "lists" { addflag "$list"; fileinto :create "Lists"; }
