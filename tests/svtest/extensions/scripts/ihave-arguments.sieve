require "ihave";
if ihave "vnd.example.nothing" { stop; }
if header "subject" 1 { stop; }
