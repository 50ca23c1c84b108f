require "ihave";
discard;
error "I cannot work like this";
