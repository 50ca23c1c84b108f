require ["regex", "comparator-i;ascii-numeric", "envelope"];
if header :regex :comparator "i;ascii-numeric" "subject" "1" { keep; }
if header :regex "subject" "a(b" { keep; }
if header :regex "subject" ["fine", "*a"] { keep; }
if envelope :regex "from" "[z-a]" { keep; }
if address :regex "from" "a{2,1}" { keep; }
