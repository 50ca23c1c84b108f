require ["extracttext", "foreverypart"];
foreverypart { extracttext "v"; }
