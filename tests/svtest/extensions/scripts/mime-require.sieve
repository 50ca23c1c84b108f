if header :mime "subject" "x" { keep; }
