require "extlists";
if address :list "from" "tag:example.com,2010-05-28:nothing" { discard; }
