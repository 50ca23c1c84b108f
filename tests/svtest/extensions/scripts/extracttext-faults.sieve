require ["extracttext", "variables", "foreverypart"];
extracttext "v";
foreverypart { stop; }
if true { extracttext "v"; }
foreverypart { extracttext "1"; }
foreverypart { extracttext :first "3" "v"; }
foreverypart { extracttext :upper :lower "v"; }
