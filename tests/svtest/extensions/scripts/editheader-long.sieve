require "editheader";
addheader "X-field" "this is far more than twenty octets";
