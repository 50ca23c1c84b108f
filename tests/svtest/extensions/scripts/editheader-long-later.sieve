require ["editheader", "variables"];
set "value" "this is far more than twenty octets";
addheader "X-field" "${value}";
