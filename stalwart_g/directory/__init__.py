"""Who has an account here, and with which password: domains, principals, groups, lists."""
