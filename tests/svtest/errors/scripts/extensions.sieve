require ["variables", "relational", "date", "index", "encoded-character", "include", "fileinto"];
set "1" "digits only";
set :upper :lower "a" "b";
set "a" "${nowhere.b}";
if header :value "more" "subject" "1" { keep; }
if date "date" "decade" "1" { keep; }
if date :zone "+1" "date" "hour" "1" { keep; }
if header :last "subject" "1" { keep; }
if header :index 0 "subject" "1" { keep; }
set "a" "${unicode:110000}";
set "a" "${unicode:D800}";
set "a" "${hex:ff}";
include "a/b";
include "${a}";
fileinto "";
