require ["vacation", "vacation-seconds", "fcc", "mailbox"];
vacation :days 1 :seconds 5 "a";
vacation :from "nobody" "a";
vacation :addresses ["a@example.com", "b"] "a";
vacation;
vacation :create "a";
vacation :fcc "" "a";
