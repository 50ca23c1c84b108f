keep; /* no end
