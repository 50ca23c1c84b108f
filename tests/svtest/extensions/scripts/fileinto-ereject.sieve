require ["fileinto", "ereject"];
fileinto "INBOX";
ereject "go away";
