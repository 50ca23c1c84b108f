if header :nonsense "subject" "x" { keep; }
if header :is :is "subject" "x" { keep; }
if header :is :contains "subject" "x" { keep; }
if address :localpart :domain "from" "x" { keep; }
if address "from" :is "x" { keep; }
if size 5 { keep; }
