require ["foreverypart", "variables"];
break;
foreverypart :name "y" { break :name "x"; }
foreverypart :name "${v}" { keep; }
foreverypart;
foreverypart { foreverypart { foreverypart { foreverypart { foreverypart { keep; } } } } }
