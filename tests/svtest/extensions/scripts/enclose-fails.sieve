require ["enclose", "ihave"];
enclose :subject "doomed" "text";
error "no";
