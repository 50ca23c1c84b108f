require ["include", "variables"];
global "trail";
set "trail" "${trail}x";
include :once "once-again";
