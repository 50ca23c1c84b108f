require "variables";
set "text" text:
one
..two
.
;
if string :matches "${text}" "one*.two*" {
    discard; # done
}
