require ["reject", "ereject"];
ereject "go";
reject "away";
