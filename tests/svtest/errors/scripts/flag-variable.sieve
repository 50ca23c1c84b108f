require "imap4flags";
setflag "mine" "x";
