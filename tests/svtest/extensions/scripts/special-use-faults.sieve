require ["special-use", "mailboxid", "fileinto"];
if specialuse_exists "\\Ju nk" { keep; }
fileinto :specialuse "\\" "x";
fileinto :specialuse ["\\Junk"] "x";
fileinto :specialuse "\\Junk" :mailboxid "F1" "x";
fileinto :mailboxid "F 1" "x";
if mailboxidexists { keep; }
if specialuse_exists "frop" { keep; }
