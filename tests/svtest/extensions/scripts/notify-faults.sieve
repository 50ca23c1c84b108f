require ["enotify", "mailbox"];
notify :importance "4" "mailto:a@example.org";
notify :from "nobody" "mailto:a@example.org";
notify :options ["=x"] "mailto:a@example.org";
notify :create "mailto:a@example.org";
notify;
