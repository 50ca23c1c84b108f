require "imap4flags";
if hasflag :contains "" { discard; }
