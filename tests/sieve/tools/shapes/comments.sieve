# top
require [ "fileinto" # for lists
   , "copy"] # all
; /* next */ keep; /* behind */
if /* why */ header :is # here
 "a" "b" # before the brace
{ # begins
  # inside
  stop; # ends
  # last
} # done
elsif true { /* nothing */ }
# --------------------
# top
require [
    "fileinto",  # for lists
    "copy"
];  # all
/* next */
keep;  /* behind */
if /* why */ header :is  # here
    "a" "b" {  # before the brace
    # begins
    # inside
    stop;  # ends
    # last
}  # done
elsif true {  /* nothing */
}
