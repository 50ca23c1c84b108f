require ["vacation", "enotify", "fcc", "imap4flags", "mailbox", "special-use", "mailboxid"];
vacation :flags "\\Seen" "a";
notify :specialuse "\\Sent" "mailto:a@example.org";
vacation :fcc "x" :specialuse "\\Sent" :mailboxid "F7" "a";
notify :fcc ["x", "y"] "mailto:a@example.org";
