require "reject";
redirect "carol@example.com";
reject "go away";
