require "enotify";
notify "mailto:a@example.org"; notify "mailto:b@example.org"; notify "mailto:c@example.org";
