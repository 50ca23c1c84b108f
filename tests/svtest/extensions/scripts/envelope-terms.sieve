require ["envelope", "envelope-deliverby"];
if envelope "notify" "NEVER" { keep; }
if envelope :localpart "bymode" "R" { keep; }
if envelope :zone "1" "bytimeabsolute" "x" { keep; }
if envelope "sendr" "x" { keep; }
