require "reject";
reject "go away";
