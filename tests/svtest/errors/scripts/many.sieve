heeder "x";
keep 1;
if size "x" { }
if true { frop; }
if exists 3 { keep; }
stop "now";
