"""The one storage interface and what is built on it: blobs, mailboxes, messages, changes."""
