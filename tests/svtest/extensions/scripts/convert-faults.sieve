require "convert";
convert "html" "text/plain" "a=b";
if convert "text/html" "text/plain" "charset" { keep; }
convert "text/html" "text/plain";
