if header [] "x" { keep; }
if header ["a",] "x" { keep; }
if size :over 1.5 { keep; }
if size :over -1 { keep; }
if size :over 5X { keep; }
