IF true{keep;}ELSIF not false
{
  Discard ;

  stop;}


else{
}
if exists "a" {} # done


# alone

keep; stop;
# --------------------
if true {
    keep;
} elsif not false {
    discard;

    stop;
} else {}
if exists "a" {}  # done

# alone

keep;
stop;
