require "envelope";
if header "X-field:" "x" { keep; }
if address "frop" "x" { keep; }
if envelope "frop" "x" { keep; }
if header :comparator "i;nonsense" "subject" "x" { keep; }
