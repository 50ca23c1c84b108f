"""What the spam filter scripts may call. The functions come with the spam filter itself."""
