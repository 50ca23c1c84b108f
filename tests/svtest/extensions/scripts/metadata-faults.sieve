require ["mboxmetadata", "servermetadata"];
if metadata "INBOX" "x" { keep; }
if metadata 5 "/private/a" "x" { keep; }
if metadata "INBOX" ["/private/a", "/private/b"] "x" { keep; }
if metadataexists "INBOX" { keep; }
if servermetadata "INBOX" "/private/a" "x" { keep; }
if servermetadataexists "INBOX" "/private/a" { keep; }
metadata "INBOX" "/private/a" "x";
