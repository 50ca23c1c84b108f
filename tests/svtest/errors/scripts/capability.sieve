require "nonsense";
keep;
