require "reject";
reject "go away";
keep;
