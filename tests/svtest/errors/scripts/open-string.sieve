redirect "no end
;
