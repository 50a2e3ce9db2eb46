"""Records in PostgreSQL, for any number of servers; imported only where one is asked for."""
