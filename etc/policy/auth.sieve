# auth: somebody has tried to log in.
#
# Good credentials may be refused here, and guessing made slow. Bad ones cannot be made good.

require ["environment", "variables", "vnd.stalwart_g.policy"];

if not environment "auth.result" "ok" {
    # Guessing: so many tries in ten minutes, from one network and at one login.
    if not allof (
        limit :key "auth:${env.client.subnet}" :count 30 :period 600,
        limit :key "auth:${env.auth.login}" :count 30 :period 600
    ) {
        reply :code 421 :status "4.7.0" :close "Too many failed logins, come back later";
    }
    stop;
}

if environment "account.disabled" "1" {
    reply :code 535 :status "5.7.13" "This account is closed";
}

# Users may see delivery reports, look up names, and say when and how urgently a mail is to go.
param "ext.dsn" "1";
param "ext.vrfy" "1";
param "ext.expn" "1";
param "ext.futurerelease" "7d";
param "ext.mtpriority" "mixer";

# A group whose members may act for others (SASL authorization id):
#
# if environment "account.groups" "delegates" { param "impersonate" "1"; }
