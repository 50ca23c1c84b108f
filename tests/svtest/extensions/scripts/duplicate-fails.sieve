require ["duplicate", "ihave"];
if duplicate :uniqueid "doomed" { discard; }
error "no";
