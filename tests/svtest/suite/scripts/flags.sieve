require "imap4flags";
setflag "$Sequence";
