require "vnd.dovecot.testsuite";
test_fail "giving up";
