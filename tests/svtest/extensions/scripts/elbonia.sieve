require "comparator-elbonia";
if header :comparator "elbonia" "subject" "x" { keep; }
