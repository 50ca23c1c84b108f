redirect "two@example.com";
