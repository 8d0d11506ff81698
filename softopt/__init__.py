"""softopt: control as inference and soft optimality, as tested code for an interactive course."""
