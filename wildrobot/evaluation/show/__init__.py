"""What people see of a result: tables, the report, pictures and films."""
