# route: a recipient is due. Where does the mail go, and how carefully?
#
# Runs before each attempt. Recipients with the same answer travel together.

require ["environment", "variables", "vnd.stalwart_g.policy"];

if environment "rcpt.domain_local" "1" {
    param "via" "local";
    stop;
}

param "via" "mx";

# A partner who must get it by a host of his own, or a smarthost for everybody else. The ids are those of
# [remote.<id>] in the configuration.
#
# if environment "rcpt.domain" ["partner.example", "branch.partner.example"] { param "via" "relay:partner"; }
# if environment "sender.domain" "news.example.org" { param "via" "relay:bulk"; param "queue" "bulk"; }

# Domains to which nothing may go unencrypted, or only to a host that has proved who it is.
#
# if environment "rcpt.domain" "bank.example" { param "tls.level" "verify"; }
# if environment :matches "rcpt.domain" "*.gov.example" { param "tls.level" "encrypt"; }
