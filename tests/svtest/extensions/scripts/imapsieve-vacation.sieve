require ["imapsieve", "vacation"];
vacation "away";
