require ["include", "variables"];
global "trail";
set "trail" "before";
return;
set "trail" "after";
