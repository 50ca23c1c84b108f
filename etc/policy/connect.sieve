# connect: somebody has connected. Nothing has been said yet.
#
# What is decided here: refuse, make wait, or greet; and how much this session may use.
# Facts and parameters of this stage: README.md. Save the file, and it is live.

require ["environment", "variables", "vnd.stalwart_g.policy"];

# Programs on this machine are not strangers: what follows, and limits in later scripts, spare them.
# Relaying is no such thing: that takes a login (rcpt.sieve). Add networks of your own if you like:
# environment :matches "client.ip" ["127.*", "192.168.1.*"]
if environment "client.ip" ["127.0.0.1", "::1"] {
    note :session "neighbour" "1";
    stop;
}

# One client, so many connections at a time. The place is free again when the session ends.
if not slot :key "connections:${env.client.ip}" :max 50 {
    reply :code 421 :status "4.7.0" "Too many connections from your address";
}

# Somebody who is never welcome. The table is a file, one address a line:
#   [policy.table.unwanted]
#   type = "file"
#   path = "unwanted.txt"
#
# if lookup :table "unwanted" ["${env.client.ip}", "${env.client.subnet}"] {
#     reply :code 554 :status "5.7.1" :close "No thanks";
# }

# Silence before the greeting: programs that send spam talk into it, mail servers wait.
# What came too early is the fact early_talk, which ehlo.sieve looks at.
#
# if environment "listener" "smtp" { param "delay" "2s"; }
