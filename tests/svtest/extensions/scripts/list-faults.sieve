require "extlists";
if address :list :comparator "i;ascii-casemap" "from" ":addrbook:default" { discard; }
if address :list "from" "not a name" { discard; }
redirect :list "bob@example.com";
