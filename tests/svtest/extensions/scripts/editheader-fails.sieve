require ["editheader", "ihave"];
addheader "X-Doomed" "yes"; deleteheader "Subject";
error "no";
