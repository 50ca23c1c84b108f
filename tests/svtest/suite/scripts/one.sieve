require ["fileinto", "mailbox"];
fileinto :create "One";
