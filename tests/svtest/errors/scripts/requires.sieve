require "fileinto";
if header :comparator "i;ascii-numeric" "subject" "1" { keep; }
if header :count "eq" "subject" "1" { keep; }
if address :detail "to" "x" { keep; }
fileinto :copy "x";
set "a" "b";
