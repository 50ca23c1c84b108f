require "ihave";
frobnicate "it";
if ihave "vnd.example.nothing" { stop; }
