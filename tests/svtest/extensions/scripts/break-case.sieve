require "foreverypart";
foreverypart :name "outer" { break :name "Outer"; }
