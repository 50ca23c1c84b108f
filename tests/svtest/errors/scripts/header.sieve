if header :all "subject" "x" { keep; }
if header 5 "x" { keep; }
if header "subject" { keep; }
if header "subject" "x" true { keep; }
header "subject" "x";
