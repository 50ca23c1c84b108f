require ["include", "variables"];
global "shared";
set "private" "theirs";
set "shared" "${shared}, changed";
