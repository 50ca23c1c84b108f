require ["editheader", "variables"];
set "name" "X-field:";
addheader "${name}" "value";
