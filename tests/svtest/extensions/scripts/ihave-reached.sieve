require ["ihave", "fileinto"];
fileinto "INBOX";
if not ihave "vnd.example.nothing" { frobnicate "it"; }
