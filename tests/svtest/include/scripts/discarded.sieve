require "include";
include "discarder";
