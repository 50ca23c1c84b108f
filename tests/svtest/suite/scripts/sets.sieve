require "vnd.dovecot.testsuite";
test_set "envelope.from" "x@example.org";
