require ["enotify", "variables"];
set "uri" "xmpp:a@example.org";
notify "${uri}";
