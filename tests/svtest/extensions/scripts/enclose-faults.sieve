require "enclose";
enclose :headers "a b" "text";
enclose;
