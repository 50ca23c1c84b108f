require ["extlists", "variables"];
set "name" "tag:example.com,2010-05-28:nothing";
if address :list "from" "${name}" { discard; }
