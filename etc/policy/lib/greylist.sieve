# greylist: the first mail from a client to a recipient is put off for some minutes. Mail servers come again; programs
# that send spam mostly do not.
#
# Use it in rcpt.sieve:  include "greylist";

require ["environment", "variables", "relational", "comparator-i;ascii-numeric", "vnd.stalwart_g.policy"];

set "triplet" "${env.client.subnet} ${env.sender} ${env.rcpt}";

# Known for 35 days from the first attempt on; the second attempt must come at least five minutes later.
if not remember :table "greylist" :ttl 3024000 :age "age" "${triplet}" {
    reply :code 451 :status "4.7.1" "Greylisted, try again in five minutes";
}
if string :value "lt" :comparator "i;ascii-numeric" "${age}" "300" {
    reply :code 451 :status "4.7.1" "Greylisted, try again in five minutes";
}
