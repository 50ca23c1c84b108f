require "replace";
replace :mime :subject "x" "Content-Type: text/plain";
replace :mime :from "x@example.org" "Content-Type: text/plain";
replace :from "nobody" "x";
replace :mime "no entity";
replace;
