require ["include", "variables"];
global "trail";
set "trail" "personal";
