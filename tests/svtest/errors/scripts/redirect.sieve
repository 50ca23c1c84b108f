redirect "no address";
