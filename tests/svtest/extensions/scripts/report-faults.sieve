require "vnd.dovecot.report";
report "not a word" "text" "abuse@example.net";
report "abuse" "text" "nobody";
report "abuse" "abuse@example.net";
report :header_only "abuse" "text" "abuse@example.net";
