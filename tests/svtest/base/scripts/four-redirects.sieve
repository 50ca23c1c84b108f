redirect "r1@example.org";
redirect "r2@example.org";
redirect "r3@example.org";
redirect "r4@example.org";
