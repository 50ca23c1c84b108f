require "imap4flags";
setflag "$Early";
setflag "$Late";
