require ["foreverypart", "fileinto"];
foreverypart { fileinto "Stopped"; stop; }
fileinto "Never";
