"""SMTP, submission and LMTP: sessions over green streams. The machine speaks, the scripts decide, the queue keeps."""
