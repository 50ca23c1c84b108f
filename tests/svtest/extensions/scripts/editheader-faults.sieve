require ["editheader", "encoded-character", "relational"];
addheader "X-field:" "value";
addheader "X-field" "Woah${hex:00}";
deleteheader :last "X-field";
deleteheader :index 0 "X-field";
addheader "X-field" ["a", "b"];
deleteheader;
deleteheader :count "ge" "X-field" "2";
