# retry: an attempt is over, and the recipient still has no mail.
#
# What is decided here: when to try again, and when to give up. A failure that is for good is not tried again, unless
# `param "class" "temp"` says otherwise.

require ["environment", "variables", "vnd.stalwart_g.policy"];

# Wait longer each time.
if    environment "attempt.count" "1" { param "in" "1m"; }
elsif environment "attempt.count" "2" { param "in" "2m"; }
elsif environment "attempt.count" "3" { param "in" "5m"; }
elsif environment "attempt.count" "4" { param "in" "10m"; }
elsif environment "attempt.count" "5" { param "in" "15m"; }
elsif environment "attempt.count" "6" { param "in" "30m"; }
elsif environment "attempt.count" "7" { param "in" "1h"; }
else                                  { param "in" "2h"; }

# Give up at this age.
param "expires" "5d";

# Mail that is about now is of no use next week:
#
# if environment "sender.local" ["alerts", "codes"] { param "expires" "1h"; }

# Leave out a host that did not answer, where the domain has others:
#
# if environment "attempt.error" ["connect", "timeout"] { param "skip.host" "${env.attempt.host}"; }
