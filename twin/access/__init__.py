"""Who may do what: users, tokens and sessions under TWIN_HOME, the roles, and the audit log."""
