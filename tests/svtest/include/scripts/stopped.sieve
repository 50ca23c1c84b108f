require "include";
include "stopper";
discard;
