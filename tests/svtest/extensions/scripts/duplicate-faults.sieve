require "duplicate";
if duplicate :header "X-A" :uniqueid "b" { keep; }
if duplicate :header "X A" { keep; }
if duplicate :seconds "1" { keep; }
if duplicate "id" { keep; }
duplicate;
