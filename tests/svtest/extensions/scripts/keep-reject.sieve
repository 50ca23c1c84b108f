require "reject";
keep;
reject "go away";
