require ["fileinto", "variables"];
fileinto "Before";
set "address" "nobody";
redirect "${address}";
