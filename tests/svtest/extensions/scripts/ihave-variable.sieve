require ["ihave", "variables"];
if ihave "${name}" { stop; }
